import Foundation
import Glibc
import Logging

/// Log lines on standard error.
enum Logs {
    /// A logger for warnings and worse, or for everything, libasound's own messages too, when asked for.
    static func make(verbose: Bool) -> Logger {
        let isJournal = isJournal
        return Logger(label: "digitd") { _ in
            LineLogHandler(isJournal: isJournal, logLevel: verbose ? .debug : .warning)
        }
    }

    /// Whether standard error is the journal's. The variable alone does not say so: programs that the service starts
    /// inherit it with standard error redirected, so it holds the device and inode to compare, as sd-daemon(3) says.
    private static var isJournal: Bool {
        var status = stat()
        guard fstat(STDERR_FILENO, &status) == 0 else { return false }
        return ProcessInfo.processInfo.environment["JOURNAL_STREAM"] == "\(status.st_dev):\(status.st_ino)"
    }
}

/// One line a message; with the `<N>` priority that the journal takes off again where systemd reads standard error.
struct LineLogHandler: LogHandler {
    let isJournal: Bool
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

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
