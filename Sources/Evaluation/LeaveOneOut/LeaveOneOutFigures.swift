import ResNetTraining

/// How FSDD's speakers did, each judged by a network that had never heard them.
public struct LeaveOneOutFigures: Sendable, Equatable {
    /// One speaker.
    public struct Fold: Sendable, Equatable {
        /// Who was left out.
        public var speaker: String
        /// What became of the speaker's clips at the fold's own operating point.
        public var tally: DigitTally
        /// The same as a matrix.
        public var confusion: ConfusionMatrix
        /// Of the fold.
        public var rule: AnswerRule

        init(speaker: String, judgements: Judgements, rule: AnswerRule) {
            self.speaker = speaker
            self.rule = rule
            tally = DigitTally(judgements, rule)
            confusion = judgements.confusion(temperature: rule.temperature, threshold: rule.threshold)
        }
    }

    /// By speaker.
    public var folds: [Fold] = []

    /// No fold yet.
    public init() {}

    /// The mean of a share over the speakers, each counting the same; 0 without folds.
    public func mean(_ count: KeyPath<DigitTally, Int>) -> Double {
        folds.isEmpty ? 0 : folds.reduce(0) { $0 + $1.tally.share(count) } / Double(folds.count)
    }

    /// All folds' answers together.
    public var metrics: EvaluationMetrics {
        var sum = ConfusionMatrix()
        for fold in folds {
            for label in 0..<sum.labelCount {
                for answer in 0..<sum.labelCount {
                    for _ in 0..<fold.confusion[label: label, answer: answer] { sum.add(label: label, answer: answer) }
                }
            }
        }
        return EvaluationMetrics(sum)
    }

    /// The object that `digitd evaluate --leave-one-speaker-out --json` prints: the contract's keys over all folds first.
    public var json: String {
        let mean = JSONText.object([
            ("right", .number(mean(\.right))), ("wrong", .number(mean(\.wrong))),
            ("rejected", .number(mean(\.rejected))), ("always_right", .number(mean(\.alwaysRight))),
        ])
        let folds = folds.map { fold in
            JSONText.object([("speaker", .text(fold.speaker)), ("threshold", .number(fold.rule.threshold))])
                .merging(fold.tally.json)
        }
        let members: [(String, JSONText)] = [
            ("selection", .text("FSDD, one speaker left out")), ("mean", mean), ("folds", .array(folds)),
        ]
        return metrics.json.dropLast() + "," + JSONText.object(members).inner + "}"
    }
}
