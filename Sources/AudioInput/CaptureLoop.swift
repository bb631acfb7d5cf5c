import CALSA
import Glibc

/// The body of the capture thread: carries out what `CaptureRecovery` decides, on ALSA and the ring.
///
/// `capture`, the action of every period, polls, reads and writes the ring: no allocation, no lock, no log.
struct CaptureLoop: ~Copyable {
    private let deviceName: String
    private let stream: SourceStream
    private let firstOpening: FirstResult
    private let endsIfUnavailable: Bool
    private var writer: RingWriter
    private var recovery = CaptureRecovery()
    private var device: PCMDevice?
    /// The device's, as long as it is open.
    private var format = StreamFormat(sample: .int16, rate: AudioReader.rate, channels: 1)
    private var hasReportedOpening = false
    private var hasEnded = false
    /// The stop descriptor first, then the device's.
    private var pollEntries = UnsafeMutableBufferPointer<pollfd>(start: nil, count: 0)
    private var samples = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    /// Longest sleep in `poll`, in ms: a device that goes silent is noticed at most this much after the limit.
    private static let pollLimit: CInt = 200
    /// Seconds of sound that may wait in the ring.
    private static let ringSeconds = 2

    init(device: String, stream: SourceStream, firstOpening: FirstResult, endsIfUnavailable: Bool) {
        deviceName = device
        self.stream = stream
        self.firstOpening = firstOpening
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
            outcome = perform(recovery.next(after: outcome, now: monotonicNanoseconds()))
        }
        device = nil
        _ = writer.mark(RingEntry(kind: .end))
    }

    private mutating func perform(_ action: CaptureRecovery.Action) -> CaptureRecovery.Outcome {
        switch action {
        case .capture:
            return capture()
        case .open:
            return open()
        case .reportOpened:
            mark(OpenedMarker(format: format, deviceChannels: format.channels).entry)
            return .done
        case .start:
            return outcome(of: device?.start())
        case .prepare:
            return outcome(of: device?.prepare())
        case .resume:
            return outcome(of: device?.resume())
        case .reportGap(let lostFrames, let cause):
            writer.noteGap(frames: lostFrames, cause: cause)
            writer.markGap()
            return .done
        case .close:
            device = nil
            return .done
        case .reportLost(let code):
            mark(RingEntry(kind: .lost, first: Int64(code)))
            return .done
        case .pause(let nanoseconds):
            stream.sleep(until: monotonicNanoseconds() + nanoseconds)
            return .done
        }
    }

    private func outcome(of result: CInt?) -> CaptureRecovery.Outcome {
        guard let result else { return .failed(ENODEV) }
        return result < 0 ? .failed(-result) : .done
    }

    private mutating func open() -> CaptureRecovery.Outcome {
        do throws(ALSAError) {
            let opened = try PCMDevice(name: deviceName)
            format = opened.format
            makeRoom(descriptors: opened.descriptorCount)
            device = consume opened
            hasReportedOpening = true
            firstOpening.give(0)
            return .opened(rate: format.rate)
        } catch {
            if !hasReportedOpening {
                hasReportedOpening = true
                hasEnded = endsIfUnavailable
                if !endsIfUnavailable { mark(RingEntry(kind: .lost, first: Int64(error.code))) }
                firstOpening.give(Int(error.code))
            }
            return .failed(error.code)
        }
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

    /// Waits for a period and reads what is there.
    private mutating func capture() -> CaptureRecovery.Outcome {
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
        let frames =
            device?.read(into: samples.baseAddress!, frames: samples.count / frameBytes) ?? -Int(ENODEV)
        if frames > 0 {
            // The delay is what was captured since: it dates the last frame read even if this thread was late.
            let end =
                monotonicNanoseconds() - Int64(device?.delayFrames ?? 0) * 1_000_000_000 / Int64(format.rate)
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
