/// Takes the tokens of RFC 8259 from the bytes of one line. White space before a token is skipped.
struct JSONScanner {
    private let bytes: [UInt8]
    private var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    /// What to throw when something else was expected here.
    func error(_ expected: String) -> RequestError { .syntax(expected: expected, byte: position + 1) }

    /// Whether only white space is left.
    var isAtEnd: Bool {
        mutating get {
            skipSpace()
            return position == bytes.count
        }
    }

    /// Takes a literal or a mark, if it is there.
    mutating func take(_ token: StaticString) -> Bool {
        skipSpace()
        let length = token.utf8CodeUnitCount
        guard bytes.count - position >= length else { return false }
        let matches = token.withUTF8Buffer { $0.elementsEqual(bytes[position..<position + length]) }
        if matches { position += length }
        return matches
    }

    /// Takes a number, if there is one, and gives its text: JSON's grammar, so neither "+1" nor "01", "1." or "NaN".
    mutating func number() -> String? {
        skipSpace()
        var end = position
        func digits() -> Bool {
            let start = end
            while end < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[end]) { end += 1 }
            return end > start
        }
        func mark(_ marks: StaticString) -> Bool {
            guard end < bytes.count, marks.withUTF8Buffer({ $0.contains(bytes[end]) }) else { return false }
            end += 1
            return true
        }
        _ = mark("-")
        if !mark("0") { guard digits() else { return nil } }
        if mark(".") { guard digits() else { return nil } }
        if mark("eE") {
            _ = mark("+-")
            guard digits() else { return nil }
        }
        defer { position = end }
        return String(decoding: bytes[position..<end], as: UTF8.self)
    }

    /// Takes a string, if there is one. Throws where it does not end, or holds what a string must not.
    mutating func string() throws(RequestError) -> String? {
        guard take("\"") else { return nil }
        var content: [UInt8] = []
        while true {
            guard position < bytes.count else { throw error("a closing quotation mark") }
            let byte = bytes[position]
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else { throw error("UTF-8 before this") }
                position += 1
                return text
            case UInt8(ascii: "\\"):
                position += 1
                content.append(contentsOf: UTF8.encode(try escape())!)
            case 0..<0x20: throw error("no control character")
            default:
                content.append(byte)
                position += 1
            }
        }
    }

    /// What stands after a backslash.
    private mutating func escape() throws(RequestError) -> Unicode.Scalar {
        guard position < bytes.count else { throw error("an escape") }
        let mark = bytes[position]
        position += 1
        switch mark {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return Unicode.Scalar(mark)
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            let unit = try codeUnit()
            if let scalar = Unicode.Scalar(unit) { return scalar }
            // Above the basic plane a character is written as two escapes, a leading and a trailing surrogate.
            guard UTF16.isLeadSurrogate(unit), take(byte: "\\"), take(byte: "u") else {
                throw error("a surrogate pair")
            }
            let trail = try codeUnit()
            guard UTF16.isTrailSurrogate(trail) else { throw error("a surrogate pair") }
            return UTF16.decode(UTF16.EncodedScalar([unit, trail]))
        default:
            position -= 1
            throw error("an escape")
        }
    }

    private mutating func codeUnit() throws(RequestError) -> UInt16 {
        var value: UInt16 = 0
        for _ in 0..<4 {
            guard position < bytes.count,
                let digit = Character(Unicode.Scalar(bytes[position])).hexDigitValue
            else { throw error("four hexadecimal digits") }
            value = value << 4 | UInt16(digit)
            position += 1
        }
        return value
    }

    private mutating func take(byte: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: "\r"): position += 1
            default: return
            }
        }
    }
}
