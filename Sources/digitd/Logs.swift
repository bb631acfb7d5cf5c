import Foundation
import Logging

/// Log lines on standard error.
enum Logs {
    /// A logger for warnings and worse, or for everything from `info` upwards when asked for.
    static func make(verbose: Bool) -> Logger {
        let isJournal = ProcessInfo.processInfo.environment["JOURNAL_STREAM"] != nil
        return Logger(label: "digitd") { _ in
            LineLogHandler(isJournal: isJournal, logLevel: verbose ? .info : .warning)
        }
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
