import Glibc

/// Tells the service manager what the service is doing, as `sd_notify(3)` does, without libsystemd.
///
/// No call waits or throws: a service must work the same when its manager does not listen. A change of state (ready,
/// reloading, stopping) that finds the manager's queue full is sent before the next message.
public struct ServiceNotifier: Sendable {
    /// Within what time a service must say that it is alive, again and again; nil where no watchdog watches this process.
    public let watchdogInterval: Duration?
    private let socket: NotifySocket

    /// The manager that the environment names.
    ///
    /// - Parameters:
    ///   - environment: of the process: NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID count.
    ///   - processIdentifier: of this process; a watchdog for another is not ours to feed.
    ///   - log: gets a sentence when the first message cannot be sent, or when NOTIFY_SOCKET makes no sense.
    /// - Returns: nil when there is no service manager, or none that can be talked to.
    public init?(
        environment: [String: String], processIdentifier: pid_t = getpid(),
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        guard let name = environment["NOTIFY_SOCKET"], !name.isEmpty else { return nil }
        guard let address = SocketAddress(name) else {
            log("NOTIFY_SOCKET is \(name), which is no absolute path and no abstract name of up to 107 bytes.")
            return nil
        }
        guard let socket = NotifySocket(address: address, log: log) else { return nil }
        self.socket = socket
        watchdogInterval = Self.watchdogInterval(environment, processIdentifier)
    }

    /// Says that the service is up, or that it has taken over a new configuration.
    ///
    /// - Parameter status: one line for people, as for `status(_:)`.
    public func ready(status: String) {
        send(["READY=1", Self.status(status)])
    }

    /// Says in one line for people what the service is doing.
    ///
    /// - Parameter line: shown by `systemctl status`; control characters become spaces, and what is over 1,000 bytes is cut.
    public func status(_ line: String) {
        // Not kept for later: the next one is as good.
        send([Self.status(line)], isKept: false)
    }

    /// Says that the configuration is being read again; `ready` ends it.
    public func reloading() {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        send(["RELOADING=1", "MONOTONIC_USEC=\(Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000)"])
    }

    /// Says that the service is shutting down.
    ///
    /// - Parameter status: one line for people, as for `status(_:)`.
    public func stopping(status: String) {
        send(["STOPPING=1", Self.status(status)])
    }

    /// Feeds the watchdog: the service is alive. See `WatchdogFeed` for when.
    public func watchdog() {
        send(["WATCHDOG=1"], isKept: false)
    }

    private func send(_ assignments: [String], isKept: Bool = true) {
        socket.send(assignments.joined(separator: "\n"), isKept: isKept)
    }

    /// systemd throws messages over 4,096 bytes away whole, so a status has a limit well below.
    private static let statusBytesMax = 1000

    private static func status(_ line: String) -> String {
        var text = "STATUS="
        var room = statusBytesMax
        for scalar in line.unicodeScalars {
            room -= UTF8.width(scalar)
            if room < 0 { break }
            // A newline would begin another assignment.
            text.unicodeScalars.append(scalar.value < 0x20 || scalar.value == 0x7F ? " " : scalar)
        }
        return text
    }

    /// As `sd_watchdog_enabled(3)`; an interval that makes no sense is none.
    private static func watchdogInterval(_ environment: [String: String], _ processIdentifier: pid_t) -> Duration? {
        if let owner = environment["WATCHDOG_PID"], owner != String(processIdentifier) { return nil }
        guard let microseconds = environment["WATCHDOG_USEC"].flatMap(Int64.init), microseconds > 0 else { return nil }
        return .microseconds(microseconds)
    }
}
