/// Decides when the watchdog is fed: from progress, never from a timer alone.
///
/// A pure value without a clock. The recognition loop asks at each of its turns, so that a loop that hangs feeds nothing;
/// capture must have turned too since the last time.
public struct WatchdogFeed: Sendable {
    private let pause: Int64
    private let inputIsFile: Bool
    private var fedAt: Int64?
    private var heartbeatFed: UInt64?

    /// - Parameters:
    ///   - interval: the service manager's, `ServiceNotifier.watchdogInterval`. It must be longer than the longest wait
    ///     between two tries to open a lost capture device (1 s).
    ///   - inputIsFile: a file or standard input has no capture thread; the loop's own turns are the progress then.
    public init(interval: Duration, inputIsFile: Bool) {
        let (seconds, attoseconds) = interval.components
        let (nanoseconds, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        // Divided before they are added: close to the largest number of nanoseconds the sum would be too large.
        pause = isTooLong ? .max : nanoseconds / 3 + attoseconds / 3_000_000_000
        self.inputIsFile = inputIsFile
    }

    /// One turn of the recognition loop.
    ///
    /// - Parameters:
    ///   - now: CLOCK_MONOTONIC time in ns.
    ///   - captureHeartbeat: a number that changes each time the capture thread turns.
    ///   - captureIsInDeviceCall: whether that thread is inside a call that opens or closes the device. Such a call hangs
    ///     for as long as a sound server is stopped, and a restart of this process would not end that.
    /// - Returns: whether the watchdog is to be fed now: at the first turn, and then at most once in a third of the
    ///   interval. At a rate of turns well above that, two thirds of the interval are left for a turn that comes late.
    public mutating func turn(now: Int64, captureHeartbeat: UInt64, captureIsInDeviceCall: Bool) -> Bool {
        if let fedAt, now - fedAt < pause { return false }
        guard inputIsFile || captureIsInDeviceCall || captureHeartbeat != heartbeatFed else { return false }
        fedAt = now
        heartbeatFed = captureHeartbeat
        return true
    }
}
