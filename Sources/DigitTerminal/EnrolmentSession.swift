/// Which digit a person is asked for, and whether what was heard will do: a state machine without sound, clock or text.
///
/// Every digit is asked for `takes` times, in rounds of all ten, each in an order of its own. A word that will not do is asked
/// for again at once. The network's opinion counts only where it is certain, since it is the one that is to learn: and when
/// it hears the same other digit time after time, the person is believed.
public struct EnrolmentSession: Sendable {
    /// What will do.
    public struct Parameters: Sendable, Equatable {
        /// Times that each digit is asked for, in `takesRange`.
        public var takes = 5
        /// The least probability at which the network's word counts against the person's, from 0 to 1.
        public var certainPosterior = 0.9
        /// The least level of a word's loudest 25 ms, in dB relative to a sine of full scale.
        public var levelMinimum = -45.0
        /// How far that must stand out from what was heard just before the word, in dB.
        public var rangeMinimum = 12.0
        /// The most samples at full scale.
        public var clippedMaximum = 8
        /// So many words in a row that will not do end the session.
        public var refusalsMaximum = 8
        /// The same opinion of the network so many times for one prompt is not asked about again.
        public var doubtsMaximum = 2
        /// What `takes` may be.
        public static let takesRange = 1...20

        /// The defaults.
        public init() {}
    }

    /// A word as it was heard.
    public struct Word: Sendable, Equatable {
        /// What it is to the network.
        public enum Opinion: Sendable, Equatable {
            /// Most probably this digit, with its probability.
            case digit(Int, Double)
            /// Most probably no digit, with the probability of that.
            case notADigit(Double)
            /// No digit was likely enough to be named.
            case uncertain
            /// It was shorter than any digit.
            case tooShort
            /// It was longer than any digit.
            case tooLong
        }

        /// What it is to the network.
        public var opinion: Opinion
        /// Its loudest 25 ms, in dB relative to a sine of full scale.
        public var level: Double
        /// The background before it, likewise; nil where too little was heard of it.
        public var background: Double?
        /// Samples at full scale.
        public var clipped: Int

        /// A word.
        public init(opinion: Opinion, level: Double, background: Double? = nil, clipped: Int = 0) {
            self.opinion = opinion
            self.level = level
            self.background = background
            self.clipped = clipped
        }
    }

    /// Why a word will not do.
    public enum Fault: Sendable, Equatable {
        /// Shorter than any digit.
        case tooShort
        /// Longer than any digit.
        case tooLong
        /// Too weak: its level in dB.
        case tooQuiet(Double)
        /// Hardly louder than the background: by so many dB.
        case tooNoisy(Double)
        /// The microphone was overdriven.
        case clipped
        /// Certainly another digit, to the network.
        case anotherDigit(Int)
        /// Certainly no digit, to the network.
        case notADigit
    }

    /// What becomes of a word.
    public enum Verdict: Sendable, Equatable {
        /// It is a take of the digit asked for.
        case taken
        /// The same digit is asked for again.
        case again(Fault)
        /// Too many in a row would not do; the session is over.
        case gaveUp(Fault)
    }

    /// The parameters in use.
    public let parameters: Parameters
    /// The digits in the order that they are asked for.
    public let order: [Int]
    /// Digits taken so far.
    public private(set) var count = 0
    private var refusals = 0
    private var doubt: Fault?
    private var doubts = 0

    /// A session at its beginning.
    ///
    /// - Parameter random: chooses the order.
    public init(_ parameters: Parameters = Parameters(), using random: inout some RandomNumberGenerator) {
        self.parameters = parameters
        var order: [Int] = []
        for _ in 0..<parameters.takes {
            var round = Array(0...9).shuffled(using: &random)
            // The same digit twice running is said as one says a repetition.
            if let last = order.last, round[0] == last { round.swapAt(0, 9) }
            order += round
        }
        self.order = order
    }

    /// The digit that is asked for; nil when all were taken.
    public var prompt: Int? { count < order.count ? order[count] : nil }

    /// Judges a word that was heard for the present prompt. Not to be called when there is none.
    public mutating func hear(_ word: Word) -> Verdict {
        guard let prompt else { preconditionFailure("nothing was asked for") }
        guard let fault = fault(word, prompt) else {
            count += 1
            (refusals, doubts, doubt) = (0, 0, nil)
            return .taken
        }
        refusals += 1
        return refusals >= parameters.refusalsMaximum ? .gaveUp(fault) : .again(fault)
    }

    /// The sound first: what the network says of a word that was cut off is not to be believed.
    private mutating func fault(_ word: Word, _ prompt: Int) -> Fault? {
        switch word.opinion {
        case .tooShort: return .tooShort
        case .tooLong: return .tooLong
        case .digit, .notADigit, .uncertain: break
        }
        if word.clipped > parameters.clippedMaximum { return .clipped }
        if word.level < parameters.levelMinimum { return .tooQuiet(word.level) }
        if let background = word.background, word.level - background < parameters.rangeMinimum {
            return .tooNoisy(word.level - background)
        }
        guard let fault = contradiction(word.opinion, prompt) else { return nil }
        doubts = fault == doubt ? doubts + 1 : 1
        doubt = fault
        return doubts > parameters.doubtsMaximum ? nil : fault
    }

    private func contradiction(_ opinion: Word.Opinion, _ prompt: Int) -> Fault? {
        switch opinion {
        case .digit(let digit, let probability) where digit != prompt && probability >= parameters.certainPosterior:
            .anotherDigit(digit)
        case .notADigit(let probability) where probability >= parameters.certainPosterior: .notADigit
        default: nil
        }
    }
}
