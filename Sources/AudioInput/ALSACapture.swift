import CALSA
import Glibc
import Logging
import Synchronization

/// A microphone: an ALSA capture device on a thread of its own, which survives overruns, suspends and unplugging.
///
/// The samples go into the ring in the device's own format and rate; when the ring is full (2 s of sound that nobody read)
/// the newest are dropped and reported as a gap. What to do after a failure is decided by `CaptureRecovery`.
public final class ALSACapture: AudioSource {
    /// The ALSA name of the device, as opened.
    public let name: String
    /// What the capture and its reader share.
    public let stream: SourceStream

    /// What to do when the device can't be opened at first; later on it is always waited for.
    public enum OpenPolicy: Sendable {
        /// Throw the reason.
        case failIfUnavailable
        /// Try again until it comes; the reader gets `.lost` with the reason once, and `.opened` when it is there.
        case keepTrying
    }

    /// Time that a device may take to open, in ns: a stopped sound server lets it hang.
    private static let openLimit: Int64 = 5_000_000_000

    /// Opens a capture device and begins to capture.
    ///
    /// Blocks until the first attempt to open has ended, at most 5 s.
    /// - Parameters:
    ///   - device: an ALSA name such as `plughw:CARD=Mic,DEV=0`; the system's default when nil.
    ///   - policy: what to do when the device can't be opened.
    ///   - logger: gets one line on the scheduling, and libasound's own messages at debug level, for the whole process.
    /// - Returns: the running capture.
    /// - Throws: `.deviceMissing`, `.deviceBusy`, `.deviceNotPermitted`, `.deviceNone` or `.deviceFailed` with
    ///   `.failIfUnavailable`; `.system` when there are no resources left.
    public static func open(
        device: String?, policy: OpenPolicy, logger: Logger
    ) throws(AudioInputError) -> ALSACapture {
        ALSAMessages.redirect(to: logger)
        let name = device ?? CaptureDevices.defaultName ?? "default"
        let capture = try ALSACapture(name: name, policy: policy)
        guard let code = capture.firstOpening.wait(until: monotonicNanoseconds() + openLimit) else {
            if policy == .keepTrying { return capture }
            capture.stop()
            throw .deviceFailed(name: name, reason: "it does not answer")
        }
        if !capture.hasRealtimePriority.load(ordering: .relaxed) {
            logger.info("Capture runs at normal priority: SCHED_FIFO is not permitted (LimitRTPRIO in a systemd unit).")
        }
        guard code != 0, policy == .failIfUnavailable else { return capture }
        capture.stop()
        let error = ALSAError(code: CInt(code)).audioInputError(device: name)
        if case .deviceMissing = error, device == nil || name == "default" {
            throw CaptureDevices.reasonForNone
        }
        throw error
    }

    /// Ends the capture; its reader gets what is in the ring and then `.end`.
    public func stop() {
        stream.requestStop()
    }

    deinit {
        stop()
    }

    private let firstOpening: FirstResult
    private let hasRealtimePriority = Atomic<Bool>(false)

    private init(name: String, policy: OpenPolicy) throws(AudioInputError) {
        let stream = try SourceStream()
        let firstOpening = try FirstResult()
        self.name = name
        self.stream = stream
        self.firstOpening = firstOpening
        // The thread holds the capture only until it has set its priority, so that `deinit` can stop it.
        try SourceStream.startThread("capture") { [weak self] in
            let isRealtime = Self.requestRealtimePriority()
            self?.hasRealtimePriority.store(isRealtime, ordering: .relaxed)
            var loop = CaptureLoop(
                device: name, stream: stream, firstOpening: firstOpening,
                endsIfUnavailable: policy == .failIfUnavailable)
            loop.run()
        }
    }

    /// SCHED_FIFO at a low priority: before every ordinary thread, behind every other real-time one.
    private static func requestRealtimePriority() -> Bool {
        var parameters = sched_param()
        parameters.sched_priority = 10
        return pthread_setschedparam(pthread_self(), SCHED_FIFO, &parameters) == 0
    }
}

/// A result that one thread gives once and another waits for.
final class FirstResult: Sendable {
    private let descriptor: CInt
    private let value = Atomic<Int>(-1)

    init() throws(AudioInputError) {
        descriptor = try makeEventDescriptor()
    }

    deinit {
        close(descriptor)
    }

    /// Gives the result, 0 or positive; only the first counts.
    func give(_ result: Int) {
        guard value.compareExchange(expected: -1, desired: result, ordering: .acquiringAndReleasing).exchanged else {
            return
        }
        eventfd_write(descriptor, 1)
    }

    /// Waits for the result until `deadline` (CLOCK_MONOTONIC ns); nil when there was none by then.
    func wait(until deadline: Int64) -> Int? {
        _ = waitUntilReadable(descriptor, -1, until: deadline)
        let result = value.load(ordering: .acquiring)
        return result < 0 ? nil : result
    }
}
