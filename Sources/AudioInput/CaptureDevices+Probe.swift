import CALSA
import Glibc
import Synchronization

extension CaptureDevices {
    /// The reason of a device that is only a name in a configuration.
    static let absent = "not there"

    /// What a device offers, asked on a thread of its own: a sound server that is stopped lets the opening hang for ever.
    static func probe(_ name: String) -> CaptureDevice.Offer {
        let box = ProbeAnswer()
        guard let done = try? FirstResult() else { return .unknown(reason: "out of resources") }
        let started: Void? = try? SourceStream.startThread("probe") {
            box.value.withLock { $0 = offer(of: name) }
            done.give(0)
        }
        guard started != nil, done.wait(until: monotonicNanoseconds() + 1_000_000_000) != nil else {
            return .unknown(reason: "it does not answer")
        }
        return box.value.withLock { $0 } ?? .unknown(reason: "it does not answer")
    }

    private static func offer(of name: String) -> CaptureDevice.Offer {
        var opened: OpaquePointer?
        let mode = CInt(SND_PCM_NONBLOCK | SND_PCM_NO_AUTO_RESAMPLE | SND_PCM_NO_AUTO_CHANNELS | SND_PCM_NO_AUTO_FORMAT)
        let result = snd_pcm_open(&opened, name, SND_PCM_STREAM_CAPTURE, mode)
        guard result == 0, let pcm = opened else { return .unknown(reason: reason(-result)) }
        defer { snd_pcm_close(pcm) }
        guard let hardware = try? HardwareParameters(pcm) else { return .unknown(reason: "it offers nothing") }
        let formats = pcmFormats.filter { snd_pcm_hw_params_test_format(pcm, hardware.raw, $0.alsa) == 0 }
        var rateMin: CUnsignedInt = 0
        var rateMax: CUnsignedInt = 0
        var channelsMin: CUnsignedInt = 0
        var channelsMax: CUnsignedInt = 0
        snd_pcm_hw_params_get_rate_min(hardware.raw, &rateMin, nil)
        snd_pcm_hw_params_get_rate_max(hardware.raw, &rateMax, nil)
        snd_pcm_hw_params_get_channels_min(hardware.raw, &channelsMin)
        snd_pcm_hw_params_get_channels_max(hardware.raw, &channelsMax)
        guard rateMin <= rateMax, channelsMin <= channelsMax else { return .unknown(reason: "it offers nothing") }
        return .formats(
            formats.map { String(cString: snd_pcm_format_name($0.alsa)) }, rates: Int(rateMin)...Int(rateMax),
            channels: Int(channelsMin)...Int(channelsMax))
    }

    private static func reason(_ code: CInt) -> String {
        switch code {
        case EBUSY: "in use by another program"
        case EACCES, EPERM: "not permitted to this user"
        case ENOENT, ENODEV, ENXIO, EINVAL, ECONNREFUSED: absent
        default: systemErrorText(code)
        }
    }
}

/// The answer of a probe, which may outlive the question.
private final class ProbeAnswer: Sendable {
    let value = Mutex<CaptureDevice.Offer?>(nil)
}
