import Foundation

/// Where the daemon's socket is, unless someone chose another place.
public enum DigitSocket {
    /// The socket of the daemon that the system runs.
    public static let systemPath = "/run/digitd/digitd.sock"

    /// The places to look at, in order: a user's own daemon, `$XDG_RUNTIME_DIR/digitd.sock`, then the system's.
    public static func candidates(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) -> [String] {
        // The XDG base directory specification: a path that is not absolute is ignored.
        guard let directory = environment["XDG_RUNTIME_DIR"], directory.hasPrefix("/") else { return [systemPath] }
        let separator = directory.hasSuffix("/") ? "" : "/"
        return ["\(directory)\(separator)digitd.sock", systemPath]
    }

    /// The first candidate that exists, else the one that this user's own daemon would use.
    ///
    /// A ``DigitClient`` without a path does better: it takes the first that answers, each time it connects.
    public static var path: String {
        let candidates = candidates()
        return candidates.first(where: FileManager.default.fileExists(atPath:)) ?? candidates[0]
    }
}
