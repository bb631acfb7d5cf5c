import DigitEvents
import FakeDaemon
import Foundation
import Synchronization
import Testing

/// Lines that a daemon sends.
enum ServerLine {
    static let version = #"{"class":"VERSION","release":"0.1.0","protocol":1}"#
    static let device = #"{"class":"DEVICE","state":"open","name":"hw:0","rate":48000,"channels":1}"#
    static let bye = #"{"class":"BYE","reason":"shutdown"}"#

    static func digit(_ digit: Int, confidence: Double = 1, seq: Int = 1) -> String {
        #"{"class":"DIGIT","seq":\#(seq),"digit":\#(digit),"confidence":\#(confidence),"start":0,"end":0,"at":0}"#
    }
}

extension DigitClient {
    /// A client for which time is never what ends a wait, however busy the machine.
    init(
        testing path: String, policy: DigitEvent.WatchPolicy = .standard, reconnects: Bool = true,
        whenWaiting: (@Sendable (DigitClientError) -> Void)? = nil
    ) {
        self.init(path: path, policy: policy, reconnects: reconnects, whenWaiting: whenWaiting)
        timeout = .seconds(600)
    }
}

extension DigitEvent {
    static let connectionLost = DigitEvent.bye(.init(reason: "connection_lost"))

    var digit: Int? {
        if case .digit(let digit) = self { digit.digit } else { nil }
    }
}

/// What a client said that it waits for.
private final class Told: Sendable {
    let errors = Mutex<[DigitClientError]>([])
}

