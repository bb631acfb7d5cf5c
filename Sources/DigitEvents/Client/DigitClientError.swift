import Foundation

/// Why a client has no daemon to talk to.
public enum DigitClientError: Error, Hashable, CustomStringConvertible {
    /// Nobody answers at any of the paths.
    case notRunning([String])
    /// This user may not connect; the socket's group may, where one is named.
    case forbidden(String, group: String?)
    /// The daemon took the connection, but says nothing.
    case noAnswer(String)
    /// The daemon turned the client or its request away, with this sentence.
    case refused(String, message: String)
    /// The connection ended before the answer came.
    case connectionLost(String)
    /// The daemon speaks another version of the protocol than ``DigitEvent/Version/currentProtocol``.
    case unsupportedProtocol(String, protocol: Int)
    /// What came is not the protocol; the words say how.
    case protocolViolation(String, reason: String)
    /// No socket can have this path.
    case badPath(String)
    /// The system refused for another reason, an error number.
    case failed(String, code: CInt)
    /// The task that asked was cancelled.
    case cancelled

    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .notRunning(let paths):
            return "No digitd answers at \(paths.joined(separator: " or ")); "
                + "start the service, or one with digitd listen --socket PATH."
        case .forbidden(let path, let group):
            let remedy = group.map { "become a member of its group \($0) and log in anew" }
            return "You may not connect to \(path); \(remedy ?? "ask whoever runs the daemon for its mode and group")."
        case .noAnswer(let path): return "The digitd at \(path) does not answer; look at its log, or restart it."
        case .refused(let path, let message): return "The digitd at \(path) refused: \(message)"
        case .connectionLost(let path): return "The digitd at \(path) ended before it answered; try again."
        case .unsupportedProtocol(let path, let number):
            return "The digitd at \(path) speaks protocol \(number), this program protocol "
                + "\(DigitEvent.Version.currentProtocol); use versions of the same protocol."
        case .protocolViolation(let path, let reason):
            return "What answers at \(path) does not speak digitd's protocol (\(reason)); check the path."
        case .badPath(let path):
            return "\(path.debugDescription) cannot be a socket's path; give 1 to \(Self.pathLengthMaximum) bytes."
        case .failed(let path, let code):
            return "Connecting to \(path) failed (\(String(cString: strerror(code)))); check the path."
        case .cancelled: return "The wait for an answer was cancelled."
        }
    }

    /// `sun_path` has 108 bytes, with the zero at the end.
    static let pathLengthMaximum = 107

    /// Whether it stays so however often one tries.
    var isPermanent: Bool {
        switch self {
        case .badPath, .cancelled: true
        default: false
        }
    }
}
