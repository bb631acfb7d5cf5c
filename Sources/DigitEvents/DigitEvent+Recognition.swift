// Times named `start`, `end` and `at` are seconds of the stream: 0 is its first sample, and lost samples count.

extension DigitEvent {
    /// A recognised digit.
    public struct Digit: Sendable, Hashable {
        /// Counts DIGIT and REJECTED together, from 1 at the start of the recogniser.
        public var seq: Int
        /// The utterance, counted from 1: the same for all digits and rejections of one breath. Nil from daemons that
        /// do not tell.
        public var utterance: Int?
        /// 0 to 9.
        public var digit: Int
        /// The word, where the digit was not said by its own name: `oh` for 0.
        public var spoken: String?
        /// Calibrated probability of `digit`, from 0 to 1.
        public var confidence: Double
        /// The next likely digits, most likely first; the probabilities of all never exceed 1 together.
        public var alternatives: [Alternative]
        /// Where the utterance begins, in seconds of the stream.
        public var start: Double
        /// Where the utterance ends, in seconds of the stream. An event sent early ends where speech had ended so far.
        public var end: Double
        /// How much of the stream had been heard when the event was sent, in seconds: `at - end` is the algorithm's
        /// delay.
        public var at: Double
        /// When the event was sent, by the wall clock.
        public var time: WallTime?
        /// Wall time from the capture of the last speech sample to the sending, in milliseconds; live capture only.
        public var latencyMilliseconds: Int?

        /// Creates the event.
        public init(
            seq: Int, utterance: Int? = nil, digit: Int, spoken: String? = nil, confidence: Double,
            alternatives: [Alternative] = [], start: Double, end: Double, at: Double, time: WallTime? = nil,
            latencyMilliseconds: Int? = nil
        ) {
            self.seq = seq
            self.utterance = utterance
            self.digit = digit
            self.spoken = spoken
            self.confidence = confidence
            self.alternatives = alternatives
            self.start = start
            self.end = end
            self.at = at
            self.time = time
            self.latencyMilliseconds = latencyMilliseconds
        }
    }

    /// A digit that was also possible.
    public struct Alternative: Sendable, Hashable, Codable {
        /// 0 to 9.
        public var digit: Int
        /// Calibrated probability, from 0 to 1.
        public var confidence: Double

        /// Creates an alternative.
        public init(digit: Int, confidence: Double) {
            self.digit = digit
            self.confidence = confidence
        }
    }

    /// An utterance that is no certain digit.
    public struct Rejected: Sendable, Hashable, Codable {
        /// Counts DIGIT and REJECTED together, from 1 at the start of the recogniser.
        public var seq: Int
        /// The utterance, counted from 1: the same for all digits and rejections of one breath. Nil from daemons that
        /// do not tell.
        public var utterance: Int?
        /// Why it is no digit.
        public var reason: RejectionReason
        /// Probability of "not a digit" for `not_a_digit`, of the likeliest digit for `low_confidence`, from 0 to 1;
        /// absent where the utterance was not classified.
        public var confidence: Double?
        /// Where the utterance begins, in seconds of the stream.
        public var start: Double
        /// Where the utterance ends, in seconds of the stream.
        public var end: Double
        /// How much of the stream had been heard when the event was sent, in seconds.
        public var at: Double?
        /// When the event was sent, by the wall clock.
        public var time: WallTime?

        /// Creates the event.
        public init(
            seq: Int, utterance: Int? = nil, reason: RejectionReason, confidence: Double? = nil, start: Double,
            end: Double, at: Double? = nil, time: WallTime? = nil
        ) {
            self.seq = seq
            self.utterance = utterance
            self.reason = reason
            self.confidence = confidence
            self.start = start
            self.end = end
            self.at = at
            self.time = time
        }
    }

    /// Why an utterance is no digit. A newer server may give other reasons.
    public struct RejectionReason: RawRepresentable, Sendable, Hashable, Codable {
        /// The word of the protocol.
        public var rawValue: String
        /// A reason by its word.
        public init(rawValue: String) { self.rawValue = rawValue }
        /// The network took it for another word or noise.
        public static let notADigit = RejectionReason(rawValue: "not_a_digit")
        /// The likeliest digit is not likely enough.
        public static let lowConfidence = RejectionReason(rawValue: "low_confidence")
        /// Shorter than any digit, and none together with what lies around it.
        public static let tooShort = RejectionReason(rawValue: "too_short")
        /// Longer than any digit, and not several said without pauses. `end` is where listening gave up.
        public static let tooLong = RejectionReason(rawValue: "too_long")
    }

    /// The beginning or end of speech.
    public struct Speech: Sendable, Hashable, Codable {
        /// Which of both. A newer server may have other states.
        public struct State: RawRepresentable, Sendable, Hashable, Codable {
            /// The word of the protocol.
            public var rawValue: String
            /// A state by its word.
            public init(rawValue: String) { self.rawValue = rawValue }
            /// Speech began at `at`.
            public static let start = State(rawValue: "start")
            /// Speech ended at `at`.
            public static let end = State(rawValue: "end")
        }
        /// Which of both.
        public var state: State
        /// Where speech began or ended, in seconds of the stream.
        public var at: Double

        /// Creates the event.
        public init(state: State, at: Double) {
            self.state = state
            self.at = at
        }
    }

    /// The present level of the speech band, in dB relative to a sine of full scale.
    public struct Level: Sendable, Hashable, Codable {
        /// The loudest frame since the last such event, in dB.
        public var levelDecibels: Double
        /// The noise floor, in dB.
        public var floorDecibels: Double
        /// What a frame must exceed to begin speech, in dB.
        public var thresholdDecibels: Double
        /// Whether speech is heard now.
        public var speech: Bool

        enum CodingKeys: String, CodingKey {
            case levelDecibels = "level_db"
            case floorDecibels = "floor_db"
            case thresholdDecibels = "threshold_db"
            case speech
        }

        /// Creates the event.
        public init(levelDecibels: Double, floorDecibels: Double, thresholdDecibels: Double, speech: Bool) {
            self.levelDecibels = levelDecibels
            self.floorDecibels = floorDecibels
            self.thresholdDecibels = thresholdDecibels
            self.speech = speech
        }
    }
}

extension DigitEvent.Digit: Codable {
    enum CodingKeys: String, CodingKey {
        case seq
        case utterance
        case digit
        case spoken
        case confidence
        case alternatives
        case start
        case end
        case at
        case time
        case latencyMilliseconds = "latency_ms"
    }

    /// Decodes the event; without the key `alternatives` there are none.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        seq = try container.decode(Int.self, forKey: .seq)
        utterance = try container.decodeIfPresent(Int.self, forKey: .utterance)
        digit = try container.decode(Int.self, forKey: .digit)
        spoken = try container.decodeIfPresent(String.self, forKey: .spoken)
        confidence = try container.decode(Double.self, forKey: .confidence)
        alternatives = try container.decodeIfPresent([DigitEvent.Alternative].self, forKey: .alternatives) ?? []
        start = try container.decode(Double.self, forKey: .start)
        end = try container.decode(Double.self, forKey: .end)
        at = try container.decode(Double.self, forKey: .at)
        time = try container.decodeIfPresent(WallTime.self, forKey: .time)
        latencyMilliseconds = try container.decodeIfPresent(Int.self, forKey: .latencyMilliseconds)
    }
}
