import Glibc
import Synchronization

/// The service manager's datagram socket: messages out, never waiting for it.
///
/// The descriptor is opened once and kept, so that a process that has run out of descriptors still feeds its watchdog.
final class NotifySocket: Sendable {
    private struct State {
        /// State changes that the manager's full queue has refused, oldest first; they go out before the next message.
        var unsent: [String] = []
        var hasFailed = false
    }

    private static let unsentMax = 8
    private let descriptor: CInt
    private let address: SocketAddress
    private let log: @Sendable (String) -> Void
    private let state = Mutex(State())

    /// - Parameter log: gets a sentence the first time that a message cannot be sent.
    /// - Returns: nil when the system gives no socket.
    init?(address: SocketAddress, log: @escaping @Sendable (String) -> Void) {
        descriptor = socket(AF_UNIX, CInt(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else {
            log("The service manager cannot be told anything: \(errorText(errno)).")
            return nil
        }
        self.address = address
        self.log = log
    }

    deinit {
        close(descriptor)
    }

    /// Sends a message, after those that could not be sent before.
    ///
    /// - Parameter isKept: whether it is worth sending later when the manager's queue is full now.
    func send(_ message: String, isKept: Bool) {
        let failure: String? = state.withLock { state in
            while let first = state.unsent.first {
                guard write(first) == nil else { break }
                state.unsent.removeFirst()
            }
            let code = state.unsent.isEmpty ? write(message) : EAGAIN
            guard let code else { return nil }
            if isKept, code == EAGAIN || code == ENOBUFS {
                if state.unsent.count == Self.unsentMax { state.unsent.removeFirst() }
                state.unsent.append(message)
            }
            if state.hasFailed { return nil }
            state.hasFailed = true
            return "The service manager cannot be told \(message.prefix { $0 != "\n" }): \(errorText(code))."
        }
        if let failure { log(failure) }
    }

    /// Sends one datagram.
    ///
    /// - Returns: the `errno` value of a failure.
    private func write(_ message: String) -> CInt? {
        var message = message
        return message.withUTF8 { bytes in
            address.withPointer { pointer, length in
                while sendto(descriptor, bytes.baseAddress, bytes.count, Self.flags, pointer, length) < 0 {
                    let code = errno
                    if code != EINTR { return code }
                }
                return nil
            }
        }
    }

    private static let flags = CInt(MSG_DONTWAIT) | CInt(MSG_NOSIGNAL)
}
