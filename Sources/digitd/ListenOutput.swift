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
