extension ConfigurationOption {
    /// What an option may be.
    public enum Kind: Sendable, Equatable {
        /// true or false.
        case flag
        /// A whole number of something.
        case integer(ClosedRange<Int>, of: String)
        /// A whole number, or this word.
        case integerOr(ClosedRange<Int>, String)
        /// A number of something, with or without a fraction.
        case number(ClosedRange<Double>, of: String)
        /// A duration in whole frames of 10 ms, written in milliseconds.
        case milliseconds(ClosedRange<Int>)
        /// A probability from 0 to 1, or "auto".
        case probabilityOrAuto
        /// One of these words.
        case words([String])
        /// Any text of at most this many bytes, without control characters; the empty one only where that is said to mean
        /// something.
        case text(bytesMax: Int, emptyMeans: String?)
        /// An absolute path of at most this many bytes, or one of these words (the empty one among them).
        case path(bytesMax: Int, or: [String])
        /// Permission bits in octal, with those of the owner.
        case mode

        /// What is allowed, as the end of a sentence: "a number of dB from 1 to 40".
        public var allowed: String {
            switch self {
            case .flag: "true or false"
            case .integer(let range, let unit):
                "a whole number of \(unit) from \(range.lowerBound) to \(range.upperBound)"
            case .integerOr(let range, let word):
                "\(Value.quoted(word)) or a whole number from \(range.lowerBound) to \(range.upperBound)"
            case .number(let range, let unit):
                "a number of \(unit) from \(Value.text(range.lowerBound)) to \(Value.text(range.upperBound))"
            case .milliseconds(let range):
                "a whole number of ms from \(range.lowerBound) to \(range.upperBound), in steps of 10"
            case .probabilityOrAuto: "a number from 0 to 1 or \"auto\""
            case .words(let words): Self.list(words.map(Value.quoted))
            case .text(let bytesMax, let meaning):
                meaning.map { "a text of at most \(bytesMax) bytes, empty for \($0)" }
                    ?? "a text of 1 to \(bytesMax) bytes"
            case .path(let bytesMax, let words):
                Self.list(words.map(Value.quoted) + ["an absolute path of at most \(bytesMax) bytes"])
            case .mode: "file permissions in octal from \"0600\" to \"0777\" with 6 or 7 for the owner"
            }
        }

        private static func list(_ items: [String]) -> String {
            guard let last = items.last, items.count > 1 else { return items.first ?? "" }
            return items.dropLast().joined(separator: ", ") + " or " + last
        }

        /// The value that was read, if it is one that is allowed. A negative zero becomes a plain one.
        ///
        /// - Parameters:
        ///   - value: what the file's value is.
        ///   - isOctal: whether a number is written in octal: for file permissions 660 is a mistake, 0o660 is not.
        func accepts(_ value: Value, isOctal: Bool) -> Value? {
            switch (self, value) {
            case (.flag, .flag): value
            case (.integer(let range, _), .integer(let integer)): range.contains(integer) ? value : nil
            case (.integerOr(let range, _), .integer(let integer)): range.contains(integer) ? value : nil
            case (.integerOr(_, let word), .text(let text)): word == text ? value : nil
            case (.number(let range, _), _): value.number.flatMap { range.contains($0) ? .number($0 + 0) : nil }
            case (.milliseconds(let range), .integer(let integer)):
                range.contains(integer) && integer.isMultiple(of: 10) ? value : nil
            case (.probabilityOrAuto, .text("auto")): value
            case (.probabilityOrAuto, _): value.number.flatMap { (0...1).contains($0) ? .number($0 + 0) : nil }
            case (.words(let words), .text(let text)): words.contains(text) ? value : nil
            case (.text(let bytesMax, let meaning), .text(let text)):
                Self.isPlain(text, bytesMax) && (!text.isEmpty || meaning != nil) ? value : nil
            case (.path(let bytesMax, let words), .text(let text)):
                words.contains(text) || Self.isPath(text, bytesMax) ? value : nil
            case (.mode, .integer(let bits)): isOctal ? Self.mode(bits) : nil
            case (.mode, .text(let text)): Self.mode(text)
            default: nil
            }
        }

        private static func isPlain(_ text: String, _ bytesMax: Int) -> Bool {
            text.utf8.count <= bytesMax
                && text.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control }
        }

        private static func isPath(_ text: String, _ bytesMax: Int) -> Bool {
            // Bytes and not characters: a slash with an accent over it is another character, and still the root.
            text.utf8.first == 0x2F && text.utf8.last != 0x2F && isPlain(text, bytesMax)
        }

        private static func mode(_ text: String) -> Value? {
            let digits = text.utf8
            guard (3...4).contains(digits.count), digits.allSatisfy({ (0x30...0x37).contains($0) }) else { return nil }
            return Int(text, radix: 8).flatMap(mode)
        }

        /// The owner must be able to read and write, or the daemon's own user could not connect.
        private static func mode(_ bits: Int) -> Value? {
            guard (0o600...0o777).contains(bits) else { return nil }
            return .text("0" + String(bits, radix: 8))
        }
    }
}
