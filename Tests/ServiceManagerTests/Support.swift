import Glibc

/// A directory that lives as long as the value.
final class ScratchDirectory {
    let path: String

    init() {
        var template = Array("/tmp/ServiceManagerTests.XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        _ = system("rm -rf '\(path)'")
    }
}

/// A Unix socket as the service manager makes one, closed with the value.
final class ManagerSocket {
    let descriptor: CInt

    /// - Parameters:
    ///   - path: where to bind it; `@` begins an abstract name; nil leaves it without one.
    ///   - type: SOCK_STREAM or SOCK_DGRAM.
    init(path: String?, type: __socket_type) {
        descriptor = socket(AF_UNIX, CInt(type.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue), 0)
        precondition(descriptor >= 0)
        guard let path else { return }
        var bytes = Array(path.utf8)
        if path.hasPrefix("@") { bytes[0] = 0 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path)! + bytes.count
        let isBound = withUnsafePointer(to: address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, socklen_t(length)) == 0 }
        }
        precondition(isBound, "bind: \(errno)")
    }

    deinit {
        close(descriptor)
    }

    /// The datagrams that have come, oldest first.
    func messages() -> [String] {
        var all: [String] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { return all }
            all.append(String(decoding: buffer[..<count], as: UTF8.self))
        }
    }
}
