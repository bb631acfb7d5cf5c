import TOMLKit

/// A document that TOMLKit has read, with the places of its keys.
///
/// Values are looked at through this alone. TOMLKit frees nothing that it hands out (0.6.0), a few hundred bytes a key; the
/// document's own nodes are freed with the value.
struct TOMLDocument: ~Copyable {
    /// The keys and headers in their order.
    let entries: [TOMLScanner.Entry]
    let root: TOMLTable

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - bytes: what should be UTF-8, with or without a byte order mark.
    ///   - max: the size above which it is refused, in bytes.
    /// - Throws: the first fault.
    init(_ bytes: [UInt8], max: Int) throws(TOMLScanner.Fault) {
        guard bytes.count <= max else {
            throw TOMLScanner.Fault(
                line: nil, message: "the file is larger than \(max) bytes, which no configuration is")
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let bytes = bytes.starts(with: mark) ? Array(bytes.dropFirst(mark.count)) : bytes
        let text = try Self.text(bytes)
        let entries = try TOMLScanner.scan(bytes)
        self.init(entries: entries, root: try Self.parse(text))
    }

    private init(entries: [TOMLScanner.Entry], root: TOMLTable) {
        self.entries = entries
        self.root = root
    }

    deinit {
        root.clear()
    }

    private static func parse(_ text: String) throws(TOMLScanner.Fault) -> TOMLTable {
        do { return try TOMLTable(string: text) } catch { throw TOMLScanner.Fault(error) }
    }

    /// The text, if it is UTF-8 and has no control characters that TOML forbids.
    private static func text(_ bytes: [UInt8]) throws(TOMLScanner.Fault) -> String {
        if let offset = firstControl(in: bytes) {
            throw fault(at: offset, in: bytes, "the control character \(bytes[offset]) is not allowed; write an escape")
        }
        if let text = String(validating: bytes, as: UTF8.self) { return text }
        throw fault(at: firstInvalid(in: bytes), in: bytes, "the text is not UTF-8; save the file as UTF-8")
    }

    /// The first control character that is no tab and no part of a line end.
    private static func firstControl(in bytes: [UInt8]) -> Int? {
        bytes.withUnsafeBufferPointer { bytes in
            var offset = 0
            while offset < bytes.count {
                let byte = bytes[offset]
                if byte < 0x20 || byte == 0x7F, byte != UInt8(ascii: "\t"), byte != UInt8(ascii: "\n") {
                    guard byte == UInt8(ascii: "\r"), offset + 1 < bytes.count, bytes[offset + 1] == UInt8(ascii: "\n")
                    else { return offset }
                }
                offset += 1
            }
            return nil
        }
    }

    private static func fault(at offset: Int, in bytes: [UInt8], _ message: String) -> TOMLScanner.Fault {
        let before = bytes[..<offset]
        let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        let line = before.count { $0 == UInt8(ascii: "\n") } + 1
        let column = String(decoding: before[start...], as: UTF8.self).unicodeScalars.count + 1
        return TOMLScanner.Fault(line: line, column: column, message: message)
    }

    /// The first byte that belongs to no character of UTF-8.
    private static func firstInvalid(in bytes: [UInt8]) -> Int {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput, .error: return min(offset, bytes.count)
            }
        }
    }
}

extension TOMLScanner.Fault {
    /// What TOMLKit says about values and tables, as part of one sentence.
    fileprivate init(_ error: any Error) {
        guard let error = error as? TOMLParseError else {
            self.init(line: nil, message: "\(error)")
            return
        }
        // "Error while parsing key-value pair: cannot redefine existing integer ...": the beginning says nothing.
        var message = error.description
        if message.hasPrefix("Error while parsing"), let colon = message.firstRange(of: ": ") {
            message = String(message[colon.upperBound...])
        }
        while message.last == "." || message.last == "\n" { message.removeLast() }
        self.init(line: error.source.begin.line, column: error.source.begin.column, message: message)
    }
}
