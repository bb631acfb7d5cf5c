import DigitEvents
import EventServer
import Glibc
import Testing

/// Clients that do not read, or not fast enough.
@Suite struct SlowClientTests {
    /// More than a socket buffer and any queue of these tests hold.
    private static let flood = 2000

    @Test func whatIsLostIsToldWhereItIsMissing() throws {
        let test = try TestServer(.init(queueEvents: 16))
        let slow = try test.client()
        let steady = try test.client()
        var next = 1
        for round in 1...3 {
            for _ in 0..<Self.flood {
                test.server.publish(.digit(next))
                #expect(try steady.gets(.digit(next)))
                next += 1
            }
            test.settle()
            var expected = next - Self.flood
            var lost = 0
            while expected < next {
                let event = try #require(try slow.event())
                if let count = event.lost {
                    #expect(count > 0)
                    lost += count
                    expected += count
                } else {
                    #expect(event.seq == expected)
                    expected += 1
                }
            }
            #expect(expected == next && lost > 0, "round \(round)")
            // Up to date again, it gets everything.
            for _ in 0..<50 {
                test.server.publish(.digit(next))
                #expect(try slow.event()?.seq == next)
                #expect(try steady.event()?.seq == next)
                next += 1
            }
        }
        try steady.send("{\"status\":true}\n")
        guard case .status(let status) = try steady.event() else {
            Issue.record("no STATUS")
            return
        }
        #expect(status.overflows > 0)
    }

    @Test func aLongerQueueLosesNothing() throws {
        let test = try TestServer(.init(queueEvents: Self.flood))
        let client = try test.client()
        for seq in 1...Self.flood { test.server.publish(.digit(seq)) }
        test.settle()
        for seq in 1...Self.flood { #expect(try client.gets(.digit(seq))) }
    }

    @Test func queueLengthChangesLive() throws {
        let test = try TestServer(.init(queueEvents: 16))
        let client = try test.client()
        test.server.update(.init(queueEvents: Self.flood))
        for seq in 1...Self.flood { test.server.publish(.digit(seq)) }
        for seq in 1...Self.flood { #expect(try client.gets(.digit(seq))) }
    }

    @Test func clientThatReadsNothingIsClosed() throws {
        let test = try TestServer(.init(queueEvents: 16, stallLimit: .milliseconds(300)))
        let idle = try test.client()
        let stalled = try test.client()
        for seq in 1...Self.flood {
            test.server.publish(.digit(seq))
            #expect(try idle.gets(.digit(seq)))
        }
        waitUntil { test.server.clientCount == 1 }
        // What was on its way can still be read.
        var seqs: [Int] = []
        while let line = try stalled.line() {
            guard let event = try? DigitEvent(jsonLine: line) else { break }
            seqs += event.seq.map { [$0] } ?? []
        }
        #expect(seqs == Array(1...seqs.count) && seqs.count > 16)
        let warnings = test.log.lines.filter { $0.hasPrefix("warning") }
        #expect(warnings.count == 1 && warnings[0].contains("client 2 ") && warnings[0].contains("has read nothing"))
        // A client for whom nothing waits may be silent for as long as it likes.
        test.server.publish(.digit(0))
        #expect(try idle.event()?.seq == 0)
    }

    /// A full socket becomes writable only when most of it is read, which takes this client far longer than the limit.
    @Test func clientThatReadsSlowlyIsNotClosed() throws {
        let test = try TestServer(.init(queueEvents: 16, stallLimit: .seconds(3)))
        let client = try test.client()
        for seq in 1...Self.flood { test.server.publish(.digit(seq)) }
        let end = ContinuousClock.now + .seconds(5)
        var next = 1
        while ContinuousClock.now < end {
            #expect(try client.takeOne() == next)
            next += 1
            usleep(50_000)
        }
        #expect(test.server.clientCount == 1 && test.log.lines.allSatisfy { !$0.hasPrefix("warning") })
    }

    @Test func clientThatAsksAndDoesNotReadStopsItself() throws {
        let test = try TestServer(.init(queueEvents: 16))
        let client = try test.client()
        let other = try test.client()
        let count = 20_000
        let requests = (0..<count).flatMap { Array("{\"ping\":\($0)}\n".utf8) }
        var sent = 0
        var refused = 0
        while refused < 3 {
            let taken = client.trySend(Array(requests[sent..<min(sent + 65536, requests.count)]))
            sent += max(taken, 0)
            refused = taken > 0 ? 0 : refused + 1
            // Meanwhile the server could have read far more than one send.
            for _ in 0..<50 {
                try other.send("{\"ping\":0}\n")
                #expect(try other.gets(.pong(.init(ping: 0))))
            }
        }
        #expect(sent < requests.count)
        test.server.publish(.digit(1))
        #expect(try other.event()?.seq == 1)
        // No answer is lost.
        var next = 0
        while next < count {
            if sent < requests.count {
                sent += max(0, client.trySend(Array(requests[sent..<min(sent + 65536, requests.count)])))
            }
            for line in client.available() {
                if line == "{\"class\":\"PONG\",\"ping\":\(next)}" {
                    next += 1
                } else {
                    // Its queue was full when the digit came.
                    #expect(line + "\n" == DigitEvent.overflow(.init(lost: 1)).jsonLine)
                }
            }
        }
    }

    @Test func requestsOfAClientThatSendsNoMoreAreAllAnswered() throws {
        let test = try TestServer(.init(queueEvents: 16))
        let client = try test.client()
        try client.send((0..<2000).map { "{\"ping\":\($0)}\n" }.joined())
        client.finishSending()
        for number in 0..<2000 { #expect(try client.gets(.pong(.init(ping: number)))) }
    }

    @Test func floodOfAClientThatSendsNoMoreIsBounded() throws {
        let test = try TestServer(.init(queueEvents: 16))
        let client = try test.client()
        let chunk = Array(String(repeating: "{\"ping\":1}\n", count: 6000).utf8)
        // Until the server no longer reads and the socket's buffer is full as well.
        while client.trySend(chunk) > 0 { for _ in 0..<10 { test.settle() } }
        client.finishSending()
        waitUntil { test.server.clientCount == 0 }
        #expect(test.log.lines.contains { $0.hasPrefix("warning") && $0.contains("asks too much") })
    }
}
