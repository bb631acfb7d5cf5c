import Glibc

/// An exclusive flock(2) on a directory, held while a socket file in it is taken over or removed.
///
/// Looking at a socket file and then replacing it are two steps; without the lock two daemons that start together could both
/// find the file dead, and the second would unlink the first one's new socket. A lock on the directory itself leaves no lock
/// file behind and needs only the right to read it.
enum DirectoryLock {
    /// Runs `body` with the directory locked. Waits up to 10 ms an attempt: others hold the lock for a few system calls only.
    static func hold<Value>(
        _ directory: String, attemptsMaximum: Int = 200, _ body: () throws(EventServerError) -> Value
    ) throws(EventServerError) -> Value {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT, ENOTDIR: throw .directoryMissing(directory: directory)
            case EACCES, EPERM: throw .forbidden(path: directory)
            case let code: throw .system(call: "open", path: directory, code: code)
            }
        }
        defer { close(descriptor) }
        var attempts = 0
        while flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK || errno == EINTR else {
                throw .system(call: "flock", path: directory, code: errno)
            }
            attempts += 1
            guard attempts < attemptsMaximum else { throw .directoryLocked(directory: directory) }
            usleep(10_000)
        }
        return try body()
    }

    /// The part of a path before its last component.
    static func directory(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}
