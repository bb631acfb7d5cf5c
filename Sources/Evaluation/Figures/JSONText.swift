import Foundation

/// A JSON value whose keys keep their order: people read these objects, and `JSONEncoder` has no stable order of keys but
/// the alphabet's.
indirect enum JSONText: Sendable, Equatable {
    case integer(Int)
    /// Six decimals at most, without trailing zeros.
    case number(Double)
    case text(String)
    case array([JSONText])
    case members([Member])

    struct Member: Sendable, Equatable {
        var key: String
        var value: JSONText
    }

    static func object(_ members: [(String, JSONText)]) -> JSONText {
        .members(members.map { Member(key: $0.0, value: $0.1) })
    }

    /// The members of two objects; anything else stays as it is.
    func merging(_ other: JSONText) -> JSONText {
        guard case .members(let own) = self, case .members(let others) = other else { return self }
        return .members(own + others)
    }

    /// On one line.
    var text: String {
        switch self {
        case .integer(let value): return "\(value)"
        case .number(let value):
            let rounded = (value * 1e6).rounded() / 1e6
            return rounded == rounded.rounded() ? "\(Int(rounded))" : "\(rounded)"
        case .text(let value): return Self.quoted(value)
        case .array(let values): return "[" + values.map(\.text).joined(separator: ",") + "]"
        case .members: return "{" + inner + "}"
        }
    }

    /// An object's members without its braces.
    var inner: String {
        guard case .members(let members) = self else { return "" }
        return members.map { Self.quoted($0.key) + ":" + $0.value.text }.joined(separator: ",")
    }

    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\u{0}"..."\u{1F}": result += String(format: "\\u%04x", scalar.value)
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
