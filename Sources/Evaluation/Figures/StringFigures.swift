import DigitDecoder

/// How far the confidences of digits within strings can be believed.
public struct StringReliability: Sendable, Equatable {
    /// One bar of a reliability diagram.
    public struct Bin: Sendable, Equatable {
        /// Mean confidence of its digits, 0...1.
        public var confidence = 0.0
        /// The share of them that was said, 0...1.
        public var accuracy = 0.0
        /// Digits in it.
        public var digits = 0
    }

    /// Bins of equal width from confidence 0 to 1; empty ones have 0 digits.
    public let bins: [Bin]
    /// Expected calibration error, 0...1: |mean confidence - share right| of each bin, averaged over the digits.
    public let expectedError: Double

    /// The reliability of the digits that were given. Source: Guo et al., "On calibration of modern neural networks"
    /// (2017).
    public init(_ strings: [JudgedString], binCount: Int = 10) {
        precondition(binCount >= 1, "a bin at least")
        var sums = Array(repeating: (confidence: 0.0, right: 0, digits: 0), count: binCount)
        func add(_ digit: JudgedString.HeardDigit, isRight: Bool) {
            let bin = min(max(Int(digit.confidence * Double(binCount)), 0), binCount - 1)
            sums[bin].confidence += digit.confidence
            sums[bin].right += isRight ? 1 : 0
            sums[bin].digits += 1
        }
        for string in strings {
            let alignment = DigitStringAlignment(said: string.said, heard: string.heard.map(\.digit))
            for step in alignment.steps {
                switch step {
                case .right(_, let heard): add(string.heard[heard], isRight: true)
                case .substituted(_, let heard), .inserted(let heard), .otherHeard(_, let heard):
                    add(string.heard[heard], isRight: false)
                case .lost, .otherPassed: break
                }
            }
        }
        let total = Double(max(1, sums.reduce(0) { $0 + $1.digits }))
        bins = sums.map { sum in
            guard sum.digits > 0 else { return Bin() }
            let count = Double(sum.digits)
            return Bin(confidence: sum.confidence / count, accuracy: Double(sum.right) / count, digits: sum.digits)
        }
        expectedError = bins.reduce(0) { $0 + Double($1.digits) / total * abs($1.confidence - $1.accuracy) }
    }
}

/// Everything that is measured of utterances of several words.
public struct StringFigures: Sendable, Equatable {
    /// All utterances together.
    public var tally: StringTally
    /// By data set.
    public var sets: [StringGroup]
    /// By noise.
    public var noise: [StringGroup]
    /// With "oh" and without.
    public var oh: [StringGroup]
    /// Reliability of the given digits' confidences.
    public var reliability: StringReliability

    /// The figures of judged utterances.
    public init(_ strings: [JudgedString]) {
        tally = StringTally(strings)
        sets = StringGroup.bySet(strings)
        noise = StringGroup.byNoise(strings)
        oh = StringGroup.byOh(strings)
        reliability = StringReliability(strings)
    }

    /// One object: the keys of the whole tally, then the groups, confused pairs and calibration.
    var json: JSONText {
        func groups(_ key: String, _ groups: [StringGroup]) -> JSONText {
            .array(groups.map { .object([(key, .text($0.name))]).merging($0.tally.json) })
        }
        let pairs = tally.confusedPairs.map { pair in
            JSONText.object([
                ("said", .integer(pair.said)), ("heard", .integer(pair.heard)), ("count", .integer(pair.count)),
            ])
        }
        let bins = reliability.bins.map { bin in
            JSONText.object([
                ("confidence", .number(bin.confidence)), ("right", .number(bin.accuracy)),
                ("digits", .integer(bin.digits)),
            ])
        }
        return tally.json.merging(
            .object([
                ("by_set", groups("set", sets)), ("by_noise", groups("noise", noise)), ("by_oh", groups("oh", oh)),
                ("confused", .array(pairs)), ("ece", .number(reliability.expectedError)),
                ("calibration", .array(bins)),
            ]))
    }
}
