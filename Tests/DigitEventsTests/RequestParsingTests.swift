import DigitEvents
import Testing

/// Requests as the server reads them.
@Suite struct RequestParsingTests {
    private static let requests: [(String, ClientRequest)] = [
        (#"{"watch":["DIGIT","LEVEL"]}"#, ClientRequest(watch: [.digit, .level])),
        (#"{"watch":[]}"#, ClientRequest(watch: [])),
        (#"{"watch":["DIGIT","DIGIT"]}"#, ClientRequest(watch: [.digit])),
        (#"{"min_confidence":0.9}"#, ClientRequest(minConfidence: 0.9)),
        (#"{"min_confidence":1}"#, ClientRequest(minConfidence: 1)),
        (#"{"min_confidence":-0e-5}"#, ClientRequest(minConfidence: 0)),
        (#"{"min_confidence":9.0E-1}"#, ClientRequest(minConfidence: 0.9)),
        (#"{"status":true}"#, ClientRequest(status: true)),
        (#"{"ping":-9223372036854775808}"#, ClientRequest(ping: .min)),
        (
            "{\"ping\":0,\t\"status\" : true ,\"watch\":[ \"GAP\" , \"BYE\" ],\"min_confidence\":0}\r\n",
            ClientRequest(watch: [.gap, .bye], minConfidence: 0, status: true, ping: 0)
        ),
        (#"{"p\u0069ng":3,"watch":["\u0044IGIT"]}"#, ClientRequest(watch: [.digit], ping: 3)),
    ]

    @Test(arguments: requests)
    func requestIsRead(line: String, request: ClientRequest) throws {
        #expect(try ClientRequest(jsonLine: line) == request)
        #expect(try ClientRequest(jsonLine: Array(line.utf8)) == request)
    }

    @Test func writtenRequestsAreRead() throws {
        for watch in [nil, [], Set(DigitEvent.Kind.allCases)] as [Set<DigitEvent.Kind>?] {
            for minConfidence in [nil, 0, 0.95, 1] as [Double?] {
                for ping in [nil, .min, 0, .max] as [Int?] {
                    let request = ClientRequest(watch: watch, minConfidence: minConfidence, status: true, ping: ping)
                    #expect(try ClientRequest(jsonLine: request.jsonLine) == request)
                }
            }
        }
    }

    private static let faults: [(String, RequestError)] = [
        ("", .notAnObject), ("null", .notAnObject), ("[1]", .notAnObject), ("\u{FEFF}{}", .notAnObject),
        ("{}", .asksNothing), (" { } ", .asksNothing),
        ("{", .syntax(expected: "a key in quotation marks", byte: 2)),
        ("{ping:1}", .syntax(expected: "a key in quotation marks", byte: 2)),
        (#"{"ping" 1}"#, .syntax(expected: "\":\"", byte: 9)),
        (#"{"ping":1"#, .syntax(expected: "\",\" or \"}\"", byte: 10)),
        (#"{"ping":1,}"#, .syntax(expected: "a key in quotation marks", byte: 11)),
        (#"{"ping":1}}"#, .syntax(expected: "nothing more", byte: 11)),
        (#"{"ping":1} {"ping":2}"#, .syntax(expected: "nothing more", byte: 12)),
        (#"{"pi"#, .syntax(expected: "a closing quotation mark", byte: 5)),
        ("{\"pi\nng\":1}", .syntax(expected: "no control character", byte: 5)),
        (#"{"\x":1}"#, .syntax(expected: "an escape", byte: 4)),
        (#"{"\u12"#, .syntax(expected: "four hexadecimal digits", byte: 7)),
        (#"{"\uD800":1}"#, .syntax(expected: "a surrogate pair", byte: 9)),
        (#"{"\uD800\u0041":1}"#, .syntax(expected: "a surrogate pair", byte: 15)),
        (#"{"\uDC00":1}"#, .syntax(expected: "a surrogate pair", byte: 9)),
        (#"{"\uD83D\uDE00":1}"#, .unknownKey("\u{1F600}")),
        (#"{"Ping":1}"#, .unknownKey("Ping")),
        (#"{"ping":1,"ping":1}"#, .duplicateKey("ping")),
        (#"{"watch":["DIGIT","FOO"]}"#, .unknownKind("FOO")),
        (#"{"watch":["digit"]}"#, .unknownKind("digit")),
        (#"{"watch":["DIGIT"}"#, .syntax(expected: "\",\" or \"]\"", byte: 18)),
    ]

    @Test(arguments: faults)
    func faultIsNamed(line: String, error: RequestError) {
        #expect(throws: error) { try ClientRequest(jsonLine: line) }
        #expect(error.description.hasSuffix("."))
    }

    @Test(arguments: [
        "watch": ["true", "\"DIGIT\"", "[1]", "[[]]", "{}", "null", "[\"DIGIT\",]"],
        "min_confidence": ["-0.1", "1.0001", "1e999", "-1e999", "NaN", "Infinity", "\"1\"", ".5", "+1", "null"],
        "status": ["false", "1", "\"true\"", "null", "TRUE", "{}"],
        "ping": ["1.0", "1e2", "9223372036854775808", "true", "\"1\"", "-", "null", "[]"],
    ])
    func badValueIsNamed(key: String, values: [String]) {
        for value in values {
            let error = #expect(throws: RequestError.self, "\(value)") {
                try ClientRequest(jsonLine: "{\"\(key)\":\(value)}")
            }
            guard case .badValue(key, _) = error else {
                Issue.record("\(value): \(error.map(String.init) ?? "")")
                continue
            }
        }
    }

    @Test func leadingZerosAndBareSignsAreNoNumbers() {
        for value in ["01", "0x1", "1.", "1.e3", "1e", "--1", "1-"] {
            for key in ["ping", "min_confidence"] {
                let line = "{\"\(key)\":\(value)}"
                #expect(throws: RequestError.self, "\(line)") { try ClientRequest(jsonLine: line) }
            }
        }
    }

    @Test func longNumbersAndDeepNestingAreOnlyWrong() throws {
        let digits = String(repeating: "9", count: 4000)
        for text in [digits, "0." + digits + "e" + digits, "[" + String(repeating: "[", count: 4000)] {
            #expect(throws: RequestError.self) { try ClientRequest(jsonLine: "{\"ping\":\(text)}") }
            #expect(throws: RequestError.self) { try ClientRequest(jsonLine: text) }
            #expect(throws: RequestError.self) { try ClientRequest(jsonLine: "{\"watch\":[\(text)]}") }
        }
        #expect(try ClientRequest(jsonLine: "{\"min_confidence\":0.\(digits)}").minConfidence == 1)
    }

    @Test func invalidUTF8IsRefused() {
        let sequences: [[UInt8]] = [
            [0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xE2, 0x82], [0xF8, 0x88, 0x80, 0x80, 0x80],
        ]
        for bytes in sequences {
            #expect(throws: RequestError.syntax(expected: "UTF-8 before this", byte: 3 + bytes.count)) {
                try ClientRequest(jsonLine: Array("{\"".utf8) + bytes + Array("\":1}".utf8))
            }
        }
    }

    @Test func longKeyIsCutInTheMessage() {
        let key = String(repeating: "k", count: 4000)
        #expect(RequestError.unknownKey(key).description.utf8.count < 200)
        #expect(RequestError.unknownKind(key).description.utf8.count < 200)
    }

    /// Valid requests with bytes changed, cut and doubled: read or refused, whatever comes out.
    @Test func anyBytesAreReadOrRefused() {
        var random = SystemRandomNumberGenerator()
        let seed = Array(#"{"watch":["DIGIT","\uD83D\uDE00"],"min_confidence":1.5e-3,"status":true,"ping":-12}"#.utf8)
        for _ in 0..<20_000 {
            var bytes = seed
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<4, using: &random) {
                case 0: bytes[index] = .random(in: 0...255, using: &random)
                case 1: bytes[index] = seed.randomElement(using: &random)!
                case 2: bytes.remove(at: index)
                default: bytes.insert(bytes[index], at: index)
                }
            }
            do throws(RequestError) {
                _ = try ClientRequest(jsonLine: bytes)
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
