import DaemonConfiguration
import DigitEvents
import Foundation
import Glibc

/// What `listen` prints on standard output.
enum ListenOutput {
    /// The format to print in; nil for nothing at all.
    ///
    /// - Parameter choice: of the configuration or the command line.
    static func format(_ choice: Configuration.OutputFormat) -> EventFormat? {
        // As under StandardOutput=null: nobody reads it, so it does not count as a listener of the device either.
        if StandardOutput.isNull { return nil }
        return switch choice {
        case .auto: StandardOutput.isTerminal ? .text : .json
        case .text: .text
        case .json: .json
        case .digits: .digits
        case .none: nil
        }
    }

    /// Whether events must not be printed: standard output that is the journal is a log, and digits can be PINs.
    static func isSecret(_ log: Configuration.Log) -> Bool { Logs.isJournal(STDOUT_FILENO) && !log.digits }
}

/// Prints events as they come.
final class EventPrinter {
    let format: EventFormat?
    /// Why printing ended: the reader has gone, or the disk is full.
    private(set) var failure: (any Error)?
    /// Whether nothing may be printed for now.
    var isMuted = false
    private var line: [UInt8] = []

    /// - Parameter format: nil to print nothing.
    init(format: EventFormat?) {
        self.format = format
    }

    func print(_ event: DigitEvent) {
        guard failure == nil, !isMuted, let format, !event.isForWatchersOnly else { return }
        line.removeAll(keepingCapacity: true)
        format.append(event, to: &line)
        guard !line.isEmpty else { return }
        do {
            try line.withUnsafeBytes { try StandardOutput.write($0) }
        } catch {
            failure = error
        }
    }
}

extension DigitEvent {
    /// SPEECH and LEVEL are for those who ask for them on the socket.
    fileprivate var isForWatchersOnly: Bool {
        switch self {
        case .speech, .level: true
        default: false
        }
    }
}
