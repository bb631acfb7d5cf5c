import Glibc

/// Reads small files of which nothing is known.
enum FileBytes {
    /// The bytes of a file, at most one more than `max`, which is enough to see that there are too many.
    ///
    /// Never waits: a pipe that nobody writes to is refused, and `/dev/null` is an empty file.
    static func read(_ path: String, max: Int) throws(ConfigurationError) -> [UInt8] {
        guard !path.utf8.contains(0) else { throw .unreadable(path: path, reason: "its name holds a NUL") }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        guard descriptor >= 0 else { throw .unreadable(path: path, reason: systemErrorText(errno)) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .unreadable(path: path, reason: systemErrorText(errno)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG, S_IFCHR: break
        case S_IFDIR: throw .unreadable(path: path, reason: systemErrorText(EISDIR))
        default: throw .unreadable(path: path, reason: "it is no regular file")
        }
        var bytes: [UInt8] = []
        var code: CInt = 0
        while bytes.count <= max {
            let room = min(1 << 16, max + 1 - bytes.count)
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                var result: Int
                repeat { result = Glibc.read(descriptor, buffer.baseAddress, room) } while result < 0 && errno == EINTR
                code = result < 0 ? errno : 0
                count = Swift.max(0, result)
            }
            guard code == 0 else { throw .unreadable(path: path, reason: systemErrorText(code)) }
            if chunk.isEmpty { break }
            bytes += chunk
        }
        return bytes
    }
}

/// The text of an `errno` value, as `strerror_r` gives it; safe on any thread.
private func systemErrorText(_ code: CInt) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
        guard strerror_r(code, buffer.baseAddress!, buffer.count) == 0 else { return "error \(code)" }
        return String(cString: buffer.baseAddress!)
    }
}
