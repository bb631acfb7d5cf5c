/// Values: where they end, and what strings hold.
extension TOMLScanner {
    /// Scans the value of a key.
    mutating func scanValue(_ path: [String]) throws(Fault) {
        switch peek() {
        case UInt8(ascii: "\""):
            if isTriple("\"") { try scanMultiline("\"") } else { _ = try scanBasicString() }
        case UInt8(ascii: "'"):
            if isTriple("'") { try scanMultiline("'") } else { _ = try scanLiteralString() }
        case UInt8(ascii: "{"): try scanInlineTable(path)
        default: try scanScalar(path)
        }
    }

    /// Tables inside of tables end with the limit on names in a key.
    private mutating func scanInlineTable(_ path: [String]) throws(Fault) {
        advance()
        if take("}") { return }
        while true {
            try scanKeyAndValue(in: path)
            if take("}") { return }
            guard take(",") else { throw fault("a , or } is expected here, and not \(shownByte)", path) }
        }
    }

    /// Scans a number or flag.
    ///
    /// Exactly, although TOMLKit reads it again: toml++ 3.4 ends the program for `1979-05-27 2`. Dates and lists are refused,
    /// because no option is one.
    private mutating func scanScalar(_ path: [String]) throws(Fault) {
        let start = offset
        while let byte = peek(), Self.isBare(byte) || [0x2B, 0x2E, 0x3A].contains(byte) { offset += 1 }
        let scalar = text(start..<offset)
        if ["true", "false"].contains(scalar) || Self.isNumber(scalar) { return }
        offset = start
        if peek() == nil || isAtLineEnd || peek() == UInt8(ascii: "#") {
            throw fault("\(Self.shown(path)) has no value", path)
        }
        let isList = peek() == UInt8(ascii: "[")
        let shown = isList ? "a list" : scalar.isEmpty ? shownByte : String(scalar.prefix(Self.excerptMax))
        throw fault(
            "\(Self.shown(path)) is \(shown), but a value is a number, true, false, or text in quotes", path)
    }

    /// Whether this is an integer or a float of TOML, of a length that toml++ can look ahead.
    static func isNumber(_ text: String) -> Bool {
        var rest = text.utf8[...]
        guard rest.count <= 64 else { return false }
        let isSigned = rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-")
        if isSigned { rest.removeFirst() }
        if rest.elementsEqual("inf".utf8) || rest.elementsEqual("nan".utf8) { return true }
        if !isSigned, rest.first == UInt8(ascii: "0"), let radix = Self.radix(rest.dropFirst().first) {
            rest.removeFirst(2)
            return takeDigits(&rest, radix: radix) && rest.isEmpty
        }
        let startsWithZero = rest.first == UInt8(ascii: "0")
        let whole = rest.count
        guard takeDigits(&rest, radix: 10), !startsWithZero || whole - rest.count == 1 else { return false }
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            guard takeDigits(&rest, radix: 10) else { return false }
        }
        if rest.first == UInt8(ascii: "e") || rest.first == UInt8(ascii: "E") {
            rest.removeFirst()
            if rest.first == UInt8(ascii: "+") || rest.first == UInt8(ascii: "-") { rest.removeFirst() }
            guard takeDigits(&rest, radix: 10) else { return false }
        }
        return rest.isEmpty
    }

    private static func radix(_ letter: UInt8?) -> Int? {
        switch letter {
        case UInt8(ascii: "x"): 16
        case UInt8(ascii: "o"): 8
        case UInt8(ascii: "b"): 2
        default: nil
        }
    }

    /// Takes digits, with an underscore between any two; false if there are none, or an underscore is not between two.
    private static func takeDigits(_ rest: inout Substring.UTF8View, radix: Int) -> Bool {
        var isAfterDigit = false
        while let byte = rest.first {
            let digit = Character(UnicodeScalar(byte)).hexDigitValue
            if let digit, digit < radix {
                isAfterDigit = true
            } else if byte == UInt8(ascii: "_"), isAfterDigit {
                isAfterDigit = false
            } else {
                break
            }
            rest.removeFirst()
        }
        return isAfterDigit
    }
}

// MARK: - Strings

extension TOMLScanner {
    private func isTriple(_ quote: Unicode.Scalar) -> Bool {
        let quote = UInt8(ascii: quote)
        return peek() == quote && peek(1) == quote && peek(2) == quote
    }

    /// Scans `"..."`, and says what it stands for.
    mutating func scanBasicString() throws(Fault) -> String {
        offset += 1
        var content: [UInt8] = []
        while let byte = peek(), !isAtLineEnd {
            switch byte {
            case UInt8(ascii: "\""):
                offset += 1
                return String(decoding: content, as: UTF8.self)
            case UInt8(ascii: "\\"):
                offset += 1
                content += Array(String(try scanEscape()).utf8)
            default:
                offset += 1
                content.append(byte)
            }
        }
        throw fault("the closing quote \" of the text is missing")
    }

    /// Scans `'...'`.
    mutating func scanLiteralString() throws(Fault) -> String {
        offset += 1
        let start = offset
        while let byte = peek(), !isAtLineEnd {
            offset += 1
            if byte == UInt8(ascii: "'") { return text(start..<offset - 1) }
        }
        throw fault("the closing quote ' of the text is missing")
    }

    /// Scans `"""..."""` or `'''...'''`.
    private mutating func scanMultiline(_ quote: Unicode.Scalar) throws(Fault) {
        let opening = self
        let mark = UInt8(ascii: quote)
        offset += 3
        while let byte = peek() {
            if byte == mark {
                // One or two quotes may stand before the closing three.
                var run = 0
                while run < 5, peek() == mark {
                    offset += 1
                    run += 1
                }
                if run >= 3 { return }
            } else if byte == UInt8(ascii: "\\"), mark == UInt8(ascii: "\"") {
                offset += 1
                // Before a line end, the backslash joins the lines.
                if peek() != UInt8(ascii: " "), peek() != UInt8(ascii: "\t"), !isAtLineEnd { _ = try scanEscape() }
            } else {
                advance()
            }
        }
        throw opening.fault("the closing \(quote)\(quote)\(quote) of the text is missing")
    }

    /// Scans what follows a backslash.
    private mutating func scanEscape() throws(Fault) -> Unicode.Scalar {
        let digits: Int
        let escape = peek()
        switch escape {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): digits = 0
        case UInt8(ascii: "b"), UInt8(ascii: "t"), UInt8(ascii: "n"), UInt8(ascii: "f"), UInt8(ascii: "r"): digits = 0
        case UInt8(ascii: "u"): digits = 4
        case UInt8(ascii: "U"): digits = 8
        default:
            throw fault(
                "\\\(shownByte) is no escape of TOML; write \\\\ for a backslash, or put the text in single quotes")
        }
        offset += 1
        switch escape {
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        default: return try scanCodePoint(digits: digits)
        }
    }

    private mutating func scanCodePoint(digits: Int) throws(Fault) -> Unicode.Scalar {
        var value: UInt32 = 0
        for _ in 0..<digits {
            guard let byte = peek(), let digit = Character(UnicodeScalar(byte)).hexDigitValue else {
                throw fault("\(digits) hexadecimal digits are needed after the backslash and its letter")
            }
            value = value << 4 | UInt32(digit)
            offset += 1
        }
        guard value != 0, let scalar = Unicode.Scalar(value) else {
            throw fault("the escape stands for no character that digitd takes")
        }
        return scalar
    }
}
