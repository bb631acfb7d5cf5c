import DigitEvents
import Glibc
import Testing

/// A client on a plain socket, so that a test decides what is read when. Every wait ends after ten seconds.
final class TestClient {
    private var descriptor: CInt
    private var received: ArraySlice<UInt8> = []
    private var chunkLength = 65536
    /// Whether the server has closed, and everything before was read.
    private(set) var isAtEnd = false

    struct Failure: Error, CustomStringConvertible {
        let description: String
        init(_ call: String) { description = "\(call): \(String(cString: strerror(errno)))" }
    }

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Failure("socket") }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafeBytes(of: address) {
            connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
        }
        guard result == 0 else {
            defer { close() }
            throw Failure("connect")
        }
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
    }

    deinit { close() }

    func close() {
        if descriptor >= 0 { _ = Glibc.close(descriptor) }
        descriptor = -1
    }

    /// No more requests follow.
    func finishSending() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

    /// Sends what the socket takes without waiting; gives how many bytes that was, or -1.
    func trySend(_ bytes: [UInt8]) -> Int { Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

    func send(_ text: String) throws { try send(Array(text.utf8)) }

    func send(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = trySend(Array(rest))
            if count >= 0 {
                rest = rest.dropFirst(count)
            } else {
                guard errno == EAGAIN else { throw Failure("send") }
                try wait(for: Int16(POLLOUT))
            }
        }
    }

    /// The next line without its LF; nil at the end of the connection.
    func line() throws -> String? {
        while true {
            if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
                defer { received = received[(end + 1)...] }
                return String(decoding: received[..<end], as: UTF8.self)
            }
            guard !isAtEnd else { return nil }
            try wait(for: Int16(POLLIN))
            receive()
        }
    }

    /// The next event; nil at the end of the connection.
    func event() throws -> DigitEvent? { try line().map { try DigitEvent(jsonLine: $0) } }

    /// All events up to the end of the connection.
    func eventsToTheEnd() throws -> [DigitEvent] {
        var events: [DigitEvent] = []
        while let event = try event() { events.append(event) }
        return events
    }

    /// Takes what is there without waiting; gives the complete lines.
    func available() -> [String] {
        receive()
        guard let end = received.lastIndex(of: UInt8(ascii: "\n")) else { return [] }
        defer { received = received[(end + 1)...] }
        return received[..<end].split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
    }

    /// The number of the next DIGIT, reading only a few bytes at a time.
    func takeOne() throws -> Int? {
        chunkLength = 16
        defer { chunkLength = 65536 }
        return try event()?.seq
    }

    /// Whether the next line is exactly this event. Quicker than to decode it.
    func gets(_ event: DigitEvent) throws -> Bool { try line().map { $0 + "\n" } == event.jsonLine }

    private func receive() {
        var chunk = [UInt8](repeating: 0, count: chunkLength)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        if count > 0 {
            if received.isEmpty { received = [] }
            received.append(contentsOf: chunk[..<count])
        } else if count == 0 || errno != EAGAIN {
            isAtEnd = true
        }
    }

    private func wait(for events: Int16) throws {
        var poll = pollfd(fd: descriptor, events: events, revents: 0)
        guard Glibc.poll(&poll, 1, 10_000) == 1 else { throw Failure("nothing within 10 s, last") }
    }
}
