import Foundation
import Synchronization

/// A daemon that a test plays: it says what the test wants, wrong things too.
///
/// What waits blocks its thread, and fails after five minutes. In a test that is asynchronous, the asynchronous forms wait on
/// a thread of their own: those that the tests share must not be held by one that waits for another.
public final class FakeDaemon: Sendable {
    /// Its socket.
    public let path: String
    private let descriptor: CInt
    private let isStopped = Mutex(false)

    /// Why a test cannot go on.
    public struct Failure: Error, CustomStringConvertible {
        /// What failed.
        public let description: String

        init(_ description: String) { self.description = description }

        init(errnoOf call: String) { self.init("\(call): \(String(cString: strerror(errno)))") }
    }

    /// Listens at `path`, or at one of its own.
    public init(path: String? = nil) throws {
        self.path = path ?? NSTemporaryDirectory() + "/fake-\(UUID().uuidString.prefix(8)).sock"
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: self.path.utf8) }
        unlink(self.path)
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0, listen(descriptor, 16) == 0 else { throw Failure(errnoOf: self.path) }
    }

    deinit { stop() }

    /// Goes. Connections stay; the file stays too, as a killed daemon's does, when `leavingFile`.
    public func stop(leavingFile: Bool = false) {
        let isFirst = isStopped.withLock { stopped in
            defer { stopped = true }
            return !stopped
        }
        guard isFirst else { return }
        close(descriptor)
        if !leavingFile { unlink(path) }
    }

    /// Takes the next client and sends it these lines.
    public func accept(sending lines: String...) throws -> Connection { try accept(sending: lines) }

    /// Takes the next client and sends it these lines.
    public func accept(sending lines: String...) async throws -> Connection {
        try await onOwnThread { try self.accept(sending: lines) }
    }

    private func accept(sending lines: [String]) throws -> Connection {
        try Self.wait(for: descriptor, POLLIN, "nobody connected")
        let client = Foundation.accept(descriptor, nil, nil)
        guard client >= 0, fcntl(client, F_SETFD, FD_CLOEXEC) == 0 else { throw Failure(errnoOf: "accept") }
        let connection = Connection(client)
        try connection.send(lines)
        return connection
    }

    fileprivate static func wait(for descriptor: CInt, _ events: Int32, _ complaint: String) throws {
        var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
        guard Foundation.poll(&poll, 1, 300_000) == 1 else { throw Failure(complaint) }
    }
}

extension FakeDaemon {
    /// The server's end of a connection.
    public final class Connection: Sendable {
        private let descriptor: CInt
        private let received = Mutex<[UInt8]>([])
        private let isClosed = Mutex(false)

        fileprivate init(_ descriptor: CInt) { self.descriptor = descriptor }

        deinit { close() }

        /// Closes the connection.
        public func close() {
            let isFirst = isClosed.withLock { closed in
                defer { closed = true }
                return !closed
            }
            if isFirst { _ = Foundation.close(descriptor) }
        }

        /// Sends lines, each with an LF.
        public func send(_ lines: String...) throws { try send(lines) }

        /// Sends lines, each with an LF.
        public func send(_ lines: String...) async throws { try await onOwnThread { try self.send(lines) } }

        fileprivate func send(_ lines: [String]) throws {
            try send(bytes: Array(lines.map { $0 + "\n" }.joined().utf8))
        }

        /// Sends bytes as they are.
        public func send(bytes: [UInt8]) throws {
            var rest = bytes[...]
            while !rest.isEmpty {
                try FakeDaemon.wait(for: descriptor, POLLOUT, "the client does not read")
                let count = send(some: rest)
                guard count > 0 || errno == EAGAIN else { throw Failure(errnoOf: "send") }
                rest = rest.dropFirst(max(0, count))
            }
        }

        private func send(some bytes: ArraySlice<UInt8>) -> Int {
            bytes.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
        }

        /// Sends bytes as they are.
        public func send(bytes: [UInt8]) async throws { try await onOwnThread { try self.send(bytes: bytes) } }

        /// Sends a short line again and again until the client has read nothing for half a second.
        ///
        /// - Returns: how many were sent; nil if it is more than `limit`.
        public func fill(with line: String, limit: Int) async throws -> Int? {
            try await onOwnThread { [self] in
                let bytes = Array((line + "\n").utf8)
                for count in 0..<limit {
                    while true {
                        let sent = send(some: bytes[...])
                        if sent == bytes.count { break }
                        guard sent < 0, errno == EAGAIN else { throw Failure("half a line was sent") }
                        var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
                        if Foundation.poll(&poll, 1, 500) == 0 { return count }
                    }
                }
                return nil
            }
        }

        /// The client's next line without its LF; nil when it has closed the connection.
        public func receiveLine() throws -> String? {
            while true {
                let line: String? = received.withLock { bytes in
                    guard let end = bytes.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
                    defer { bytes.removeSubrange(...end) }
                    return String(decoding: bytes[..<end], as: UTF8.self)
                }
                if let line { return line }
                try FakeDaemon.wait(for: descriptor, POLLIN, "the client neither sends nor closes")
                var chunk = [UInt8](repeating: 0, count: 4096)
                let count = recv(descriptor, &chunk, chunk.count, 0)
                // A client that leaves with lines unread resets the connection.
                if count == 0 || count < 0 && errno == ECONNRESET { return nil }
                guard count > 0 else { throw Failure(errnoOf: "recv") }
                received.withLock { $0.append(contentsOf: chunk[..<count]) }
            }
        }

        /// The client's next line without its LF; nil when it has closed the connection.
        public func receiveLine() async throws -> String? { try await onOwnThread { try self.receiveLine() } }
    }
}

private func onOwnThread<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    // The thread sanitizer does not see that a continuation orders what its two sides do; an atomic it sees.
    let isDone = Atomic(false)
    defer { _ = isDone.load(ordering: .acquiring) }
    return try await withCheckedThrowingContinuation { continuation in
        Thread.detachNewThread {
            let result = Result(catching: body)
            isDone.store(true, ordering: .releasing)
            continuation.resume(with: result)
        }
    }
}
