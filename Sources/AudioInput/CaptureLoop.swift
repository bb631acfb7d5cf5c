import CALSA
import Glibc

/// The body of the capture thread: carries out what `CaptureRecovery` decides, on ALSA and the ring.
///
/// `capture`, the action of every period, polls, reads and writes the ring: no allocation, no lock, no log.
struct CaptureLoop: ~Copyable {
    private let control: CaptureControl
    private let stream: SourceStream
    private let firstOpening: FirstResult
    /// Whether the device is the system's default, chosen anew at each attempt until one succeeds.
    private var choosesDevice: Bool
    private let endsIfUnavailable: Bool
    private var writer: RingWriter
    private var recovery = CaptureRecovery()
    private var device: PCMDevice?
    /// The device's, as long as it is open.
    private var format = StreamFormat(sample: .int16, rate: AudioReader.rate, channels: 1)
    /// The open device's.
    private var pace = CapturePace(rate: AudioReader.rate, bufferFrames: 0)
    private var hasTriedOpening = false
    private var hasEnded = false
    /// The stop descriptor first, then the device's.
    private var pollEntries = UnsafeMutableBufferPointer<pollfd>(start: nil, count: 0)
    private var samples = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// Longest sleep in `poll`, in ms: a device that goes silent is noticed at most this much after the limit.
    private static let pollLimit: CInt = 200
    /// Longest sleep while the device is given back, in ns: a sign of life is due.
    private static let idleLimit: Int64 = 1_000_000_000
    /// Seconds of sound that may wait in the ring.
    private static let ringSeconds = 2

    /// - Parameters:
    ///   - choosesDevice: whether the control's name is only that of the system's default device at present.
    ///   - endsIfUnavailable: whether a first opening that fails ends it all.
    init(
        control: CaptureControl, stream: SourceStream, firstOpening: FirstResult, choosesDevice: Bool,
        endsIfUnavailable: Bool
    ) {
        self.control = control
        self.stream = stream
        self.firstOpening = firstOpening
        self.choosesDevice = choosesDevice
        self.endsIfUnavailable = endsIfUnavailable
        writer = RingWriter(stream.ring)
    }

    deinit {
        pollEntries.deallocate()
        samples.deallocate()
    }

    /// Captures until a stop.
    mutating func run() {
        var outcome = CaptureRecovery.Outcome.none
        while !stream.isStopping && !hasEnded {
            control.beat()
            let action = recovery.next(
                after: outcome, now: monotonicNanoseconds(), isReleased: control.isReleased)
            outcome = perform(action)
        }
        closeDevice()
        _ = writer.mark(RingEntry(kind: .end))
    }

    private mutating func perform(_ action: CaptureRecovery.Action) -> CaptureRecovery.Outcome {
        switch action {
        case .capture:
            return capture()
        case .open:
            return open()
        case .announceOpened:
            writer.announce(OpenedMarker(format: format, deviceChannels: format.channels).entry)
            return .done
        case .start:
            return outcome(of: control.deviceCall { device?.start() })
        case .prepare:
            return outcome(of: control.deviceCall { device?.prepare() })
        case .resume:
            return outcome(of: control.deviceCall { device?.resume() })
        case .reportGap(let lostFrames, let cause):
            writer.noteGap(frames: lostFrames, cause: cause)
            writer.markGap()
            return .done
        case .close:
            closeDevice()
            return .done
        case .reportLost(let loss):
            mark(loss.entry)
            return .done
        case .reportReleased:
            mark(RingEntry(kind: .released))
            return .done
        case .pause(let nanoseconds):
            sleep(nanoseconds, whileReleased: false)
            return .done
        case .idle:
            sleep(Self.idleLimit, whileReleased: true)
            return .done
        }
    }

    private func sleep(_ nanoseconds: Int64, whileReleased: Bool) {
        control.sleep(
            until: monotonicNanoseconds() + nanoseconds, whileReleased: whileReleased,
            orReadable: stream.stopDescriptor)
    }

    private func outcome(of result: CInt?) -> CaptureRecovery.Outcome {
        guard let result else { return .failed(ENODEV) }
        return result < 0 ? .failed(-result) : .done
    }

