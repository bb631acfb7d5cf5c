import Glibc

/// Why a server could not begin to listen. Its description is one sentence that says what to do.
public enum EventServerError: Error, Sendable, Hashable {
    /// Somebody answers at the path.
    case alreadyRunning(path: String)
    /// What lies at the path is no dead socket; `kind` says what it is, such as "a directory". It is left as it is.
    case occupied(path: String, kind: String)
    /// The path is empty or does not fit into a socket's address.
    case pathLength(path: String, bytesMaximum: Int)
    /// The directory of the socket does not exist.
    case directoryMissing(directory: String)
    /// This user may not create the socket, or replace a dead one, or look whether it is dead.
    case forbidden(path: String)
    /// The file system of the socket's directory is read-only.
    case readOnly(path: String)
    /// Another program has held a lock on the socket's directory for two seconds.
    case directoryLocked(directory: String)
    /// There is no such group.
    case groupUnknown(String)
    /// This user may not give files to the group.
    case groupForbidden(path: String, group: String)
    /// The descriptor handed over is no listening stream socket of the Unix domain.
    case badDescriptor(CInt)
    /// A system call failed.
    case system(call: String, path: String, code: CInt)
}

extension EventServerError: CustomStringConvertible {
    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .alreadyRunning(let path):
            "Another digitd is listening on \(path); stop it or choose another socket path."
        case .occupied(let path, let kind):
            "There is already \(kind) at \(path); remove it or choose another socket path."
        case .pathLength(let path, let bytesMaximum):
            "A socket's path has from 1 to \(bytesMaximum) bytes, and \"\(path)\" has not; choose another one."
        case .directoryMissing(let directory):
            "The directory \(directory) for the socket does not exist; create it or choose another socket path."
        case .forbidden(let path):
            "This user may not create the socket \(path); choose a path in a directory of this user's own."
        case .readOnly(let path):
            "The socket \(path) would be on a read-only file system; remove what makes it so or choose another socket path."
        case .directoryLocked(let directory):
            "Another program keeps the directory \(directory) locked; stop it or choose another socket path."
        case .groupUnknown(let group):
            "There is no group \(group) for the socket; create it or change server.group in the configuration."
        case .groupForbidden(let path, let group):
            "This user may not give \(path) to the group \(group); "
                + "join the group or change server.group in the configuration."
        case .badDescriptor(let descriptor):
            "Descriptor \(descriptor) is not a listening Unix stream socket; hand one over or start without it."
        case .system(let call, let path, let code):
            "The socket \(path) cannot be listened on (\(call): \(String(cString: strerror(code)))); free what is missing and start again."
        }
    }
}
