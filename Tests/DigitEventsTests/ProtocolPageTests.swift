import DigitEvents
import Foundation
import Testing

/// The page that describes the protocol against the code. With `DIGITD_WRITE_EXAMPLES=1` in the environment the page's examples are
/// written anew as the encoders give them, instead of compared.
@Suite struct ProtocolPageTests {
    private static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../Sources/DigitEvents/DigitEvents.docc/Protocol.md").standardizedFileURL.path

    private let lines: [String]

    init() throws {
        lines = try String(contentsOfFile: Self.path, encoding: .utf8).components(separatedBy: "\n")
    }

    /// What the encoders make of an example; nil for lines that are none.
    private static func encoded(_ line: String) throws -> String? {
        guard line.hasPrefix("{") else { return nil }
        let encoded =
            line.contains(#""class":"#)
            ? try DigitEvent(jsonLine: line).jsonLine : try ClientRequest(jsonLine: line).jsonLine
        return String(encoded.dropLast())
    }

    @Test func examplesAreWhatTheEncodersWrite() throws {
        let encoded = try lines.map { try Self.encoded($0) ?? $0 }
        if ProcessInfo.processInfo.environment["DIGITD_WRITE_EXAMPLES"] == "1" {
            try encoded.joined(separator: "\n").write(toFile: Self.path, atomically: true, encoding: .utf8)
            return
        }
        for (line, expected) in zip(lines, encoded) { #expect(line == expected) }
        for line in lines where line.hasPrefix("{") {
            #expect(line.utf8.count < DigitEvent.lineLengthMaximum)
            if line.contains(#""class":"#), case .unknown(let name) = try DigitEvent(jsonLine: line) {
                Issue.record("there is no class \(name)")
            }
        }
    }

    @Test func everyLineInABlockOfJSONIsAnExample() {
        var isInBlock = false
        for line in lines {
            if line.hasPrefix("```") {
                isInBlock = line == "```json"
            } else {
                #expect(line.hasPrefix("{") == isInBlock, "\(line)")
            }
        }
    }

    @Test func answersToBadRequestsAreTheParsersOwn() throws {
        let error = #expect(throws: RequestError.self) { try ClientRequest(jsonLine: #"{"watch":["DIGITS"]}"#) }
        let answer = DigitEvent.error(.init(code: "bad_request", message: try #require(error).description))
        #expect(lines.contains(String(answer.jsonLine.dropLast())))
    }

    /// The lines of one class.
    private func section(_ name: String) -> [String] {
        Array(lines.drop { $0 != "### \(name)" }.dropFirst().prefix { !$0.hasPrefix("#") })
    }

    /// Events with everything that each class can hold.
    private static let full: [DigitEvent] = [
        .version(.init(release: "1")),
        .device(.init(state: .lost, name: "n", rate: 1, channels: 1, reason: .busy, error: "e")),
        .digit(
            .init(
                seq: 1, utterance: 1, digit: 0, spoken: "oh", confidence: 1,
                alternatives: [.init(digit: 2, confidence: 0)], start: 0, end: 0, at: 0,
                time: .init(millisecondsSince1970: 0), latencyMilliseconds: 1)),
        .rejected(
            .init(
                seq: 1, utterance: 1, reason: .tooLong, confidence: 1, start: 0, end: 0, at: 0,
                time: .init(millisecondsSince1970: 0))),
        .speech(.init(state: .start, at: 0)), .gap(.init(lostFrames: 0, cause: "c")),
        .level(.init(levelDecibels: 0, floorDecibels: 0, thresholdDecibels: 0, speech: true)),
        .overflow(.init(lost: 1)), .error(.init(code: "c", message: "m")), .bye(.init(reason: "r")),
        .watch(.standard), .status(JSONLineTests.fullStatus), .pong(.init(ping: 1)),
    ]

    private static func keys(_ object: Any) -> [String] {
        if let list = object as? [Any] { return list.flatMap(keys) }
        guard let object = object as? [String: Any] else { return [] }
        return object.flatMap { [$0.key] + keys($0.value) }
    }

    @Test(arguments: full) func everyKeyIsDescribed_andWrittenByBothEncoders(event: DigitEvent) throws {
        let line = try JSONSerialization.jsonObject(with: Data(event.jsonLine.utf8))
        let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(event))
        #expect(Set(Self.keys(line)) == Set(Self.keys(encoded)))
        let section = section(event.className)
        let described = section.filter { $0.hasPrefix("| `") }.joined()
        for key in Self.keys(encoded) where key != "class" {
            #expect(described.contains("`\(key)`"), "\(event.className) \(key)")
        }
        let start = #"{"class":"\#(event.className)""#
        #expect(section.contains { $0.hasPrefix(start) }, "no example of \(event.className)")
    }

    @Test func everyClassHasASection_andTheFullEventsAreFull() {
        #expect(lines.filter { $0.hasPrefix("### ") }.sorted() == Self.full.map { "### \($0.className)" }.sorted())
        for event in Self.full { expectNothingIsNil(event, event.className) }
    }

    private func expectNothingIsNil(_ value: Any, _ name: String) {
        let mirror = Mirror(reflecting: value)
        #expect(mirror.displayStyle != .optional || !mirror.children.isEmpty, "\(name) is nil")
        for child in mirror.children { expectNothingIsNil(child.value, child.label ?? name) }
    }

    /// A class, state or word that is added must be added to the page, and to `full` and this list.
    @Test func everyWordIsDescribed() {
        func words(_ texts: [String], in name: String) {
            for text in texts { #expect(section(name).joined().contains("`\(text)`"), "\(name) \(text)") }
        }
        typealias Device = DigitEvent.Device
        words([Device.State.open, .lost, .released].map(\.rawValue), in: "DEVICE")
        words([Device.Reason.missing, .busy, .forbidden, .silent, .failed].map(\.rawValue), in: "DEVICE")
        words(
            [DigitEvent.RejectionReason.notADigit, .lowConfidence, .tooShort, .tooLong].map(\.rawValue), in: "REJECTED")
        words([DigitEvent.Speech.State.start, .end].map(\.rawValue), in: "SPEECH")
        words(["overrun", "suspend", "ring_full"], in: "GAP")
        words(["bad_request", "line_too_long", "too_many_clients"], in: "ERROR")
        words(
            ["shutdown", "error", "end_of_input", DigitClient.connectionLost, DigitClient.protocolViolation], in: "BYE")
        let requests = lines.joined()
        for kind in DigitEvent.Kind.allCases {
            #expect(requests.contains("`\(kind.rawValue)`"))
            #expect(section(kind.rawValue).joined().contains("Kind `\(kind.rawValue)`"))
        }
        for key in ["watch", "min_confidence", "status", "ping"] { #expect(requests.contains("| `\(key)` |")) }
        #expect(requests.contains("protocol \(DigitEvent.Version.currentProtocol)"))
        #expect(requests.contains("`\(DigitSocket.systemPath)`"))
    }
}
