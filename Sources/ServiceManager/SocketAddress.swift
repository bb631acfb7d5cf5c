import Glibc

/// The address of a Unix socket, as NOTIFY_SOCKET writes it: an absolute path, or `@` and an abstract name.
struct SocketAddress: Sendable {
    private let address: sockaddr_un
    private let length: socklen_t

    /// - Returns: nil for anything else, such as a relative path or a name that is too long (108 bytes).
    init?(_ text: String) {
        var bytes = Array(text.utf8)
        guard bytes.count > 1, bytes[0] == UInt8(ascii: "/") || bytes[0] == UInt8(ascii: "@") else { return nil }
        // An abstract name begins with a zero byte and is as long as its length says; a path ends with one.
        if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 } else { bytes.append(0) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { name in
            guard bytes.count <= name.count else { return false }
            name.copyBytes(from: bytes)
            return true
        }
        guard fits else { return nil }
        self.address = address
        length = socklen_t(MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count)
    }

    /// Gives the address in the form that `bind` and `sendto` take.
    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        withUnsafeBytes(of: address) { body($0.baseAddress!.assumingMemoryBound(to: sockaddr.self), length) }
    }
}
