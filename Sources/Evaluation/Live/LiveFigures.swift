import ResNetTraining

/// How recordings do through the recogniser that `digitd listen` runs, at its operating point.
public struct LiveFigures: Sendable, Equatable {
    /// Digits, joined into a stream.
    public struct Digits: Sendable, Equatable {
        /// The data directory's name.
        public var set: String
        /// Digits spoken.
        public var spoken = 0
        /// Answered by one event, with the digit that was said.
        public var right = 0
        /// Answered with another digit, or with more than one event.
        public var wrong = 0
        /// Heard, and given no digit.
        public var rejected = 0
        /// Not noticed at all.
        public var missed = 0

        /// A count as a share of the digits spoken; 0 without any.
        public func share(_ count: KeyPath<Digits, Int>) -> Double {
            spoken > 0 ? Double(self[keyPath: count]) / Double(spoken) : 0
        }

        var json: JSONText {
            .object([
                ("set", .text(set)), ("spoken", .integer(spoken)), ("right", .number(share(\.right))),
                ("wrong", .number(share(\.wrong))), ("rejected", .number(share(\.rejected))),
                ("missed", .number(share(\.missed))),
            ])
        }
    }

    /// Recordings without a digit: one word of a set, or the noises of a set.
    public struct Others: Sendable, Equatable {
        /// The data directory's name.
        public var set: String
        /// The folder's name, which is the word; empty for noises.
        public var word: String
        /// Recordings played.
        public var recordings = 0
        /// Of those, with at least one digit heard in them.
        public var taken = 0
        /// Digits heard in them, together.
        public var falseDigits = 0
        /// Their length together, without the gaps between, in seconds.
        public var seconds = 0.0

        /// The share of recordings taken for a digit; 0 without any.
        public var share: Double { recordings > 0 ? Double(taken) / Double(recordings) : 0 }
        /// False digits an hour of audio; 0 without any.
        public var perHour: Double { seconds > 0 ? Double(falseDigits) / seconds * 3600 : 0 }

        /// Several groups as one.
        public static func sum(_ groups: [Others], set: String = "all") -> Others {
            groups.reduce(into: Others(set: set, word: "")) { sum, group in
                sum.recordings += group.recordings
                sum.taken += group.taken
                sum.falseDigits += group.falseDigits
                sum.seconds += group.seconds
            }
        }

        var json: JSONText {
            .object([("set", .text(set))] + (word.isEmpty ? [] : [("word", .text(word))]))
                .merging(
                    .object([
                        ("recordings", .integer(recordings)), ("taken", .number(share)),
                        ("false_digits", .integer(falseDigits)), ("hours", .number(seconds / 3600)),
                        ("false_digits_per_hour", .number(perHour)),
                    ]))
        }
    }

    /// A noise recording in which digits were heard.
    public struct NoiseHit: Sendable, Equatable {
        /// The file.
        public var path: String
        /// The digits, in order.
        public var digits: [Int]
    }

    /// Digits by set.
    public var digits: [Digits] = []
    /// Digits heard where nothing was said, between the recordings.
    public var extras = 0
    /// Other words, by set and word.
    public var words: [Others] = []
    /// Noise recordings, by set.
    public var noises: [Others] = []
    /// Noise recordings in which digits were heard, in their order.
    public var noiseHits: [NoiseHit] = []

    /// Nothing heard yet.
    public init() {}

    /// All sets' digits as one.
    public var allDigits: Digits {
        digits.reduce(into: Digits(set: "all")) { sum, digits in
            sum.spoken += digits.spoken
            sum.right += digits.right
            sum.wrong += digits.wrong
            sum.rejected += digits.rejected
            sum.missed += digits.missed
        }
    }

    /// Other words by set.
    public var wordsBySet: [Others] {
        var order: [String] = []
        for group in words where !order.contains(group.set) { order.append(group.set) }
        return order.map { set in Others.sum(words.filter { $0.set == set }, set: set) }
    }

    /// The words taken for a digit most often, worst first; ties by set and word.
    public func worstWords(_ count: Int) -> [Others] {
        let taken = words.filter { $0.taken > 0 }
        return Array(taken.sorted { ($1.share, $0.set, $0.word) < ($0.share, $1.set, $1.word) }.prefix(count))
    }

    /// The object that `digitd evaluate --live --json` prints for recordings of nothing but noise, on one line.
    public var jsonAlone: String { JSONText.object([("clips", .integer(0)), ("live", json)]).text }

    var json: JSONText {
        var members: [(String, JSONText)] = []
        if !digits.isEmpty {
            members.append(("digits", allDigits.json))
            members.append(("digits_by_set", .array(digits.map(\.json))))
        }
        members.append(("extra_digits", .integer(extras)))
        if !words.isEmpty {
            members.append(("words", Others.sum(words).json))
            members.append(("words_by_set", .array(wordsBySet.map(\.json))))
            members.append(("words_by_word", .array(words.map(\.json))))
        }
        if !noises.isEmpty {
            members.append(("noise", Others.sum(noises).json))
            members.append(("noise_by_set", .array(noises.map(\.json))))
            let hits = noiseHits.map { hit in
                JSONText.object([("file", .text(hit.path)), ("digits", .array(hit.digits.map(JSONText.integer)))])
            }
            members.append(("noise_heard_as_digits", .array(hits)))
        }
        return .object(members)
    }
}
