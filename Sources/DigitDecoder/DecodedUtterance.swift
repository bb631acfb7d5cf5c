/// What was said in one breath, as far as it was heard.
public struct DecodedUtterance: Sendable, Equatable {
    /// What was said, in order. Frames do not overlap; two neighbours are never both `other`.
    public internal(set) var parts: [DecodedPart]
    /// Frames that were decoded.
    public internal(set) var frameCount: Int
    /// The log probability of the label sequence; 0 where it is certain.
    public internal(set) var logProbability = 0.0
    /// The probabilities of the digits 0...9 where the utterance must be exactly one; 0 in the other lanes.
    var singleDigitShares = SIMD16<Double>.zero

    /// An utterance in which nothing was said, or these parts.
    public init(parts: [DecodedPart] = [], frameCount: Int = 0) {
        self.parts = parts
        self.frameCount = frameCount
    }

    /// The accepted digits, in order.
    public var digits: [Int] { parts.compactMap(\.acceptedDigit) }
}

/// What a clip says that should be exactly one digit.
public enum SingleDigitAnswer: Sendable, Equatable {
    /// Why a clip is no digit.
    public enum Rejection: String, Sendable, Hashable, CaseIterable {
        /// No word was found.
        case nothingSaid = "nothing_said"
        /// A word that is no digit.
        case notADigit = "not_a_digit"
        /// A digit, but not surely so.
        case lowConfidence = "low_confidence"
        /// Two digits or more, or a digit and another word.
        case severalWords = "several_words"
    }

    /// A digit, with what is known of it.
    case digit(DecodedPart)
    /// None, and why.
    case rejected(Rejection)

    /// The digit, 0...9; nil where there is none.
    public var digit: Int? {
        if case .digit(let part) = self { part.digit } else { nil }
    }
}

extension DecodedUtterance {
    /// The one digit of a clip: there is exactly one accepted digit, and no other accepted part. What is doubtful
    /// beside it does not count.
    public var singleDigit: SingleDigitAnswer {
        var digitCount = 0
        var otherCount = 0
        var doubtfulCount = 0
        var found: DecodedPart?
        for part in parts {
            if part.acceptedDigit != nil {
                digitCount += 1
                found = part
            } else if part.accepted {
                otherCount += 1
            } else if part.digit != nil {
                doubtfulCount += 1
            }
        }
        if digitCount == 1, otherCount == 0, let found { return .digit(found) }
        if digitCount > 0 { return .rejected(.severalWords) }
        if parts.isEmpty { return .rejected(.nothingSaid) }
        return .rejected(doubtfulCount > 0 && otherCount == 0 ? .lowConfidence : .notADigit)
    }

    /// The likeliest digit where the clip must be exactly one, with its probability among the ten; nil for a clip
    /// without columns. Zero and "oh" are one digit; of equal ones it is the smaller.
    public var bestSingleDigit: DecodedPart.Alternative? {
        guard singleDigitShares.sum() > 0 else { return nil }
        var best = 0
        for digit in 1..<UtteranceLabel.digitCount where singleDigitShares[digit] > singleDigitShares[best] {
            best = digit
        }
        return DecodedPart.Alternative(digit: best, confidence: singleDigitShares[best])
    }
}
