import DaemonConfiguration
import EventServer
import Glibc

/// Where `listen` offers its events.
enum ListenAddress {
    /// The socket that was asked for, or else the one that the service manager hands over; nil for none.
    ///
    /// - Parameter descriptors: listening sockets of the service manager.
    /// - Throws: a sentence when it handed over more than one, or one that is not asked for: its clients would wait for ever.
    static func choose(
        _ server: Configuration.Server, _ descriptors: [CInt]
    ) throws(CommandFailure) -> EventServer.Address? {
        guard let descriptor = descriptors.first else {
            guard case .path(let path) = server.socket else { return nil }
            return .path(path, mode: server.mode, group: server.group)
        }
        guard descriptors.count == 1 else {
            throw CommandFailure(
                .badConfiguration,
                "The service manager hands over \(descriptors.count) sockets; leave one ListenStream in digitd.socket.")
        }
        let handedOver = path(of: descriptor)
        switch server.socket {
        case .auto: return .descriptor(descriptor)
        case .path(let path) where path == handedOver: return .descriptor(descriptor)
        case .path, .none:
            throw CommandFailure(
                .badConfiguration,
                "The service manager hands over the socket \(handedOver), which is not server.socket; "
                    + "set that to \"auto\", or stop and disable digitd.socket.")
        }
    }

    /// The path that a Unix socket is bound to; empty where it has none.
    private static func path(of descriptor: CInt) -> String {
        var address = sockaddr_un()
        var length = socklen_t(MemoryLayout<sockaddr_un>.size)
        let result = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0 else { return "" }
        return withUnsafeBytes(of: address.sun_path) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }
}
