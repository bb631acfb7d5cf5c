// Requests come from whoever may open the socket, so nothing is taken on trust: any bytes give a request or an error. Values
// are scalars or a list of strings, so there is no nesting to recurse into: the first bracket too many is the wrong type.

extension ClientRequest {
    /// Reads one line, with or without its line end. The keys may come in any order, each at most once.
    public init(jsonLine: String) throws(RequestError) {
        try self.init(jsonLine: Array(jsonLine.utf8))
    }

    /// Reads the bytes of one line, with or without its line end. They need not be valid UTF-8.
    public init(jsonLine: [UInt8]) throws(RequestError) {
        var scanner = JSONScanner(bytes: jsonLine)
        self.init()
        guard scanner.take("{") else { throw .notAnObject }
        var keys: Set<String> = []
        if !scanner.take("}") {
            repeat {
                guard let key = try scanner.string() else { throw scanner.error("a key in quotation marks") }
                guard scanner.take(":") else { throw scanner.error("\":\"") }
                guard keys.insert(key).inserted else { throw .duplicateKey(key) }
                try read(key, from: &scanner)
            } while scanner.take(",")
            guard scanner.take("}") else { throw scanner.error("\",\" or \"}\"") }
        }
        guard scanner.isAtEnd else { throw scanner.error("nothing more") }
        guard !keys.isEmpty else { throw .asksNothing }
    }

    private mutating func read(_ key: String, from scanner: inout JSONScanner) throws(RequestError) {
        switch key {
        case "watch": watch = try Self.kinds(from: &scanner)
        case "min_confidence":
            guard let value = scanner.number().flatMap({ Double($0) }), (0...1).contains(value) else {
                throw .badValue(key: key, expected: "a number from 0 to 1")
            }
            minConfidence = value
        case "status":
            guard scanner.take("true") else { throw .badValue(key: key, expected: "true") }
            status = true
        case "mute":
            let isWished = scanner.take("true")
            guard isWished || scanner.take("false") else { throw .badValue(key: key, expected: "true or false") }
            mute = isWished
        case "ping":
            guard let value = scanner.number().flatMap({ Int($0) }) else {
                throw .badValue(key: key, expected: "a whole number of at most 64 bits")
            }
            ping = value
        default: throw .unknownKey(key)
        }
    }

    private static func kinds(from scanner: inout JSONScanner) throws(RequestError) -> Set<DigitEvent.Kind> {
        let wrong = RequestError.badValue(key: "watch", expected: #"a list of kinds of events, such as ["DIGIT"]"#)
        guard scanner.take("[") else { throw wrong }
        var kinds: Set<DigitEvent.Kind> = []
        guard !scanner.take("]") else { return kinds }
        repeat {
            guard let name = try scanner.string() else { throw wrong }
            guard let kind = DigitEvent.Kind(rawValue: name) else { throw .unknownKind(name) }
            kinds.insert(kind)
        } while scanner.take(",")
        guard scanner.take("]") else { throw scanner.error("\",\" or \"]\"") }
        return kinds
    }
}
