/// Why what the service manager hands over cannot be used; `description` is one sentence that says what to do.
public enum ServiceManagerError: Error, Sendable, Equatable {
    /// An environment variable of the protocol does not hold what `sd_listen_fds(3)` says.
    case variable(name: String, value: String)
    /// A descriptor that was handed over is no listening Unix stream socket. `reason` completes "X is ...".
    case descriptor(name: String, reason: String)
}

extension ServiceManagerError: CustomStringConvertible {
    /// One sentence that names the variable or the descriptor and says what to do.
    public var description: String {
        switch self {
        case .variable(let name, let value):
            "\(name) is \"\(value)\", which is not a number that a service manager gives; "
                + "start digitd with its socket unit, or unset \(name)."
        case .descriptor(let name, let reason):
            "The \(name) that the service manager passes is \(reason); "
                + "give its socket unit nothing but ListenStream= with an absolute path."
        }
    }
}
