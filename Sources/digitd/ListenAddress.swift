import DaemonConfiguration
import EventServer

/// Where `listen` offers its events.
enum ListenAddress {
    /// The socket that was asked for, or else the one that the service manager hands over; nil for none.
    ///
    /// - Parameter descriptors: listening sockets of the service manager.
    /// - Throws: a sentence when it handed over more than one.
    static func choose(
        _ server: Configuration.Server, _ descriptors: [CInt]
    ) throws(CommandFailure) -> EventServer.Address? {
        switch server.socket {
        case .none: return nil
        case .path(let path): return .path(path, mode: server.mode, group: server.group)
        case .auto:
            guard descriptors.count <= 1 else {
                throw CommandFailure(
                    .badConfiguration,
                    "The service manager hands over \(descriptors.count) sockets; leave one ListenStream in digitd.socket."
                )
            }
            return descriptors.first.map { .descriptor($0) }
        }
    }
}
