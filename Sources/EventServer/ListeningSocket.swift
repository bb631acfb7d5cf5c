import Glibc

/// A listening socket, and its file where it is ours.
struct ListeningSocket: Sendable {
    /// Blocking mode is left as it is. Whoever accepts on it closes it.
    let descriptor: CInt
    /// Nil for a socket of the service manager, which keeps its file while the service restarts.
    let file: SocketFile?

    init(_ address: EventServer.Address) throws(EventServerError) {
        switch address {
        case .path(let path, let mode, let group):
            let (file, descriptor) = try SocketFile.listen(at: path, mode: mode, group: group)
            self.descriptor = descriptor
            self.file = file
        case .descriptor(let descriptor):
            guard Self.option(SO_DOMAIN, of: descriptor) == AF_UNIX,
                Self.option(SO_TYPE, of: descriptor) == CInt(SOCK_STREAM.rawValue),
                Self.option(SO_ACCEPTCONN, of: descriptor) == 1
            else { throw .badDescriptor(descriptor) }
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            self.descriptor = descriptor
            file = nil
        }
    }

    private static func option(_ name: CInt, of descriptor: CInt) -> CInt? {
        var value: CInt = 0
        var length = socklen_t(MemoryLayout<CInt>.size)
        return getsockopt(descriptor, SOL_SOCKET, name, &value, &length) == 0 ? value : nil
    }
}
