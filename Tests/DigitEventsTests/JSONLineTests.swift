import DigitEvents
import Foundation
import Testing

@Suite struct JSONLineTests {
    static let digit = DigitEvent.digit(
        .init(
            seq: 17, digit: 7, confidence: 0.998, alternatives: [.init(digit: 1, confidence: 0.001)], start: 12.34,
            end: 12.81, at: 12.92, time: WallTime("2026-11-22T10:00:00.123Z"), latencyMilliseconds: 118))

    static let status: DigitEvent.Status = {
        var status = DigitEvent.Status(
            release: "0.1.0", model: "digits.safetensors", checksum: "9f86d081", stream: 65.25, uptime: 7512.5)
        status.device = "plughw:CARD=Mic,DEV=0"
        status.state = .open
        status.rate = 48000
        status.channels = 2
        status.digits = 17
        status.rejected = 3
        status.gaps = 1
        status.lostFrames = 480
        status.clients = 2
        status.overflows = 5
        status.delay = .init(p50: 68, p95: 108, max: 131)
        return status
    }()

    /// A status with every key.
    static let fullStatus: DigitEvent.Status = {
        var full = status
        full.error = "e"
        return full
    }()

    /// The examples of the contract, each with the event it stands for.
    static let contract: [(String, DigitEvent)] = [
        (#"{"class":"VERSION","release":"0.1.0","protocol":1}"#, .version(.init(release: "0.1.0"))),
        (
            #"{"class":"DEVICE","state":"open","name":"plughw:CARD=Mic,DEV=0","rate":48000,"channels":1}"#,
            .device(.init(state: .open, name: "plughw:CARD=Mic,DEV=0", rate: 48000, channels: 1))
        ),
        (
            #"{"class":"DIGIT","seq":17,"digit":7,"confidence":0.998,"alternatives":[{"digit":1,"confidence":0.001}],"#
                + #""start":12.34,"end":12.81,"at":12.92,"time":"2026-11-22T10:00:00.123Z","latency_ms":118}"#, digit
        ),
        (
            #"{"class":"REJECTED","seq":18,"reason":"not_a_digit","confidence":0.91,"start":14.5,"end":15}"#,
            .rejected(.init(seq: 18, reason: .notADigit, confidence: 0.91, start: 14.5, end: 15))
        ),
        (
            #"{"class":"DIGIT","seq":19,"utterance":9,"digit":0,"spoken":"oh","confidence":0.5,"start":1,"end":2,"at":3}"#,
            .digit(
                .init(seq: 19, utterance: 9, digit: 0, spoken: "oh", confidence: 0.5, start: 1, end: 2, at: 3))
        ),
        (
            #"{"class":"REJECTED","seq":20,"utterance":9,"reason":"too_short","start":1,"end":2}"#,
            .rejected(.init(seq: 20, utterance: 9, reason: .tooShort, start: 1, end: 2))
        ),
        (#"{"class":"SPEECH","state":"start","at":12.34}"#, .speech(.init(state: .start, at: 12.34))),
        (#"{"class":"GAP","lost_frames":480,"cause":"overrun"}"#, .gap(.init(lostFrames: 480, cause: "overrun"))),
        (
            #"{"class":"DEVICE","state":"lost","name":"hw:1","error":"No such device"}"#,
            .device(.init(state: .lost, name: "hw:1", error: "No such device"))
        ),
        (
            #"{"class":"LEVEL","level_db":-41.2,"floor_db":-58,"threshold_db":-49,"speech":false}"#,
            .level(.init(levelDecibels: -41.2, floorDecibels: -58, thresholdDecibels: -49, speech: false))
        ),
        (#"{"class":"OVERFLOW","lost":3}"#, .overflow(.init(lost: 3))),
        (
            #"{"class":"ERROR","code":"bad_request","message":"..."}"#,
            .error(.init(code: "bad_request", message: "..."))
        ),
        (#"{"class":"BYE","reason":"shutdown"}"#, .bye(.init(reason: "shutdown"))),
        (
            #"{"class":"WATCH","watch":["DIGIT","REJECTED"],"min_confidence":0.9}"#,
            .watch(.init(watch: [.rejected, .digit], minConfidence: 0.9))
        ),
        (
            #"{"class":"STATUS","release":"0.1.0","device":"plughw:CARD=Mic,DEV=0","state":"open","rate":48000,"channels":2,"#
                + #""stream":65.25,"uptime":7512.5,"digits":17,"rejected":3,"gaps":1,"lost_frames":480,"clients":2,"#
                + #""overflows":5,"model":"digits.safetensors","checksum":"9f86d081","#
                + #""delay_ms":{"p50":68,"p95":108,"max":131}}"#,
            .status(status)
        ),
        (#"{"class":"PONG","ping":-7}"#, .pong(.init(ping: -7))),
    ]

    @Test(arguments: contract) func contractExamplesAreWrittenAndRead(_ line: String, _ event: DigitEvent) throws {
        #expect(event.jsonLine == line + "\n")
        #expect(try DigitEvent(jsonLine: line) == event)
        #expect(try DigitEvent(jsonLine: event.jsonLine) == event)
    }

    @Test(arguments: contract) func foundationEncoderGivesAnEqualEvent(_ line: String, _ event: DigitEvent) throws {
        let data = try JSONEncoder().encode(event)
        #expect(try JSONDecoder().decode(DigitEvent.self, from: data) == event)
    }

    @Test func unknownValuesAreAbsent() throws {
        let event = DigitEvent.digit(.init(seq: 1, digit: 0, confidence: 1, start: 0, end: 0.5, at: 0.625))
        #expect(
            event.jsonLine
                == #"{"class":"DIGIT","seq":1,"digit":0,"confidence":1,"start":0,"end":0.5,"at":0.625}"# + "\n")
        #expect(try DigitEvent(jsonLine: event.jsonLine) == event)
    }

    @Test func valuesThatAreNoNumbersAreAbsent() {
        let event = DigitEvent.rejected(.init(seq: 1, reason: .tooLong, confidence: .nan, start: 1, end: .infinity))
        #expect(event.jsonLine == #"{"class":"REJECTED","seq":1,"reason":"too_long","start":1}"# + "\n")
    }

    @Test(arguments: [
        (0.1 + 0.2, "0.3"), (12.344_999_999, "12.345"), (-0.000_4, "0"), (-1.25, "-1.25"), (86_400.01, "86400.01"),
        (0.999_6, "1"), (1.0 / 3, "0.333"), (2_000_000_000.005, "2000000000.005"),
    ]) func secondsAreRounded(_ value: Double, _ text: String) {
        #expect(DigitEvent.speech(.init(state: .end, at: value)).jsonLine.hasSuffix("\"at\":\(text)}\n"))
    }

    @Test func keysAndClassesNotKnownAreIgnored() throws {
        #expect(try DigitEvent(jsonLine: #"{"class":"WEATHER","rain":true}"#) == .unknown(class: "WEATHER"))
        #expect(try DigitEvent(jsonLine: #"{"new":[1,{}],"lost":3,"class":"OVERFLOW"}"#) == .overflow(.init(lost: 3)))
        let reason = try DigitEvent(jsonLine: #"{"class":"REJECTED","seq":1,"reason":"bored","start":1,"end":2}"#)
        #expect(reason == .rejected(.init(seq: 1, reason: .init(rawValue: "bored"), start: 1, end: 2)))
        let device = try DigitEvent(jsonLine: #"{"class":"DEVICE","state":"asleep","name":"x","reason":"night"}"#)
        #expect(
            device
                == .device(.init(state: .init(rawValue: "asleep"), name: "x", reason: .init(rawValue: "night"))))
        let watch = try DigitEvent(jsonLine: #"{"class":"WATCH","watch":["MOOD","LEVEL"],"mood_max":3}"#)
        #expect(watch == .watch(.init(watch: [.level])))
    }

    @Test(arguments: ["", "7", "{}", "[]", #"{"class":7}"#, #"{"class":"DIGIT"}"#, #"{"class":"DIGIT","seq":"x"}"#])
    func whatIsNoEventThrows(_ line: String) {
        #expect(throws: DecodingError.self) { try DigitEvent(jsonLine: line) }
    }

    @Test func stringsAreEscapedAsFoundationReadsThem() throws {
        var text = "\"\\/ü€😀\u{7f}\u{2028}"
        for value in UInt8(0)..<32 { text.unicodeScalars.append(Unicode.Scalar(value)) }
        let event = DigitEvent.error(.init(code: "x", message: text))
        #expect(try DigitEvent(jsonLine: event.jsonLine) == event)
        #expect(event.jsonLine.filter { $0 == "\n" }.count == 1)
    }

    @Test(arguments: ["a", "\u{0}", "\"", "€", "😀"]) func longTextsAreCutToTheLineLimit(_ unit: String) throws {
        let text = String(repeating: unit, count: 9000)
        let events: [DigitEvent] = [
            .device(
                .init(
                    state: .init(rawValue: text), name: text, rate: .min, channels: .max, reason: .init(rawValue: text),
                    error: text)),
            .status(longStatus(text)), .error(.init(code: text, message: text)), .unknown(class: text),
            .gap(.init(lostFrames: .min, cause: text)),
            .digit(
                .init(
                    seq: .min, utterance: .min, digit: .min, spoken: text, confidence: -.greatestFiniteMagnitude,
                    alternatives: Array(repeating: .init(digit: .min, confidence: -0.1234), count: 100),
                    start: -.greatestFiniteMagnitude, end: -.greatestFiniteMagnitude, at: -.greatestFiniteMagnitude)),
        ]
        for event in events {
            let line = event.jsonLine
            #expect(line.utf8.count <= DigitEvent.lineLengthMaximum)
            #expect(try DigitEvent(jsonLine: line).className.hasPrefix(event.className.prefix(1)))
        }
    }

    private func longStatus(_ text: String) -> DigitEvent.Status {
        var status = DigitEvent.Status(
            release: text, model: text, checksum: text, stream: -.greatestFiniteMagnitude,
            uptime: .leastNonzeroMagnitude)
        status.device = text
        status.state = .init(rawValue: text)
        status.error = text
        status.rate = .min
        status.channels = .min
        status.digits = .min
        status.rejected = .min
        status.gaps = .min
        status.lostFrames = .min
        status.clients = .min
        status.overflows = .min
        status.delay = .init(p50: .min, p95: .min, max: .min)
        return status
    }

    @Test(arguments: [
        (ClientRequest(), "{}"),
        (ClientRequest(watch: []), #"{"watch":[]}"#),
        (
            ClientRequest(watch: Set(DigitEvent.Kind.allCases)),
            #"{"watch":["DIGIT","REJECTED","DEVICE","GAP","BYE","SPEECH","LEVEL"]}"#
        ),
        (ClientRequest(minConfidence: 0.123_456), #"{"min_confidence":0.123456}"#),
        (
            ClientRequest(watch: [.level, .digit], minConfidence: 1, status: true, ping: -1),
            #"{"watch":["DIGIT","LEVEL"],"min_confidence":1,"status":true,"ping":-1}"#
        ),
    ]) func requestsAreOneObjectALine(_ request: ClientRequest, _ line: String) {
        #expect(request.jsonLine == line + "\n")
    }

    @Test func linesAreAppendedToWhatIsThere() {
        var bytes = Array("x".utf8)
        for (_, event) in Self.contract { event.appendJSONLine(to: &bytes) }
        let text = "x" + Self.contract.map { $0.0 + "\n" }.joined()
        #expect(String(decoding: bytes, as: UTF8.self) == text)
    }
}
