import Glibc

/// Who is at the other end of a socket, as unix(7) `SO_PEERCRED` says: the process that called connect(2).
struct PeerCredentials: CustomStringConvertible {
    // `struct ucred`, which Glibc's module does not show without _GNU_SOURCE.
    private var pid: pid_t = 0
    /// The effective user of that process.
    private(set) var uid = uid_t.max
    private var gid = gid_t.max

    init?(descriptor: CInt) {
        var length = socklen_t(MemoryLayout<Self>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &self, &length) == 0 else { return nil }
    }

    var description: String { "pid \(pid), uid \(uid), gid \(gid)" }
}
