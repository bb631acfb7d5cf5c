import DigitEvents
import Logging

/// Leaves a trace of the device's life in the log: once for each change, however often a device is tried again.
///
/// Digits can be PINs: they are logged only where asked for.
public struct EventLog {
    /// Where the lines go.
    public var logger: Logger
    /// Whether digits and rejections are logged too.
    public var logsDigits: Bool

    private var wasLost = false
    private var wasSilent = false
    private var gaps = GapTotals()
    private var gapsLogged: Int64?

    /// Gaps come in bursts on an overloaded machine: their log lines are at least this far apart, in ns.
    static let gapInterval: Int64 = 10_000_000_000

    /// A log with nothing in it yet.
    public init(logger: Logger, logsDigits: Bool = false) {
        self.logger = logger
        self.logsDigits = logsDigits
    }

    /// Logs what an event says, if it says something for the log.
    ///
    /// - Parameter now: CLOCK_MONOTONIC in ns.
    public mutating func note(_ event: DigitEvent, now: Int64) {
        switch event {
        case .device(let device): note(device)
        case .gap(let gap):
            gaps.add(gap)
            noteTime(now)
        case .digit(let digit) where logsDigits:
            digits.notice("digit \(digit.digit), confidence \(digit.confidence)")
        case .rejected(let rejected) where logsDigits:
            digits.notice("rejected: \(rejected.reason.rawValue)")
        default: break
        }
    }

    /// Logs the gaps that were held back, when their time has come. Call it now and then.
    public mutating func noteTime(_ now: Int64) {
        guard gaps.count > 0, now - (gapsLogged ?? .min / 2) >= Self.gapInterval else { return }
        logger.warning("\(gaps.sentence)")
        gaps = GapTotals()
        gapsLogged = now
    }

    /// Who asks for digits gets them at any level.
    private var digits: Logger {
        var logger = logger
        logger.logLevel = min(logger.logLevel, .notice)
        return logger
    }

    private mutating func note(_ device: DigitEvent.Device) {
        switch device.state {
        case .lost:
            wasSilent = false
            logger.warning("\(Self.sentence(loss: device))")
            wasLost = true
        case .open where device.reason == .silent:
            logger.warning(
                "The capture device \(device.name) has given no sound for 5 s; see whether it is switched off or turned down."
            )
            wasSilent = true
        case .open where wasSilent:
            logger.warning("The capture device \(device.name) gives sound again.")
            wasSilent = false
        case .open where wasLost:
            // At the same level as the loss, because a log with only one of them misleads.
            logger.warning("The capture device \(device.name) is open again.")
            wasLost = false
        case .open:
            logger.info("The capture device \(device.name) is open.")
        case .released:
            logger.info("The capture device \(device.name) is released while nobody listens.")
        default: break
        }
    }

    private static func sentence(loss device: DigitEvent.Device) -> String {
        let error = device.error.map { " (\($0))" } ?? ""
        let name = device.name
        return switch device.reason {
        case .missing: "The capture device \(name) is not there\(error); it is opened when it comes."
        case .busy:
            "The capture device \(name) is in use by another program\(error); it is opened when that lets go of it."
        case .forbidden:
            "The capture device \(name) may not be opened\(error); "
                + "add digitd's user to the group that owns it, mostly audio."
        case .silent: "The capture device \(name) gives no sound\(error); it is closed and opened again."
        default: "The capture device \(name) is lost\(error); it is opened again as soon as it can be."
        }
    }
}

/// Gaps since the last line.
private struct GapTotals {
    var count = 0
    var frames = 0
    var causes: Set<String> = []

    mutating func add(_ gap: DigitEvent.Gap) {
        count += 1
        frames += gap.lostFrames
        causes.insert(gap.cause)
    }

    var sentence: String {
        let cause = causes.sorted().joined(separator: ", ")
        let times = count == 1 ? "" : " \(count) times"
        return "Sound was lost\(times): \(frames) frames (\(cause))."
    }
}
