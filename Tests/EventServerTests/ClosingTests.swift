import DigitEvents
import EventServer
import Foundation
import Testing

/// The end of the server.
@Suite struct ClosingTests {
    @Test func everyClientGetsByeLast() throws {
        let test = try TestServer()
        let clients = try (0..<10).map { _ in try test.client() }
        try clients[0].send(#"{"watch":[]}"# + "\n")
        _ = try clients[0].event()
        for seq in 1...100 { test.server.publish(.digit(seq)) }
        test.server.close(reason: "shutdown", grace: .seconds(5))
        #expect(try clients[0].eventsToTheEnd() == [.bye(.init(reason: "shutdown"))])
        for client in clients.dropFirst() {
            let events = try client.eventsToTheEnd()
            #expect(events.dropLast().map(\.seq) == Array(1...100))
            #expect(events.last == .bye(.init(reason: "shutdown")))
        }
        #expect(test.folder.contents == [])
        #expect(throws: TestClient.Failure.self) { try TestClient(test.path) }
    }

    @Test func blockedClientDelaysTheEndByTheGraceAtMost() throws {
        let test = try TestServer(.init(queueEvents: 16))
        let blocked = try test.client()
        let steady = try test.client()
        for seq in 1...2000 {
            test.server.publish(.digit(seq))
            _ = try steady.line()
        }
        let begin = ContinuousClock.now
        test.server.close(reason: "shutdown", grace: .milliseconds(200))
        #expect(ContinuousClock.now - begin < .seconds(5))
        #expect(try steady.event() == .bye(.init(reason: "shutdown")))
        #expect(try steady.event() == nil)
        blocked.close()
    }

    @Test func clientThatReadsInTimeIsToldWhatItLost() async throws {
        let test = try TestServer(.init(queueEvents: 16))
        let slow = try test.client()
        for seq in 1...2000 { test.server.publish(.digit(seq)) }
        test.settle()
        let server = test.server
        let closing = Thread { server.close(reason: "shutdown", grace: .seconds(30)) }
        closing.start()
        let events = try slow.eventsToTheEnd()
        #expect(events.last == .bye(.init(reason: "shutdown")))
        #expect(events.compactMap(\.lost).reduce(0, +) + events.count { $0.seq != nil } == 2000)
        waitUntil { closing.isFinished }
    }

    @Test func closingTwiceAndPublishingAfterwardsDoNothing() throws {
        let test = try TestServer()
        let client = try test.client()
        test.server.close(reason: "one", grace: .seconds(1))
        test.server.close(reason: "two", grace: .seconds(1))
        test.server.publish(.digit(1))
        test.server.startAccepting()
        test.server.update(.init())
        test.server.whenAlive { Issue.record("closed, yet alive") }
        #expect(try client.eventsToTheEnd() == [.bye(.init(reason: "one"))])
        #expect(test.server.clientCount == 0)
    }

    @Test func serverThatNeverAcceptedClosesToo() throws {
        let test = try TestServer(accepting: false)
        let client = try TestClient(test.path)
        test.server.close(reason: "shutdown", grace: .seconds(1))
        #expect(try client.event() == nil)
        #expect(test.folder.contents == [])
    }
}
