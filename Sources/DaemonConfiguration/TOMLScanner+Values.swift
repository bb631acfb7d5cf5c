/// Values: where they end, and what strings hold.
extension TOMLScanner {
    /// Scans a value.
    ///
    /// - Parameters:
    ///   - path: the key it belongs to.
    ///   - isRecorded: whether keys of an inline table are kept.
    ///   - nesting: arrays and inline tables around it.
    mutating func scanValue(_ path: [String], isRecorded: Bool, nesting: Int) throws(Fault) {
        guard nesting < Self.nestingMax else {
            throw fault("arrays and tables stand inside each other more than \(Self.nestingMax) deep", path)
        }
        switch peek() {
        case UInt8(ascii: "\""):
            if isTriple("\"") { try scanMultiline("\"") } else { _ = try scanBasicString() }
        case UInt8(ascii: "'"):
            if isTriple("'") { try scanMultiline("'") } else { _ = try scanLiteralString() }
        case UInt8(ascii: "["): try scanArray(path, nesting: nesting + 1)
        case UInt8(ascii: "{"): try scanInlineTable(path, isRecorded: isRecorded, nesting: nesting + 1)
        default: try scanScalar(path)
        }
    }

    private mutating func scanArray(_ path: [String], nesting: Int) throws(Fault) {
        advance()
        while true {
            skipBlanksAndComments()
            if take("]") { return }
            try scanValue(path, isRecorded: false, nesting: nesting)
            skipBlanksAndComments()
            if take("]") { return }
            guard take(",") else { throw fault("a , or ] is expected in the list, and not \(shownByte)", path) }
        }
    }

    private mutating func scanInlineTable(_ path: [String], isRecorded: Bool, nesting: Int) throws(Fault) {
        advance()
        if take("}") { return }
        while true {
            try scanKeyAndValue(in: path, isRecorded: isRecorded, nesting: nesting)
            if take("}") { return }
            guard take(",") else { throw fault("a , or } is expected here, and not \(shownByte)", path) }
        }
    }

    /// Scans a number, date or flag: TOMLKit says which. Here it is told from text without quotes, the likeliest mistake.
    private mutating func scanScalar(_ path: [String]) throws(Fault) {
        let start = offset
        skipScalar()
        // A date and a time of day may have a space between them.
        if offset - start == 10, peek() == UInt8(ascii: " "), peek(-6) == UInt8(ascii: "-"),
            let next = peek(1), (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next)
        {
            offset += 1
            skipScalar()
        }
        let scalar = text(start..<offset)
        let isNumber = scalar.utf8.first.map { $0 < UInt8(ascii: ":") } ?? false
        guard isNumber || ["true", "false", "inf", "nan"].contains(scalar) else {
            offset = start
            if peek() == nil || isAtLineEnd || peek() == UInt8(ascii: "#") {
                throw fault("\(Self.shown(path)) has no value", path)
            }
            let shown = scalar.isEmpty ? shownByte : String(scalar.prefix(Self.excerptMax))
            throw fault(
                "\(Self.shown(path)) is \(shown) without quotes, but text stands in quotes, and a flag is true or false",
                path)
        }
    }

    /// Skips letters, digits and `+ - . : _`.
    private mutating func skipScalar() {
        while let byte = peek(),
            Self.isBare(byte) || byte == UInt8(ascii: "+") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: ":")
        {
            offset += 1
        }
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
