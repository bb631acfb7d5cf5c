/// What one training utterance is made from.
public struct UtteranceDraw: Sendable, Hashable {
    /// A piece of an utterance that is put together.
    public enum Part: Sendable, Hashable {
        /// A recording of one digit, by its index in the store's clips.
        case digit(Int)
        /// A recording of speech that is no digit, of which a stretch is taken.
        case talk(Int)
        /// A click, a burst, a tone or a piece of recorded noise.
        case noise
    }

    /// Where its sound comes from.
    public enum Source: Sendable, Hashable {
        /// A recording of several words, by its index in the store's utterances.
        case recording(Int)
        /// Recordings joined in this order.
        case joined([Part])
    }

    /// Where its sound comes from.
    public var source: Source
    /// Whether it is said fluently: words overlap or touch, lose their edges and are hurried.
    public var isFluent: Bool

    /// Describes an utterance to make.
    public init(source: Source, isFluent: Bool = false) {
        self.source = source
        self.isFluent = isFluent
    }
}

/// How often each kind of utterance is drawn.
public struct UtteranceSamplerParameters: Sendable, Hashable {
    /// Share of utterances that are recordings of several words, 0...1, where there are some.
    public var recordedFraction: Float = 0.46
    /// Share that are one digit, 0...1.
    public var singleFraction: Float = 0.14
    /// Share that are speech without a digit, or noise, 0...1; what is left are joined digits.
    public var talkFraction: Float = 0.16
    /// Of those without a digit, the share that is noise alone, 0...1.
    public var noiseFraction: Float = 0.2
    /// Weights of 2, 3, ... digits joined.
    public var countWeights: [Float] = [3, 3, 4, 3, 2, 3, 2]
    /// Chance that a joined digit is the one before it again.
    public var repeatChance: Float = 0.22
    /// Chance that joined digits have other words among them.
    public var talkAmongChance: Float = 0.18
    /// Chance of a noise among them.
    public var noiseAmongChance: Float = 0.1
    /// Chance that joined digits are said fluently.
    public var fluentChance: Float = 0.6
    /// How much oftener a recording of digits alone is drawn than others of its speaker.
    public var digitsOnlyFactor: Double = 1.3
    /// How much oftener again one with an "oh".
    public var ohFactor: Double = 2.5
    /// Extra factors of sets, by name; 1 where absent, 0 leaves a set out.
    public var setWeights: [String: Double] = [:]

    /// The defaults.
    public init() {}
}
