import CALSA
import Glibc
import Logging
import Synchronization

/// A microphone: an ALSA capture device on a thread of its own, which survives overruns, suspends and unplugging.
///
/// The samples go into the ring in the device's own format and rate; when the ring is full (2 s of sound that nobody
/// read) the newest are dropped and reported as a gap. What to do after a failure is decided by `CaptureRecovery`.
public final class ALSACapture: AudioSource {
    /// The ALSA name of the device. Where the system's default is waited for, it is known for certain once that has
    /// come.
    public var name: String { control.name }
    /// What the capture and its reader share.
    public let stream: SourceStream

    /// What to do when the device can't be opened at first; later on it is always waited for.
    public enum OpenPolicy: Sendable {
        /// Throw the reason.
        case failIfUnavailable
        /// Try again until it comes; the reader gets `.lost` with the reason, and `.opened` when it is there.
        case keepTrying
    }

    /// Time that a device may take to open, in ns: a stopped sound server lets it hang.
    private static let openLimit: Int64 = 5_000_000_000

    /// Opens a capture device and begins to capture.
    ///
    /// Blocks until the first attempt to open has ended, at most 5 s.
    /// - Parameters:
    ///   - device: an ALSA name such as `plughw:CARD=Mic,DEV=0`; the system's default when nil, chosen anew at each
    ///     attempt until one succeeds.
    ///   - channel: what is heard of several channels; a device that has not this one cannot be opened.
    ///   - policy: what to do when the device can't be opened.
    ///   - logger: gets one line on the scheduling, one where channels cancel each other out, and libasound's own
    ///     messages at debug level, for the whole process.
    /// - Returns: the running capture.
    /// - Throws: `.deviceMissing`, `.deviceBusy`, `.deviceNotPermitted`, `.deviceNone` or `.deviceFailed` with
    ///   `.failIfUnavailable`; `.system` when there are no resources left.
    public static func open(
        device: String?, channel: CaptureChannel = .mix, policy: OpenPolicy, logger: Logger
    ) throws(AudioInputError) -> ALSACapture {
        ALSAMessages.redirect(to: logger)
        let name = device ?? CaptureDevices.defaultName ?? "default"
        let capture = try ALSACapture(
            name: name, channel: channel, choosesDevice: device == nil, policy: policy, logger: logger)
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
        if CInt(code) == ECHRNG, case .formats(_, _, let channels) = CaptureDevices.probe(name),
            let refusal = channel.refusal(channels: channels.upperBound)
        {
            throw .deviceFailed(name: name, reason: refusal)
        }
        let error = ALSAError(code: CInt(code)).audioInputError(device: name)
        if case .deviceMissing = error, device == nil || name == "default" { throw .deviceNone }
        throw error
    }

    /// Ends the capture; its reader gets what is in the ring and then `.end`.
    public func stop() {
        stream.requestStop()
    }

    /// Gives the device back while nobody listens: it is closed, and the reader gets `.released`. Returns at once.
    public func release() {
        control.setReleased(true)
    }

    /// Takes the device again after `release`: it is opened at once, and retried as at the beginning. Returns at once.
    public func acquire() {
        control.setReleased(false)
    }

    /// Whether the device is wished to be given back; it may take a moment until it is.
    public var isReleased: Bool { control.isReleased }

    /// Advances whenever the capture thread turns: at each period of sound, at each attempt to open a device that is
    /// lost, and once a second while it is given back. It stands still for up to 1 s between attempts, and in a device
    /// call.
    public var heartbeat: UInt64 { control.heartbeat }

    /// Whether the capture thread is in a call that opens, closes, starts or prepares the device. With a sound server
    /// that is stopped such a call may hang until the server goes on; that is no fault of this program.
    public var isInDeviceCall: Bool { control.isInDeviceCall }

    deinit {
        stop()
    }

    private let control: CaptureControl
    private let firstOpening: FirstResult
    private let hasRealtimePriority = Atomic<Bool>(false)

    private init(
        name: String, channel: CaptureChannel, choosesDevice: Bool, policy: OpenPolicy, logger: Logger
    ) throws(AudioInputError) {
        let stream = try SourceStream(channel: channel, logger: logger)
        let control = try CaptureControl(name: name)
        let firstOpening = try FirstResult()
        self.control = control
        self.stream = stream
        self.firstOpening = firstOpening
        // The thread holds the capture only until it has set its priority, so that `deinit` can stop it.
        try SourceStream.startThread("capture") { [weak self] in
            let isRealtime = Self.requestRealtimePriority()
            self?.hasRealtimePriority.store(isRealtime, ordering: .relaxed)
            var loop = CaptureLoop(
                control: control, stream: stream, firstOpening: firstOpening, choosesDevice: choosesDevice,
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
