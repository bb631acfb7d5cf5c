/// Why a line is no request that can be served. Its description is one sentence for whoever wrote the line.
public enum RequestError: Error, Sendable, Hashable {
    /// The line does not begin as a JSON object does.
    case notAnObject
    /// The line is no valid JSON: what was expected, and at which byte, counted from 1.
    case syntax(expected: String, byte: Int)
    /// The object has a key that no request has.
    case unknownKey(String)
    /// The object has a key more than once.
    case duplicateKey(String)
    /// The value of a key has the wrong type or is out of range.
    case badValue(key: String, expected: String)
    /// The list of kinds names one that does not exist.
    case unknownKind(String)
    /// The object is empty.
    case asksNothing
}

extension RequestError: CustomStringConvertible {
    /// One sentence that says what is wrong and what would be right.
    public var description: String {
        switch self {
        case .notAnObject:
            #"A request is one JSON object a line, such as {"status":true}."#
        case .syntax(let expected, let byte):
            "The line is no valid JSON: expected \(expected) at byte \(byte)."
        case .unknownKey(let key):
            "The key \"\(Self.short(key))\" is not known; requests have watch, min_confidence, status or ping."
        case .duplicateKey(let key):
            "The key \"\(key)\" comes twice."
        case .badValue(let key, let expected):
            "The value of \(key) must be \(expected)."
        case .unknownKind(let kind):
            "There is no kind of event \"\(Self.short(kind))\"; there are \(Self.kinds)."
        case .asksNothing:
            "The request asks for nothing; it needs watch, min_confidence, status or ping."
        }
    }

    private static let kinds = DigitEvent.Kind.allCases.map(\.rawValue).joined(separator: ", ")

    /// What the client wrote may be as long as a line; to recognise it, its beginning is enough.
    private static func short(_ text: String) -> String {
        let head = text.unicodeScalars.prefix(40)
        return head.endIndex == text.endIndex ? text : String(head) + "..."
    }
}
