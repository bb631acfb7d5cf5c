import CALSA
import Glibc

/// An open capture device: `snd_pcm_open` to `snd_pcm_close`, never blocking.
///
/// The calls of a running stream return codes and throw nothing, so that they cost no more than ALSA's.
struct PCMDevice: ~Copyable {
    /// What it gives.
    let format: StreamFormat
    /// Frames of a period, as the device granted it.
    let periodFrames: Int
    /// Frames of the device's own buffer.
    let bufferFrames: Int
    /// Descriptors for `poll`.
    let descriptorCount: Int
    private let pcm: OpaquePointer

    /// Opens a device by name, sets it up and prepares it; `start` makes it run.
    ///
    /// First without ALSA's own conversions, so that a card gives its own rate and format, then with them for a card
    /// that offers nothing known here.
    ///
    /// - Throws: `ECHRNG` where it has not this channel.
    init(name: String, channel: CaptureChannel = .mix) throws(ALSAError) {
        let bare = CInt(SND_PCM_NONBLOCK | SND_PCM_NO_AUTO_RESAMPLE | SND_PCM_NO_AUTO_CHANNELS | SND_PCM_NO_AUTO_FORMAT)
        do throws(ALSAError) {
            self = try PCMDevice(name: name, channel, mode: bare)
        } catch {
            guard error.code == EINVAL else { throw error }
            self = try PCMDevice(name: name, channel, mode: CInt(SND_PCM_NONBLOCK))
        }
    }

    private init(name: String, _ channel: CaptureChannel, mode: CInt) throws(ALSAError) {
        var opened: OpaquePointer?
        try ALSAError.check(snd_pcm_open(&opened, name, SND_PCM_STREAM_CAPTURE, mode))
        let pcm = opened!
        do throws(ALSAError) {
            let setUp = try configurePCM(pcm, channel)
            try ALSAError.check(snd_pcm_prepare(pcm))
            format = setUp.format
            periodFrames = setUp.periodFrames
            bufferFrames = setUp.bufferFrames
            descriptorCount = max(0, Int(snd_pcm_poll_descriptors_count(pcm)))
            self.pcm = pcm
        } catch {
            snd_pcm_close(pcm)
            throw error
        }
    }

    deinit {
        snd_pcm_close(pcm)
    }

    /// `snd_pcm_start`: 0 or a negative code.
    func start() -> CInt { snd_pcm_start(pcm) }
    /// `snd_pcm_prepare`: 0 or a negative code.
    func prepare() -> CInt { snd_pcm_prepare(pcm) }
    /// `snd_pcm_resume`: 0 or a negative code.
    func resume() -> CInt { snd_pcm_resume(pcm) }
    /// `snd_pcm_state`.
    var state: snd_pcm_state_t { snd_pcm_state(pcm) }

    /// `snd_pcm_readi`: frames, or a negative code; -EAGAIN when there is nothing.
    func read(into buffer: UnsafeMutableRawPointer, frames: Int) -> Int {
        snd_pcm_readi(pcm, buffer, snd_pcm_uframes_t(frames))
    }

    /// `snd_pcm_delay`: frames captured and not read yet, 0 when the device does not say.
    var delayFrames: Int {
        var delay: snd_pcm_sframes_t = 0
        return snd_pcm_delay(pcm, &delay) == 0 ? max(0, delay) : 0
    }

    /// `snd_pcm_poll_descriptors`: the number written or a negative code.
    func descriptors(into entries: UnsafeMutablePointer<pollfd>) -> CInt {
        snd_pcm_poll_descriptors(pcm, entries, CUnsignedInt(descriptorCount))
    }

    /// `snd_pcm_poll_descriptors_revents`: what the polled entries mean for this device.
    func events(of entries: UnsafeMutablePointer<pollfd>, into events: inout CUnsignedShort) -> CInt {
        snd_pcm_poll_descriptors_revents(pcm, entries, CUnsignedInt(descriptorCount), &events)
    }
}
