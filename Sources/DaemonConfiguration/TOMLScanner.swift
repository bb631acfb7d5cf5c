import Glibc

/// Finds the keys of a TOML document and the lines they stand on, and refuses what is not built like TOML.
///
/// TOMLKit reads the values, but it does not say where they stand. It also has limits that a file could exceed: a key of many
/// parts becomes as many tables inside each other, which are freed by recursion, and text ends at the first NUL. So it is
/// given only documents that have passed here: of known structure, with bounded depth and number of keys, without U+0000,
/// and without lists and dates, which no option is. What numbers and texts stand for, and the rules about defining a table
/// twice, are left to it.
///
/// One pass; time and memory in proportion to the document.
struct TOMLScanner {
    /// A key with its value, or the header of a table.
    struct Entry: Equatable {
        /// The names from the root.
        var path: [String]
        /// The line of the key, from 1.
        var line: Int
        /// The value as it is written, the beginning of a long one; empty for a header.
        var value = ""
        /// Whether it is the header of a table.
        var isHeader = false
    }

    /// What is wrong, and where.
    struct Fault: Error, Equatable {
        /// From 1; nil where the whole document is meant.
        var line: Int?
        /// In characters from 1; nil where the whole line is meant.
        var column: Int?
        /// The key in question, if it is known.
        var path: [String]?
        /// Without the full stop.
        var message: String
    }

    /// Names in a key, with those of the tables around it: digitd needs two.
    static let pathLengthMax = 8
    /// Bytes of a name: to compare and to hash text is no matter of its length alone, and digitd's have eighteen at most.
    static let nameBytesMax = 128
    /// Keys and headers in a document: digitd has about forty.
    static let entriesMax = 1000
    /// Characters of a value that messages show.
    static let excerptMax = 40

    private let bytes: [UInt8]
    var offset = 0
    var line = 1
    var lineStart = 0
    private(set) var entries: [Entry] = []
    /// Where each key or header was given first, for those given twice.
    private var valueLines: [[String]: Int] = [:]
    private var headerLines: [[String]: Int] = [:]

    /// - Parameter bytes: UTF-8, without a byte order mark; no control characters but tabs, line feeds, and carriage returns
    ///   before those.
    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Scans the whole document.
    ///
    /// - Returns: The keys and headers in their order.
    static func scan(_ bytes: [UInt8]) throws(Fault) -> [Entry] {
        var scanner = TOMLScanner(bytes)
        try scanner.scanDocument()
        return scanner.entries
    }

    private mutating func scanDocument() throws(Fault) {
        var table: [String] = []
        while true {
            skipBlanksAndComments()
            guard let byte = peek() else { return }
            if byte == UInt8(ascii: "[") {
                table = try scanHeader()
            } else {
                try scanKeyAndValue(in: table)
            }
            skipSpaces()
            guard peek() == nil || isAtLineEnd || peek() == UInt8(ascii: "#") else {
                throw fault("\(shownByte) is not expected here; one key = value or one [table] stands on a line")
            }
        }
    }

    private mutating func scanHeader() throws(Fault) -> [String] {
        let headerLine = line
        advance()
        guard peek() != UInt8(ascii: "[") else {
            throw fault("[[ ]] makes a list of tables, and digitd has none; write [ ]")
        }
        let path = try scanKey(in: [])
        guard take("]") else { throw fault("a ] is missing after the name of the table") }
        if let first = headerLines.updateValue(headerLine, forKey: path) {
            throw Fault(
                line: headerLine, path: path,
                message: "[\(Self.shown(path))] stands here a second time; line \(first) has it already")
        }
        try record(Entry(path: path, line: headerLine, isHeader: true))
        return path
    }

    /// Scans `key = value`.
    mutating func scanKeyAndValue(in table: [String]) throws(Fault) {
        let keyLine = line
        let path = try scanKey(in: table)
        guard take("=") else { throw fault("an = is missing after \(Self.shown(path))", path) }
        skipSpaces()
        if let first = valueLines.updateValue(keyLine, forKey: path) {
            throw Fault(
                line: keyLine, path: path,
                message: "\(Self.shown(path)) is given a second time; line \(first) has it already")
        }
        try record(Entry(path: path, line: keyLine))
        let index = entries.count - 1
        let start = offset
        try scanValue(path)
        entries[index].value = excerpt(start..<offset)
    }

    private mutating func record(_ entry: Entry) throws(Fault) {
        guard entries.count < Self.entriesMax else {
            throw fault("there are more than \(Self.entriesMax) keys; remove those that are not digitd's")
        }
        entries.append(entry)
    }

