import DigitEvents
import EventServer
import Glibc
import Testing

/// What a client sees that behaves.
@Suite struct ProtocolTests {
    @Test func serverSpeaksFirst() throws {
        let test = try TestServer()
        let client = try TestClient(test.path)
        #expect(try client.event() == .version(.init(release: "1.2.3", protocol: 1)))
        let device = DigitEvent.device(.init(state: .open, name: "plughw:CARD=Mic,DEV=0", rate: 48000, channels: 1))
        test.server.publish(device)
        #expect(try client.event() == device)
        let late = try TestClient(test.path)
        #expect(try late.event() == .version(.init(release: "1.2.3")))
        #expect(try late.event() == device)
    }

    @Test func clientsThatConnectBeforeTheStartWait() throws {
        let test = try TestServer(accepting: false)
        let client = try TestClient(test.path)
        test.server.startAccepting()
        #expect(try client.event() == .version(.init(release: "1.2.3")))
    }

    @Test func withoutARequestSpeechAndLevelDoNotCome() throws {
        let test = try TestServer()
        let client = try test.client()
        #expect(!test.server.wantsLevels && !test.server.wantsSpeech)
        let events: [DigitEvent] = [
            .speech(.init(state: .start, at: 1)), .digit(1),
            .level(.init(levelDecibels: -40, floorDecibels: -60, thresholdDecibels: -50, speech: true)),
            .rejected(.init(seq: 2, reason: .notADigit, confidence: 0.9, start: 1, end: 2)),
            .gap(.init(lostFrames: 480, cause: "overrun")), .device(.init(state: .lost, name: "mic", error: "gone")),
        ]
        for event in events { test.server.publish(event) }
        for event in [events[1], events[3], events[4], events[5]] { #expect(try client.event() == event) }
    }

    @Test func policyIsEchoedAndKept() throws {
        let test = try TestServer()
        let client = try test.client()
        try client.send(#"{"watch":["SPEECH","DIGIT","LEVEL"],"min_confidence":0.9}"# + "\n")
        #expect(try client.event() == .watch(.init(watch: [.digit, .speech, .level], minConfidence: 0.9)))
        #expect(test.server.wantsLevels && test.server.wantsSpeech)
        // Each part can be changed without the other.
        try client.send(#"{"watch":["DIGIT"]}"# + "\n")
        #expect(try client.event() == .watch(.init(watch: [.digit], minConfidence: 0.9)))
        #expect(!test.server.wantsLevels && !test.server.wantsSpeech)
        for (seq, confidence) in [(1, 0.89), (2, 0.9), (3, 0.2), (4, 1)] {
            test.server.publish(.digit(seq, confidence: confidence))
            test.server.publish(.gap(.init(lostFrames: 1, cause: "overrun")))
        }
        #expect(try client.event()?.seq == 2)
        #expect(try client.event()?.seq == 4)
        try client.send(#"{"min_confidence":0}"# + "\n")
        #expect(try client.event() == .watch(.init(watch: [.digit])))
    }

    @Test func demandEndsWithTheClient() throws {
        let test = try TestServer()
        let client = try test.client()
        try client.send(#"{"watch":["LEVEL"]}"# + "\n")
        _ = try client.event()
        #expect(test.server.wantsLevels && test.server.clientCount == 1)
        client.close()
        waitUntil { test.server.clientCount == 0 }
        #expect(!test.server.wantsLevels)
    }

    @Test func oneObjectMayAskSeveralThings() throws {
        let test = try TestServer()
        let client = try test.client()
        let other = try test.client()
        try client.send(#"{"ping":-7,"status":true,"watch":[]}"# + "\r\n\r\n  \n" + #"{"ping":8}"#)
        #expect(try client.event() == .watch(.init(watch: [])))
        guard case .status(let status) = try client.event() else {
            Issue.record("no STATUS")
            return
        }
        #expect(status.clients == 2 && status.overflows == 0 && status.stream == 7 && status.model == "test")
        #expect(try client.event() == .pong(.init(ping: -7)))
        // A last line without its LF counts once nothing more can come.
        client.finishSending()
        #expect(try client.event() == .pong(.init(ping: 8)))
        _ = other
    }

    @Test func badRequestIsAnsweredAndTheConnectionStays() throws {
        let test = try TestServer()
        let client = try test.client()
        let lines = [
            "x", "{}", "[]", #"{"watch":["FOO"]}"#, #"{"ping":1.5}"#, #"{"status":false}"#, #"{"min_confidence":2}"#,
            #"{"foo":1}"#, "\0\u{1}\u{7F}", #"{"ping":1,"ping":2}"#, String(repeating: "[", count: 4000),
        ]
        for (number, line) in lines.enumerated() {
            try client.send(line + "\n")
            guard case .error(let error) = try client.event() else {
                Issue.record("no ERROR for line \(number)")
                return
            }
            #expect(error.code == "bad_request" && error.message.hasSuffix("."))
            try client.send("{\"ping\":\(number)}\n")
            #expect(try client.event() == .pong(.init(ping: number)))
            test.server.publish(.digit(number))
            #expect(try client.event()?.seq == number)
        }
    }

    @Test func badRequestChangesNothing() throws {
        let test = try TestServer()
        let client = try test.client()
        try client.send(#"{"watch":[],"min_confidence":7}"# + "\n")
        _ = try client.event()
        test.server.publish(.digit(1, confidence: 0.1))
        #expect(try client.event()?.seq == 1)
    }

    @Test func lineOf4096BytesIsServedAndALongerOneCloses() throws {
        let test = try TestServer()
        let client = try test.client()
        let request = #"{"ping":1}"#
        let padding = String(repeating: " ", count: DigitEvent.lineLengthMaximum - 1 - request.utf8.count)
        try client.send(request + padding + "\n")
        #expect(try client.event() == .pong(.init(ping: 1)))
        let bystander = try test.client()
        try client.send(request + padding + " \n" + request + "\n")
        guard case .error(let error) = try client.event() else {
            Issue.record("no ERROR")
            return
        }
        #expect(error.code == "line_too_long")
        #expect(try client.event() == .bye(.init(reason: "line_too_long")))
        #expect(try client.event() == nil)
        test.server.publish(.digit(1))
        #expect(try bystander.event()?.seq == 1)
    }

    @Test func endlessLineCloses() throws {
        let test = try TestServer()
        let client = try test.client()
        _ = client.trySend([UInt8](repeating: 0xFF, count: 100_000))
        let last = try client.eventsToTheEnd().suffix(2)
        guard case .error(let error) = last.first else {
            Issue.record("no ERROR")
            return
        }
        #expect(error.code == "line_too_long")
        #expect(last.last == .bye(.init(reason: "line_too_long")))
    }

    @Test func clientThatSendsNoMoreGoesOnReceiving() throws {
        let test = try TestServer()
        let client = try test.client()
        client.finishSending()
        for seq in 1...3 {
            test.server.publish(.digit(seq))
            #expect(try client.event()?.seq == seq)
        }
        client.close()
        waitUntil { test.server.clientCount == 0 }
    }

    @Test func oneClientTooManyIsToldSo() throws {
        let test = try TestServer(.init(clientsMax: 2))
        let first = try test.client()
        let second = try test.client()
        for _ in 0..<20 {
            let third = try TestClient(test.path)
            // What it asks at once is not answered, and makes no reset connection of the end.
            _ = third.trySend(Array("{\"ping\":1}\n".utf8))
            let events = try third.eventsToTheEnd()
            #expect(events.count == 3)
            #expect(events.first == .version(.init(release: "1.2.3")))
            guard case .error(let error) = events.dropFirst().first else {
                Issue.record("no ERROR")
                return
            }
            #expect(error.code == "too_many_clients")
            #expect(events.last == .bye(.init(reason: "too_many_clients")))
        }
        #expect(test.log.lines.count { $0.hasPrefix("warning") } == 1)
        second.close()
        waitUntil { test.server.clientCount == 1 }
        let fourth = try test.client()
        test.server.publish(.digit(1))
        #expect(try first.event()?.seq == 1)
        #expect(try fourth.event()?.seq == 1)
        // Limits change live; those who are there stay.
        test.server.update(.init(clientsMax: 1))
        test.settle()
        #expect(try TestClient(test.path).eventsToTheEnd().count == 3)
        test.server.publish(.digit(2))
        #expect(try fourth.event()?.seq == 2)
    }

    @Test func floodOfClientsIsNoFloodOfLines_atAnyLevel() throws {
        let test = try TestServer()
        for _ in 0..<200 {
            let client = try test.client()
            client.close()
        }
        waitUntil { test.server.clientCount == 0 }
        test.settle()
        // Five who come and five who leave in ten seconds; this may take twenty.
        #expect(test.log.lines.count >= 10)
        #expect(test.log.lines.count <= 30)
    }

    @Test func logHasThePeerAndNoEvents() throws {
        let test = try TestServer()
        let client = try test.client()
        test.server.publish(.digit(8675309))
        _ = try client.event()
        client.close()
        waitUntil { test.server.clientCount == 0 }
        test.settle()
        let peer = "client 1 (pid \(getpid()), uid \(getuid()), gid \(getgid()))"
        #expect(test.log.lines == ["notice: \(peer) is connected", "info: \(peer) has left"])
    }
}
