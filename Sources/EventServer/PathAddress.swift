import Glibc

/// The address of a socket in the file system.
struct PathAddress {
    private var address = sockaddr_un()

    /// How many bytes a path may have: `sun_path` has to hold its NUL as well.
    static let bytesMaximum = MemoryLayout.size(ofValue: sockaddr_un().sun_path) - 1

    /// Nil for a path that is empty, too long or has a NUL in it.
    init?(_ path: String) {
        let bytes = Array(path.utf8)
        guard (1...Self.bytesMaximum).contains(bytes.count), !bytes.contains(0) else { return nil }
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    }

    /// bind(2); gives 0 or the error number.
    func bind(_ descriptor: CInt) -> CInt { call { Glibc.bind(descriptor, $0, $1) } }

    /// connect(2); gives 0 or the error number.
    func connect(_ descriptor: CInt) -> CInt { call { Glibc.connect(descriptor, $0, $1) } }

    private func call(_ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
        let result = withUnsafeBytes(of: address) { bytes in
            body(bytes.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t(bytes.count))
        }
        return result == 0 ? 0 : errno
    }
}