    /// Scans the names of a key, up to what follows them.
    private mutating func scanKey(in table: [String]) throws(Fault) -> [String] {
        var path = table
        repeat {
            skipSpaces()
            path.append(try scanName())
            guard path.count <= Self.pathLengthMax else {
                throw fault("the key has more than \(Self.pathLengthMax) names; digitd's have two")
            }
            skipSpaces()
        } while take(".")
        return path
    }

    private mutating func scanName() throws(Fault) -> String {
        let start = offset
        let name: String
        switch peek() {
        case UInt8(ascii: "\""): name = try scanBasicString()
        case UInt8(ascii: "'"): name = try scanLiteralString()
        default:
            while let byte = peek(), Self.isBare(byte) { offset += 1 }
            guard offset > start else { throw fault("a name is expected here, and not \(shownByte)") }
            name = text(start..<offset)
        }
        guard name.utf8.count <= Self.nameBytesMax else {
            offset = start
            throw fault("the name has more than \(Self.nameBytesMax) bytes; digitd's are shorter")
        }
        return name
    }
}

// MARK: - Bytes

extension TOMLScanner {
    /// Letters, digits, `-` and `_`: what a key may hold without quotes.
    static func isBare(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }

    func peek(_ distance: Int = 0) -> UInt8? {
        offset + distance < bytes.count ? bytes[offset + distance] : nil
    }

    /// Takes one byte, which is not a line feed unless it is counted here.
    mutating func advance() {
        if bytes[offset] == UInt8(ascii: "\n") {
            line += 1
            lineStart = offset + 1
        }
        offset += 1
    }

    /// Takes this character if it is next, after spaces.
    mutating func take(_ character: Unicode.Scalar) -> Bool {
        skipSpaces()
        guard peek() == UInt8(ascii: character) else { return false }
        advance()
        return true
    }

    var isAtLineEnd: Bool {
        peek() == UInt8(ascii: "\n") || (peek() == UInt8(ascii: "\r") && peek(1) == UInt8(ascii: "\n"))
    }

    mutating func skipSpaces() {
        while let byte = peek(), byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") { offset += 1 }
    }

    /// Skips spaces, line ends and comments.
    mutating func skipBlanksAndComments() {
        while let byte = peek() {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
            case UInt8(ascii: "#"): skipLine()
            default: return
            }
        }
    }

    /// Skips what is left of the line, but not its end.
    private mutating func skipLine() {
        offset = bytes.withUnsafeBytes { bytes in
            let rest = UnsafeRawBufferPointer(rebasing: bytes[offset...])
            guard let start = rest.baseAddress, let end = memchr(start, CInt(UInt8(ascii: "\n")), rest.count) else {
                return bytes.count
            }
            return offset + (UnsafeRawPointer(end) - start)
        }
    }

    func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    /// The first line of a value, and not much of it: for messages.
    private func excerpt(_ range: Range<Int>) -> String {
        // Four bytes a character at most; what is cut inside of one is dropped with the rest.
        let beginning = text(range.lowerBound..<min(range.upperBound, range.lowerBound + 4 * Self.excerptMax + 4))
        let firstLine = beginning.unicodeScalars.prefix { $0 != "\n" && $0 != "\r" }.prefix(Self.excerptMax)
        let isWhole = firstLine.count == beginning.unicodeScalars.count
        return String(firstLine) + (isWhole ? "" : "...")
    }

    /// What stands at the present place, for messages: a character, or its number where it cannot be seen.
    var shownByte: String {
        guard peek() != nil, !isAtLineEnd else { return "the end of the line" }
        let next = text(offset..<min(bytes.count, offset + 4)).unicodeScalars
        guard let scalar = next.first else { return "" }
        switch scalar.properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .surrogate, .unassigned,
            .spaceSeparator,
            .nonspacingMark, .enclosingMark:
            let digits = String(scalar.value, radix: 16, uppercase: true)
            return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        default: return String(scalar)
        }
    }

    /// A fault at the present place.
    func fault(_ message: String, _ path: [String]? = nil) -> Fault {
        Fault(line: line, column: text(lineStart..<offset).unicodeScalars.count + 1, path: path, message: message)
    }

    /// A key for messages: names that are no bare ones in quotes, and not too much of them.
    static func shown(_ path: [String]) -> String {
        path.map { name in
            if !name.isEmpty, name.utf8.allSatisfy(isBare), name.utf8.count <= excerptMax { return name }
            let scalars = name.unicodeScalars.prefix(excerptMax)
            let isWhole = scalars.count == name.unicodeScalars.count
            return ConfigurationOption.Value.quoted(String(scalars)) + (isWhole ? "" : "...")
        }.joined(separator: ".")
    }
}
