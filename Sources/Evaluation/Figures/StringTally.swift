import DigitDecoder

/// What became of the digits of utterances.
public struct StringTally: Sendable, Equatable {
    /// Utterances.
    public var strings = 0
    /// Of those, heard with exactly their digits.
    public var exact = 0
    /// Digits said.
    public var digits = 0
    /// Of those, heard as another one.
    public var substituted = 0
    /// Not heard.
    public var lost = 0
    /// Digits heard that were not said, those heard in other words among them.
    public var inserted = 0
    /// Other words.
    public var others = 0
    /// Of those, heard as a digit.
    public var othersHeard = 0
    /// [said][heard] digits heard, right ones among them.
    public var confusion = Array(repeating: Array(repeating: 0, count: 10), count: 10)

    /// Digits that were heard as others, by how often.
    public struct Pair: Sendable, Hashable {
        /// The digit said, 0...9.
        public var said: Int
        /// The digit heard.
        public var heard: Int
        /// How often.
        public var count: Int
    }

    /// Nothing counted yet.
    public init() {}

    /// The tally of some utterances.
    public init(_ strings: some Sequence<JudgedString>) {
        for string in strings { add(string) }
    }

    /// Counts an utterance.
    public mutating func add(_ string: JudgedString) {
        let alignment = DigitStringAlignment(said: string.said, heard: string.heard.map(\.digit))
        strings += 1
        exact += alignment.errors == 0 ? 1 : 0
        for step in alignment.steps {
            switch step {
            case .right(let said, let heard), .substituted(let said, let heard):
                digits += 1
                substituted += step.isError ? 1 : 0
                confusion[string.said[said].digit ?? 0][string.heard[heard].digit] += 1
            case .lost:
                digits += 1
                lost += 1
            case .inserted:
                inserted += 1
            case .otherHeard:
                others += 1
                inserted += 1
                othersHeard += 1
            case .otherPassed:
                others += 1
            }
        }
    }

    /// Digits substituted, lost and inserted.
    public var errors: Int { substituted + lost + inserted }

    /// Errors as a share of the digits said: over 1 where much is heard in little; 0 without digits.
    public var errorShare: Double { digits > 0 ? Double(errors) / Double(digits) : 0 }

    /// Strings heard exactly as a share of all, 0...1; 0 without strings.
    public var exactShare: Double { strings > 0 ? Double(exact) / Double(strings) : 0 }

    /// Other words heard as digits as a share of them, 0...1; 0 without other words.
    public var otherHeardShare: Double { others > 0 ? Double(othersHeard) / Double(others) : 0 }

    /// Digits heard as others, the most frequent first; of equals, in the order of the digits.
    public var confusedPairs: [Pair] {
        var pairs: [Pair] = []
        for said in confusion.indices {
            for heard in confusion[said].indices where said != heard && confusion[said][heard] > 0 {
                pairs.append(Pair(said: said, heard: heard, count: confusion[said][heard]))
            }
        }
        return pairs.sorted { ($1.count, $0.said, $0.heard) < ($0.count, $1.said, $1.heard) }
    }

    var json: JSONText {
        .object([
            ("strings", .integer(strings)), ("exact", .number(exactShare)), ("digits", .integer(digits)),
            ("digit_errors", .number(errorShare)), ("substituted", .integer(substituted)),
            ("lost", .integer(lost)), ("inserted", .integer(inserted)), ("others", .integer(others)),
            ("others_heard", .integer(othersHeard)),
        ])
    }
}

/// The tally of the utterances that have something in common.
public struct StringGroup: Sendable, Equatable {
    /// What they have in common.
    public var name: String
    /// What became of them.
    public var tally: StringTally

    /// A tally with a name.
    public init(name: String, tally: StringTally) {
        self.name = name
        self.tally = tally
    }

    /// Tallies by a key, in the order in which the keys first come.
    public static func of(_ strings: [JudgedString], by key: (JudgedString) -> String) -> [StringGroup] {
        var groups: [StringGroup] = []
        var places: [String: Int] = [:]
        for string in strings {
            let name = key(string)
            let place = places[name] ?? groups.count
            if place == groups.count {
                groups.append(StringGroup(name: name, tally: StringTally()))
                places[name] = place
            }
            groups[place].tally.add(string)
        }
        return groups
    }

    /// By data set.
    public static func bySet(_ strings: [JudgedString]) -> [StringGroup] { of(strings) { $0.set } }

    /// By noise: `clean`, or such as `10 dB`.
    public static func byNoise(_ strings: [JudgedString]) -> [StringGroup] {
        of(strings) { string in
            guard let ratio = string.noiseRatio else { return "clean" }
            return ratio == ratio.rounded() ? "\(Int(ratio)) dB" : "\(ratio) dB"
        }
    }

    /// With a zero said "oh", and without one.
    public static func byOh(_ strings: [JudgedString]) -> [StringGroup] {
        of(strings) { $0.hasOh ? "with oh" : "without oh" }
    }
}
