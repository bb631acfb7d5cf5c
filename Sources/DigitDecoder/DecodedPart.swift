/// What was said at one place of an utterance.
///
/// Without memory of its own, so that decoding an utterance anew does not allocate.
public struct DecodedPart: Sendable, Equatable {
    /// A digit, or what is none.
    public enum Kind: Sendable, Hashable {
        /// A digit, 0...9; zero may be said "oh".
        case digit(Int, spokenOh: Bool)
        /// One or more words or letters that are no digits.
        case other
    }

    /// A digit that it may be instead.
    public struct Alternative: Sendable, Hashable {
        /// 0...9.
        public var digit: Int
        /// Its share at this place, 0...1.
        public var confidence: Double
    }

    /// A digit, or what is none.
    public var kind: Kind
    /// The probability that this is right, given that all else in the utterance is, 0...1. Of several words that are no
    /// digits, that of the surest one.
    public var confidence: Double
    /// Whether the confidence is enough to say so. A digit that is not is doubtful.
    public var accepted: Bool
    /// The utterance's frames where it shows. A word may begin before and end behind: the network marks words, not
    /// their edges.
    public var frames: Range<Int>
    /// The shares of the digits 0...9 at this place; 0 in the other lanes.
    var digitShares: SIMD16<Double>

    /// A part as a decoder finds it.
    ///
    /// - Parameters:
    ///   - kind: a digit, or what is none.
    ///   - confidence: the probability that this is right, 0...1.
    ///   - accepted: whether that is enough.
    ///   - frames: where it is.
    ///   - alternatives: other digits that it may be; none by default.
    public init(
        _ kind: Kind, confidence: Double, accepted: Bool, frames: Range<Int>, alternatives: [Alternative] = []
    ) {
        self.kind = kind
        self.confidence = confidence
        self.accepted = accepted
        self.frames = frames
        digitShares = .zero
        for alternative in alternatives { digitShares[alternative.digit] = alternative.confidence }
        if case .digit(let digit, _) = kind { digitShares[digit] = confidence }
    }

    /// The digit, accepted or doubtful; nil for what is none.
    public var digit: Int? {
        if case .digit(let digit, _) = kind { digit } else { nil }
    }

    /// The digit, where it is accepted.
    public var acceptedDigit: Int? { accepted ? digit : nil }

    /// Whether zero was said "oh".
    public var isSpokenOh: Bool {
        if case .digit(_, let spokenOh) = kind { spokenOh } else { false }
    }

    /// The digits that it may be instead, best first; at equal shares the smaller first. Makes an array: for events,
    /// not for each decoding.
    ///
    /// - Parameter shareMinimum: smaller shares are left out.
    public func alternatives(shareMinimum: Double = 0.001) -> [Alternative] {
        let rivals = (0..<UtteranceLabel.digitCount).filter { $0 != digit && digitShares[$0] >= shareMinimum }
        return rivals.map { Alternative(digit: $0, confidence: digitShares[$0]) }.sorted {
            ($1.confidence, $0.digit) < ($0.confidence, $1.digit)
        }
    }
}
