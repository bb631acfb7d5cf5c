import ResNetTraining

/// When an answer is given: the numbers of a weights file.
public struct AnswerRule: Sendable, Equatable {
    /// Divides the logits, over 0.
    public var temperature: Double
    /// A digit less probable than this is rejected, 0...1.
    public var threshold: Double

    /// An operating point.
    public init(temperature: Double, threshold: Double) {
        self.temperature = temperature
        self.threshold = threshold
    }
}

/// What became of digits and of other words.
public struct DigitTally: Sendable, Equatable {
    /// Clips of digits.
    public var digits = 0
    /// Of those, answered rightly at the operating point.
    public var right = 0
    /// Accepted as another digit.
    public var wrong = 0
    /// Given no digit.
    public var rejected = 0
    /// Digits whose most probable digit is right: rejection not allowed.
    public var alwaysRight = 0
    /// Clips of other words.
    public var others = 0
    /// Of those, taken for a digit.
    public var falseAccepts = 0

    /// Nothing counted yet.
    public init() {}

    /// The tally of some of the judged clips; all of them by default.
    public init(_ judgements: Judgements, _ rule: AnswerRule, clips: [Int]? = nil) {
        for clip in clips ?? Array(judgements.labels.indices) {
            let label = Int(judgements.labels[clip])
            let answer = judgements.answer(clip, temperature: rule.temperature, threshold: rule.threshold)
            if label == LabelledClip.notADigit {
                others += 1
                falseAccepts += answer < LabelledClip.notADigit ? 1 : 0
                continue
            }
            digits += 1
            right += answer == label ? 1 : 0
            rejected += answer == LabelledClip.notADigit ? 1 : 0
            wrong += answer != label && answer < LabelledClip.notADigit ? 1 : 0
            alwaysRight += judgements.forcedAnswer(clip) == label ? 1 : 0
        }
    }

    /// Adds other clips' counts.
    public static func += (a: inout DigitTally, b: DigitTally) {
        a.digits += b.digits
        a.right += b.right
        a.wrong += b.wrong
        a.rejected += b.rejected
        a.alwaysRight += b.alwaysRight
        a.others += b.others
        a.falseAccepts += b.falseAccepts
    }

    /// A count of digits as a share of them; 0 without digits.
    public func share(_ count: KeyPath<DigitTally, Int>) -> Double {
        digits > 0 ? Double(self[keyPath: count]) / Double(digits) : 0
    }

    /// The share of other words taken for a digit; 0 without other words.
    public var falseAcceptShare: Double { others > 0 ? Double(falseAccepts) / Double(others) : 0 }

    var json: JSONText {
        .object([
            ("digits", .integer(digits)), ("right", .number(share(\.right))), ("wrong", .number(share(\.wrong))),
            ("rejected", .number(share(\.rejected))), ("always_right", .number(share(\.alwaysRight))),
            ("others", .integer(others)), ("false_accepts", .number(falseAcceptShare)),
        ])
    }
}

/// The tally of a set of recordings.
public struct SetFigures: Sendable, Equatable {
    /// The data directory's name.
    public var set: String
    /// People heard in it.
    public var speakers: Int
    /// Their digits and other words.
    public var tally: DigitTally

    /// Tallies by set, in the order in which the sets first come.
    public static func of(_ clips: [LabelledClip], _ judgements: Judgements, _ rule: AnswerRule) -> [SetFigures] {
        var order: [String] = []
        var bySet: [String: [Int]] = [:]
        for (index, clip) in clips.enumerated() {
            if bySet[clip.set] == nil { order.append(clip.set) }
            bySet[clip.set, default: []].append(index)
        }
        return order.map { set in
            let indices = bySet[set] ?? []
            return SetFigures(
                set: set, speakers: Set(indices.map { clips[$0].speaker }).count,
                tally: DigitTally(judgements, rule, clips: indices))
        }
    }

    var json: JSONText { .object([("set", .text(set)), ("speakers", .integer(speakers))]).merging(tally.json) }
}
