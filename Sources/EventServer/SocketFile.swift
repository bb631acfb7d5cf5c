import Glibc

/// The file of a listening socket of our own: created with its mode and group, and removed again if it is still ours.
struct SocketFile: Sendable {
    let path: String
    private let device: dev_t
    private let inode: ino_t

    /// Binds a new socket to `path` and listens; gives its descriptor with the file.
    ///
    /// A dead socket's file is replaced: one where connect(2) finds nobody. Everything else at the path is left alone, and a
    /// link is not followed. Nobody can connect before the file has its final group and mode, because listen(2) comes last.
    static func listen(
        at path: String, mode: UInt16, group: String?
    ) throws(EventServerError) -> (file: SocketFile, descriptor: CInt) {
        guard let address = PathAddress(path) else {
            throw .pathLength(path: path, bytesMaximum: PathAddress.bytesMaximum)
        }
        let groupID: gid_t? = if let group { try Self.groupID(of: group) } else { nil }
        return try DirectoryLock.hold(DirectoryLock.directory(of: path)) { () throws(EventServerError) in
            try create(address, path: path, mode: mode, group: group, groupID: groupID)
        }
    }

    private static func create(
        _ address: PathAddress, path: String, mode: UInt16, group: String?, groupID: gid_t?
    ) throws(EventServerError) -> (file: SocketFile, descriptor: CInt) {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", path: path, code: errno) }
        var succeeded = false
        defer { if !succeeded { close(descriptor) } }

        // bind(2) gives the file the mode of the socket less the umask: a umask of our own would touch other threads.
        fchmod(descriptor, 0o600)
        try bind(descriptor, to: address, path: path)
        defer { if !succeeded { unlink(path) } }
        if let groupID, let group, lchown(path, uid_t.max, groupID) != 0 {
            switch errno {
            case EPERM: throw .groupForbidden(path: path, group: group)
            case let code: throw .system(call: "chown", path: path, code: code)
            }
        }
        // Only now, so that no other group ever has the mode's rights.
        guard fchmodat(AT_FDCWD, path, mode_t(mode), AT_SYMLINK_NOFOLLOW) == 0 else {
            throw .system(call: "chmod", path: path, code: errno)
        }
        var status = stat()
        guard lstat(path, &status) == 0, Glibc.listen(descriptor, 128) == 0 else {
            throw .system(call: "listen", path: path, code: errno)
        }
        succeeded = true
        return (SocketFile(path: path, device: status.st_dev, inode: status.st_ino), descriptor)
    }

    /// Removes the file, unless another has taken its place since.
    func remove() {
        let remove = {
            var status = stat()
            if lstat(path, &status) == 0, status.st_dev == device, status.st_ino == inode { unlink(path) }
        }
        do throws(EventServerError) {
            // Whoever keeps the lock shall not keep the daemon from ending.
            try DirectoryLock.hold(DirectoryLock.directory(of: path), attemptsMaximum: 10, remove)
        } catch {
            // Without the lock, in the worst case, another daemon's file goes that was made between the two calls.
            remove()
        }
    }

    private static func bind(_ descriptor: CInt, to address: PathAddress, path: String) throws(EventServerError) {
        var code = address.bind(descriptor)
        if code == EADDRINUSE {
            try removeDeadSocket(address, path: path)
            code = address.bind(descriptor)
        }
        switch code {
        case 0: return
        case EADDRINUSE: throw .alreadyRunning(path: path)
        case EACCES, EPERM: throw .forbidden(path: path)
        case EROFS: throw .readOnly(path: path)
        case let code: throw .system(call: "bind", path: path, code: code)
        }
    }

    /// Unlinks the socket at `path` if nobody listens there; throws if somebody does, or it is no socket.
    private static func removeDeadSocket(_ address: PathAddress, path: String) throws(EventServerError) {
        var status = stat()
        guard lstat(path, &status) == 0 else {
            // Its owner has just removed it.
            if errno == ENOENT { return }
            throw .system(call: "stat", path: path, code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw .occupied(path: path, kind: kind(of: status.st_mode))
        }
        let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard probe >= 0 else { throw .system(call: "socket", path: path, code: errno) }
        defer { close(probe) }
        switch address.connect(probe) {
        case ECONNREFUSED:
            guard unlink(path) == 0 || errno == ENOENT else {
                throw errno == EROFS ? .readOnly(path: path) : .forbidden(path: path)
            }
        case ENOENT: return
        // EAGAIN: so many wait to be accepted that no more may.
        case 0, EAGAIN: throw .alreadyRunning(path: path)
        // A datagram socket: somebody has it open, though not a digitd.
        case EPROTOTYPE: throw .occupied(path: path, kind: "another program's socket")
        case EACCES, EPERM: throw .forbidden(path: path)
        case let code: throw .system(call: "connect", path: path, code: code)
        }
    }

    private static func kind(of mode: mode_t) -> String {
        switch mode & S_IFMT {
        case S_IFLNK: "a symbolic link"
        case S_IFDIR: "a directory"
        case S_IFREG: "a regular file"
        case S_IFIFO: "a FIFO"
        default: "a device"
        }
    }

    private static func groupID(of name: String) throws(EventServerError) -> gid_t {
        var entry = Glibc.group()
        var found: UnsafeMutablePointer<Glibc.group>?
        // A group with thousands of members needs a long buffer.
        var buffer = [CChar](repeating: 0, count: 1024)
        while getgrnam_r(name, &entry, &buffer, buffer.count, &found) == ERANGE, buffer.count < 1 << 20 {
            buffer = [CChar](repeating: 0, count: buffer.count * 2)
        }
        if found != nil { return entry.gr_gid }
        guard let number = gid_t(name), number != gid_t.max else { throw .groupUnknown(name) }
        return number
    }
}