@Suite(.timeLimit(.minutes(5))) struct DigitClientTests {
    /// The classes of the next events.
    private func classes(
        _ count: Int, of events: inout DigitClient.Events.AsyncIterator
    ) async throws -> [String] {
        var classes: [String] = []
        while classes.count < count, let event = try await events.next() { classes.append(event.className) }
        return classes
    }

    @Test func eventsComeInOrder_andTheStandardPolicyIsNotAskedFor() async throws {
        let daemon = try FakeDaemon()
        async let connection = daemon.accept(
            sending: ServerLine.version, ServerLine.device, ServerLine.digit(7), ServerLine.bye)
        var events: [DigitEvent] = []
        for try await event in DigitClient(testing: daemon.path, reconnects: false).events { events.append(event) }
        #expect(events.map(\.className) == ["VERSION", "DEVICE", "DIGIT", "BYE"])
        #expect(events[2].digit == 7)
        #expect(try await connection.receiveLine() == nil)
    }

    @Test func aDaemonThatReturnsIsConnectedToAgain_withThePolicySentEachTime() async throws {
        let daemon = try FakeDaemon()
        let policy = DigitEvent.WatchPolicy(watch: [.level, .digit], minConfidence: 0.9)
        var events = DigitClient(testing: daemon.path, policy: policy).events.makeAsyncIterator()
        for _ in 0..<3 {
            async let accepted = daemon.accept(sending: ServerLine.version)
            #expect(try await events.next()?.className == "VERSION")
            let connection = try await accepted
            #expect(try await connection.receiveLine() == #"{"watch":["DIGIT","LEVEL"],"min_confidence":0.9}"#)
            connection.close()
            #expect(try await events.next() == .connectionLost)
        }
    }

    @Test func byeComesOnce_andWhatFollowsItIsNotRead() async throws {
        let daemon = try FakeDaemon()
        var events = DigitClient(testing: daemon.path).events.makeAsyncIterator()
        async let first = daemon.accept(sending: ServerLine.version, ServerLine.bye, ServerLine.digit(1))
        #expect(try await classes(2, of: &events) == ["VERSION", "BYE"])
        _ = try await first
        daemon.stop()
        let next = try FakeDaemon(path: daemon.path)
        async let second = next.accept(sending: ServerLine.version, ServerLine.digit(2))
        #expect(try await classes(1, of: &events) == ["VERSION"])
        #expect(try await events.next()?.digit == 2)
        _ = try await second
    }

    @Test func linesMayComeInAnyPieces_andHalfALineIsNone() async throws {
        let daemon = try FakeDaemon()
        var events = DigitClient(testing: daemon.path, reconnects: false).events.makeAsyncIterator()
        async let script: Void = {
            let connection = try await daemon.accept()
            for byte in "\(ServerLine.version)\n\(ServerLine.digit(3))\n".utf8 {
                try await connection.send(bytes: [byte])
            }
            try await connection.send(bytes: Array("\(ServerLine.device)\n\(ServerLine.digit(4))".utf8))
            connection.close()
        }()
        #expect(try await classes(4, of: &events) == ["VERSION", "DIGIT", "DEVICE", "BYE"])
        #expect(try await events.next() == nil)
        try await script
    }

    @Test func aLineOfTheLongestLengthIsTaken_andALongerOneEndsTheConnection() async throws {
        func line(length: Int) -> String {
            let frame = #"{"class":"ERROR","code":"x","message":""}"#
            return frame.replacing("\"\"", with: "\"\(String(repeating: "a", count: length - 1 - frame.count))\"")
        }
        let daemon = try FakeDaemon()
        var events = DigitClient(testing: daemon.path).events.makeAsyncIterator()
        async let script: Void = {
            let connection = try await daemon.accept(sending: ServerLine.version, line(length: 4096))
            try await connection.send(line(length: 4097))
            #expect(try await connection.receiveLine() == nil)
            let next = try await daemon.accept(sending: ServerLine.version)
            // Without LF, too.
            try await next.send(bytes: [UInt8](repeating: 32, count: 4096))
            #expect(try await next.receiveLine() == nil)
        }()
        #expect(try await classes(2, of: &events) == ["VERSION", "ERROR"])
        #expect(try await events.next() == .bye(.init(reason: DigitClient.protocolViolation)))
        #expect(try await classes(2, of: &events) == ["VERSION", "BYE"])
        try await script
    }

    @Test(arguments: ["garbage", "{}", #"{"class":"DIGIT","seq":1}"#, ""])
    func whatIsNoEventEndsTheConnection(line: String) async throws {
        let daemon = try FakeDaemon()
        let once = DigitClient(testing: daemon.path, reconnects: false)
        var events = once.events.makeAsyncIterator()
        async let connection = daemon.accept(sending: ServerLine.version, line, ServerLine.digit(1))
        #expect(try await events.next()?.className == "VERSION")
        let error = await #expect(throws: DigitClientError.self) { try await events.next() }
        #expect(error == .protocolViolation(daemon.path, reason: "a line is no event"))
        #expect(try await events.next() == nil)
        #expect(try await connection.receiveLine() == nil)
    }

    @Test func aServerOfAnotherKindIsLeft() async throws {
        let daemon = try FakeDaemon()
        let client = DigitClient(testing: daemon.path, reconnects: false)
        for (line, error) in [
            (
                ServerLine.device,
                DigitClientError.protocolViolation(daemon.path, reason: "the first line is not VERSION")
            ),
            (
                #"{"class":"VERSION","release":"9","protocol":2}"#,
                .unsupportedProtocol(daemon.path, protocol: 2)
            ),
        ] {
            async let connection = daemon.accept(sending: line)
            var events = client.events.makeAsyncIterator()
            #expect(await #expect(throws: DigitClientError.self) { try await events.next() } == error)
            #expect(try await connection.receiveLine() == nil)
        }
    }

    @Test func newKeysAndClassesAreNoError_andLinesKeepThem() async throws {
        let daemon = try FakeDaemon()
        let sent = [
            ServerLine.version, #"{"class":"WEATHER","rain":true}"#,
            #"{"new":[1],"class":"DEVICE","state":"dreaming","name":"x","reason":"tired"}"#,
            #"{"class":"WATCH","watch":["DIGIT","MOOD"],"min_confidence":0,"new":null}"#, ServerLine.bye,
        ]
        async let connection = daemon.accept(sending: sent[0], sent[1], sent[2], sent[3], sent[4])
        var lines: [DigitClient.Line] = []
        for try await line in DigitClient(testing: daemon.path, reconnects: false).lines { lines.append(line) }
        #expect(lines.map(\.text) == sent)
        #expect(lines[1].event == .unknown(class: "WEATHER"))
        #expect(
            lines[2].event
                == .device(.init(state: .init(rawValue: "dreaming"), name: "x", reason: .init(rawValue: "tired"))))
        #expect(lines[3].event == .watch(.init(watch: [.digit])))
        _ = try await connection
    }

    @Test func eventsThatThePolicyLeavesOutDoNotComeBeforeItIsInForce() async throws {
        let daemon = try FakeDaemon()
        let policy = DigitEvent.WatchPolicy(watch: [.digit], minConfidence: 0.9)
        var events = DigitClient(testing: daemon.path, policy: policy).events.makeAsyncIterator()
        async let connection = daemon.accept(
            sending: ServerLine.version, ServerLine.device, ServerLine.digit(1, confidence: 0.5), ServerLine.digit(2),
            #"{"class":"GAP","lost_frames":1,"cause":"overrun"}"#,
            #"{"class":"WATCH","watch":["DIGIT"],"min_confidence":0.9}"#, ServerLine.digit(3))
        #expect(try await classes(5, of: &events) == ["VERSION", "DEVICE", "DIGIT", "WATCH", "DIGIT"])
        _ = try await connection
    }

    @Test func withoutADaemonTheSequenceThrows_ifItDoesNotReconnect() async throws {
        let daemon = try FakeDaemon()
        daemon.stop(leavingFile: true)
        defer { unlink(daemon.path) }
        for path in ["/nonexistent/digitd.sock", "/dev/null/x", daemon.path, "/etc/passwd"] {
            var events = DigitClient(testing: path, reconnects: false).events.makeAsyncIterator()
            let error = await #expect(throws: DigitClientError.self) { try await events.next() }
            #expect(error == .notRunning([path]))
            #expect(try await events.next() == nil)
        }
    }

    @Test(arguments: ["", String(repeating: "x", count: 108), "a\0b"])
    func aPathThatNoSocketCanHaveIsAnErrorAtOnce(path: String) async throws {
        var events = DigitClient(testing: path).events.makeAsyncIterator()
        #expect(await #expect(throws: DigitClientError.self) { try await events.next() } == .badPath(path))
    }

    @Test func waitingIsToldOnce_untilAConnectionStands() async throws {
        let daemon = try FakeDaemon()
        let told = Told()
        let client = DigitClient(testing: daemon.path) { error in told.errors.withLock { $0.append(error) } }
        var events = client.events.makeAsyncIterator()
        for round in 1...2 {
            async let script: FakeDaemon.Connection = {
                // Connections that say nothing are none.
                for _ in 0..<3 { try await daemon.accept().close() }
                return try await daemon.accept(sending: ServerLine.version, ServerLine.bye)
            }()
            #expect(try await classes(2, of: &events) == ["VERSION", "BYE"])
            #expect(told.errors.withLock { $0 } == Array(repeating: .notRunning([daemon.path]), count: round))
            _ = try await script
        }
    }

    @Test func anotherReasonToWaitIsToldToo() async throws {
        let path = try FakeDaemon().path
        let (reasons, reason) = AsyncStream<DigitClientError>.makeStream()
        let client = DigitClient(testing: path) { reason.yield($0) }
        let task = Task { for try await _ in client.events {} }
        var next = reasons.makeAsyncIterator()
        #expect(await next.next() == .notRunning([path]))
        let daemon = try FakeDaemon(path: path)
        _ = try await daemon.accept(sending: "garbage")
        #expect(await next.next() == .protocolViolation(path, reason: "a line is no event"))
        task.cancel()
        try await task.value
    }

    @Test func aServerThatTurnsClientsAwayIsNotAskedOverAndOver() async throws {
        let daemon = try FakeDaemon()
        var events = DigitClient(testing: daemon.path).events.makeAsyncIterator()
        let clock = ContinuousClock()
        let start = clock.now
        for _ in 0..<4 {
            async let connection = daemon.accept(
                sending: ServerLine.version, #"{"class":"ERROR","code":"too_many_clients","message":"Too many."}"#,
                ServerLine.bye)
            #expect(try await classes(3, of: &events) == ["VERSION", "ERROR", "BYE"])
            _ = try await connection
        }
        #expect(clock.now - start >= .milliseconds(700))
    }
}
