import DigitDecoder

/// What was said in an utterance, and what was heard.
public struct JudgedString: Sendable, Equatable {
    /// A digit that was given.
    public struct HeardDigit: Sendable, Equatable {
        /// 0...9.
        public var digit: Int
        /// How sure the recogniser was, 0...1.
        public var confidence: Double

        /// A digit with its confidence.
        public init(digit: Int, confidence: Double) {
            self.digit = digit
            self.confidence = confidence
        }
    }

    /// The words, in order: digits, "oh" and others, no blanks.
    public var said: [UtteranceLabel]
    /// The digits that were given, in order.
    public var heard: [HeardDigit]
    /// The data directory's name.
    public var set: String
    /// Signal to noise ratio in dB; nil for the recording's own background only.
    public var noiseRatio: Double?

    /// A judged utterance.
    public init(said: [UtteranceLabel], heard: [HeardDigit], set: String, noiseRatio: Double? = nil) {
        self.said = said
        self.heard = heard
        self.set = set
        self.noiseRatio = noiseRatio
    }

    /// Whether a zero was said "oh".
    public var hasOh: Bool { said.contains(.oh) }
}

/// The words of an utterance beside the digits that were heard, with the fewest errors.
///
/// The number of errors is the edit distance of the digits alone (Levenshtein, "Binary codes capable of correcting
/// deletions, insertions, and reversals", 1966): to miss another word is right, and to hear a digit in it is one digit
/// too many. `0` and "oh" are one digit.
public struct DigitStringAlignment: Sendable, Equatable {
    /// A word, a heard digit, or both.
    public enum Step: Sendable, Hashable {
        /// A digit was heard as itself: indices of the word and of the heard digit.
        case right(said: Int, heard: Int)
        /// A digit was heard as another.
        case substituted(said: Int, heard: Int)
        /// A digit was not heard.
        case lost(said: Int)
        /// A digit was heard where no word stands.
        case inserted(heard: Int)
        /// Another word was heard as a digit.
        case otherHeard(said: Int, heard: Int)
        /// Another word was not heard: as it should be.
        case otherPassed(said: Int)

        /// Whether it counts as an error.
        public var isError: Bool {
            switch self {
            case .right, .otherPassed: false
            case .substituted, .lost, .inserted, .otherHeard: true
            }
        }
    }

    /// In the order of the words and of the heard digits.
    public let steps: [Step]

    /// Digits substituted, lost and inserted, those heard in other words among them.
    public var errors: Int { steps.count { $0.isError } }

    /// Aligns what was heard with what was said. Of several ways with equally few errors, words and heard digits are
    /// put side by side as late as possible.
    public init(said: [UtteranceLabel], heard: [Int]) {
        let width = heard.count + 1
        // [words][heard digits] errors of the beginnings.
        var errors = Array(repeating: 0, count: (said.count + 1) * width)
        for row in 0...said.count {
            for column in 0...heard.count {
                let cell = row * width + column
                guard cell > 0 else { continue }
                var least = Int.max
                if row > 0 { least = errors[cell - width] + (said[row - 1].isDigit ? 1 : 0) }
                if column > 0 { least = min(least, errors[cell - 1] + 1) }
                if row > 0, column > 0 {
                    least = min(
                        least, errors[cell - width - 1] + (said[row - 1].digit == heard[column - 1] ? 0 : 1))
                }
                errors[cell] = least
            }
        }
        var steps: [Step] = []
        var (row, column) = (said.count, heard.count)
        while row > 0 || column > 0 {
            let cell = row * width + column
            let word = row > 0 ? said[row - 1] : nil
            let isRight = column > 0 && word?.digit == heard[column - 1]
            if word != nil, column > 0, errors[cell] == errors[cell - width - 1] + (isRight ? 0 : 1) {
                (row, column) = (row - 1, column - 1)
                steps.append(
                    isRight
                        ? .right(said: row, heard: column)
                        : word?.isDigit == true
                            ? .substituted(said: row, heard: column) : .otherHeard(said: row, heard: column))
            } else if let word, errors[cell] == errors[cell - width] + (word.isDigit ? 1 : 0) {
                row -= 1
                steps.append(word.isDigit ? .lost(said: row) : .otherPassed(said: row))
            } else {
                column -= 1
                steps.append(.inserted(heard: column))
            }
        }
        self.steps = steps.reversed()
    }
}