    private mutating func open() -> CaptureRecovery.Outcome {
        if choosesDevice, hasTriedOpening { chooseDevice() }
        let name = control.name
        do throws(ALSAError) {
            let channel = stream.channel
            let opened = try control.deviceCall { () throws(ALSAError) in
                try PCMDevice(name: name, channel: channel)
            }
            format = opened.format
            makeRoom(descriptors: opened.descriptorCount)
            pace = CapturePace(rate: format.rate, bufferFrames: opened.bufferFrames)
            device = consume opened
            choosesDevice = false
            hasTriedOpening = true
            firstOpening.give(0)
            return .opened(rate: format.rate)
        } catch {
            let code = CaptureDevices.reason(behind: error.code, device: name)
            hasEnded = endsIfUnavailable && !hasTriedOpening
            hasTriedOpening = true
            firstOpening.give(Int(code))
            return .failed(code)
        }
    }

    /// Takes what is now the system's default device: a microphone may have been plugged in.
    private func chooseDevice() {
        if let name = control.deviceCall({ CaptureDevices.defaultName }) { control.name = name }
    }

    private mutating func closeDevice() {
        control.deviceCall { device = nil }
    }

    /// Everything that a period needs, made at opening.
    private mutating func makeRoom(descriptors: Int) {
        pollEntries.deallocate()
        pollEntries = .allocate(capacity: 1 + descriptors)
        pollEntries.initialize(repeating: pollfd())
        samples.deallocate()
        let frames = min(AudioReader.blockFramesMax, writer.payloadLimit / format.frameBytes)
        samples = .allocate(byteCount: frames * format.frameBytes, alignment: 16)
        // A period of 10 ms carries a head of 32 bytes and up to 31 of filling.
        let headBytes = 64 * 100
        writer.limitSamples(toBytes: Self.ringSeconds * (format.rate * format.frameBytes + headBytes))
    }

    /// Waits for a period, or several where nobody waits for them, and reads what is there.
    private mutating func capture() -> CaptureRecovery.Outcome {
        writer.nap(pace, orReadable: stream.stopDescriptor)
        pace.interrupt()
        let entries = pollEntries.baseAddress!
        entries[0] = pollfd(fd: stream.stopDescriptor, events: Int16(POLLIN), revents: 0)
        let described = device?.descriptors(into: entries + 1) ?? -ENODEV
        if described < 0 { return .failed(-described) }
        let ready = poll(entries, nfds_t(1 + described), Self.pollLimit)
        if ready < 0 { return errno == EINTR ? .frames(0, end: 0) : .failed(errno) }
        if ready == 0 || entries[0].revents != 0 { return .frames(0, end: 0) }
        var events: CUnsignedShort = 0
        let result = device?.events(of: entries + 1, into: &events) ?? -ENODEV
        if result < 0 { return .failed(-result) }
        if events == 0 { return .frames(0, end: 0) }
        return readPeriod(hasError: events & CUnsignedShort(POLLERR | POLLHUP | POLLNVAL) != 0)
    }

    private mutating func readPeriod(hasError: Bool) -> CaptureRecovery.Outcome {
        let frameBytes = format.frameBytes
        let room = samples.count / frameBytes
        let frames = device?.read(into: samples.baseAddress!, frames: room) ?? -Int(ENODEV)
        if frames > 0 {
            let now = monotonicNanoseconds()
            pace.read(frames: frames, isAll: frames < room, now: now)
            // The delay is what was captured since: it dates the last frame read even if this thread was late.
            let end = now - Int64(device?.delayFrames ?? 0) * 1_000_000_000 / Int64(format.rate)
            let start = end - Int64(frames) * 1_000_000_000 / Int64(format.rate)
            _ = writer.offer(samples.baseAddress!, count: frames * frameBytes, frames: frames, time: start)
            return .frames(frames, end: end)
        }
        if frames < 0, frames != -Int(EAGAIN) { return .failed(CInt(-frames)) }
        return hasError ? errorState() : .frames(0, end: 0)
    }

    /// `poll` says that something is wrong and the read does not: the state does, or nothing does.
    private mutating func errorState() -> CaptureRecovery.Outcome {
        let state = device?.state ?? SND_PCM_STATE_DISCONNECTED
        switch state {
        case SND_PCM_STATE_XRUN: return .failed(EPIPE)
        case SND_PCM_STATE_SUSPENDED: return .failed(ESTRPIPE)
        case SND_PCM_STATE_DISCONNECTED: return .failed(ENODEV)
        default:
            // Not to spin on an error that stays; after 2 s of it the device counts as lost.
            stream.sleep(until: monotonicNanoseconds() + 10_000_000)
            return .frames(0, end: 0)
        }
    }

    /// Puts a marker into the ring, which has a reserve for them; waits for room when a reader has not read for so long.
    private mutating func mark(_ entry: RingEntry) {
        while !writer.mark(entry), !stream.isStopping {
            stream.sleep(until: monotonicNanoseconds() + 20_000_000)
        }
    }
}
