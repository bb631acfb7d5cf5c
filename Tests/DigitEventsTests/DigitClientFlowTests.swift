import DigitEvents
import FakeDaemon
import Foundation
import Synchronization
import Testing

/// How a sequence of events ends, and how it holds back a server.
@Suite(.timeLimit(.minutes(5))) struct DigitClientFlowTests {
    @Test func cancellationEndsTheSequence_andClosesTheConnection() async throws {
        let daemon = try FakeDaemon()
        let client = DigitClient(testing: daemon.path)
        let (greetings, greeting) = AsyncStream<Void>.makeStream()
        let task = Task {
            for try await _ in client.events { greeting.yield() }
            return Task.isCancelled
        }
        let connection = try await daemon.accept(sending: ServerLine.version)
        for await _ in greetings { break }
        task.cancel()
        #expect(try await task.value)
        #expect(try await connection.receiveLine() == nil)
    }

    @Test func cancellationEndsTheWaitForADaemon() async throws {
        let (waits, wait) = AsyncStream<Void>.makeStream()
        let client = DigitClient(testing: "/nonexistent/digitd.sock", whenWaiting: { _ in wait.yield() })
        let task = Task {
            for try await _ in client.events {}
            return Task.isCancelled
        }
        for await _ in waits { break }
        task.cancel()
        #expect(try await task.value)
    }

    @Test func aCancelledTaskGetsNothingMore_evenOfWhatHasCome() async throws {
        let daemon = try FakeDaemon()
        let client = DigitClient(testing: daemon.path)
        async let connection = daemon.accept(sending: ServerLine.version, ServerLine.digit(1), ServerLine.digit(2))
        let task = Task {
            var events: [DigitEvent] = []
            for try await event in client.events {
                events.append(event)
                withUnsafeCurrentTask { $0?.cancel() }
            }
            return events.map(\.className)
        }
        #expect(try await task.value == ["VERSION"])
        #expect(try await connection.receiveLine() == nil)
    }

    @Test func givingUpTheIteratorClosesTheConnection() async throws {
        let daemon = try FakeDaemon()
        async let connection = daemon.accept(sending: ServerLine.version)
        for try await _ in DigitClient(testing: daemon.path).events { break }
        #expect(try await connection.receiveLine() == nil)
    }

    @Test func aConsumerThatDoesNotAskHoldsTheServerBack_andMissesNothing() async throws {
        let daemon = try FakeDaemon()
        var events = DigitClient(testing: daemon.path, reconnects: false).events.makeAsyncIterator()
        async let accepted = daemon.accept(sending: ServerLine.version)
        #expect(try await events.next()?.className == "VERSION")
        let connection = try await accepted
        let line = #"{"class":"OVERFLOW","lost":1}"#
        // 30 MB is far more than the kernel's buffers hold.
        let sent = try #require(try await connection.fill(with: line, limit: 1_000_000))
        connection.close()
        var received = 0
        while let event = try await events.next(), event != .connectionLost {
            #expect(event == .overflow(.init(lost: 1)))
            received += 1
        }
        #expect(received == sent)
    }

    @Test func iteratorsAreIndependent() async throws {
        let daemon = try FakeDaemon()
        let client = DigitClient(testing: daemon.path, reconnects: false)
        try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    var digits = 0
                    for try await event in client.events where event.digit != nil { digits += 1 }
                    return digits
                }
            }
            for _ in 0..<8 {
                let connection = try await daemon.accept(sending: ServerLine.version)
                for digit in 0..<100 { try await connection.send(ServerLine.digit(digit % 10)) }
            }
            for try await digits in group { #expect(digits == 100) }
        }
    }
}
