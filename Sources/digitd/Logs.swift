import Foundation
import Glibc
import Logging
import Synchronization

/// Log lines on standard error.
enum Logs {
    /// The level of every logger that has none of its own: a daemon changes it while it runs.
    static let level = LogThreshold(.notice)

    /// A logger for what `level` says; at debug libasound's own messages are among it.
    static func make() -> Logger {
        let isJournal = isJournal(STDERR_FILENO)
        return Logger(label: "digitd") { _ in LineLogHandler(isJournal: isJournal) }
    }

    /// Whether a descriptor is the journal's. The variable alone does not say so: programs that the service starts
    /// inherit it with their output redirected, so it holds the device and inode to compare, as sd-daemon(3) says.
    static func isJournal(_ descriptor: CInt) -> Bool {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return false }
        return ProcessInfo.processInfo.environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
    }
}

/// One line a message; with the `<N>` priority that the journal takes off again where systemd reads standard error.
struct LineLogHandler: LogHandler {
    let isJournal: Bool
    /// Of this logger alone, where it was given one.
    private var ownLevel: Logger.Level?
    var metadata: Logger.Metadata = [:]

    init(isJournal: Bool) {
        self.isJournal = isJournal
    }

    var logLevel: Logger.Level {
        get { ownLevel ?? Logs.level.value }
        set { ownLevel = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { _, new in new }
        let tail = fields.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
        StandardError.line("\(prefix(event.level))\(event.message)\(tail)")
    }

    private func prefix(_ level: Logger.Level) -> String {
        guard isJournal else { return "digitd: " }
        // sd-daemon(3).
        return switch level {
        case .critical: "<2>"
        case .error: "<3>"
        case .warning: "<4>"
        case .notice: "<5>"
        case .info: "<6>"
        case .debug, .trace: "<7>"
        }
    }
}

/// A log level that threads share.
final class LogThreshold: Sendable {
    private let level: Mutex<Logger.Level>

    init(_ level: Logger.Level) {
        self.level = Mutex(level)
    }

    var value: Logger.Level {
        get { level.withLock { $0 } }
        set { level.withLock { $0 = newValue } }
    }
}
