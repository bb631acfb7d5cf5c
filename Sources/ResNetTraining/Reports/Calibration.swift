import Foundation

/// Logits of judged clips, and what follows from them: probabilities, answers, calibration, thresholds.
public struct Judgements: Sendable {
    /// `labels.count` rows of `LabelledClip.labelCount` logits.
    public var logits: [Float]
    /// What the clips are, 0...10.
    public var labels: [Int32]

    /// Judged clips.
    ///
    /// - Parameters:
    ///   - logits: one row per label, of `classCount` logits. The labels that a network lacks are never its answer: they get
    ///     a logit of minus infinity.
    ///   - labels: what the clips are, 0...10.
    ///   - classCount: outputs of the network, 1...11.
    public init(logits: [Float], labels: [Int32], classCount: Int = LabelledClip.labelCount) {
        precondition(logits.count == labels.count * classCount, "one row of logits a label")
        let missing = [Float](repeating: -.infinity, count: LabelledClip.labelCount - classCount)
        self.logits =
            missing.isEmpty
            ? logits : labels.indices.flatMap { logits[$0 * classCount..<($0 + 1) * classCount] + missing }
        self.labels = labels
    }

    /// Adds the clips of other judgements behind these.
    public mutating func append(_ others: Judgements) {
        logits += others.logits
        labels += others.labels
    }

    /// Probabilities of one clip: softmax of its logits over a temperature (over 0).
    public func probabilities(_ clip: Int, temperature: Double = 1) -> [Double] {
        let n = LabelledClip.labelCount
        let row = logits[clip * n..<(clip + 1) * n].map { Double($0) / temperature }
        let most = row.max() ?? 0
        let powers = row.map { exp($0 - most) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    /// The most probable label of a clip with its probability.
    public func best(_ clip: Int, temperature: Double = 1) -> (label: Int, probability: Double) {
        let p = probabilities(clip, temperature: temperature)
        let label = p.indices.max { p[$0] < p[$1] } ?? 0
        return (label, p[label])
    }

    /// The answer at an operating point: the most probable label, or 10 if it is a digit below `threshold`.
    public func answer(_ clip: Int, temperature: Double = 1, threshold: Double = 0) -> Int {
        let (label, probability) = best(clip, temperature: temperature)
        return probability < threshold ? LabelledClip.notADigit : label
    }

    /// The most probable of the ten digits: the answer where rejection is not allowed.
    public func forcedAnswer(_ clip: Int) -> Int {
        let start = clip * LabelledClip.labelCount
        return (0..<LabelledClip.notADigit).max { logits[start + $0] < logits[start + $1] } ?? 0
    }

    /// The confusion matrix at an operating point.
    public func confusion(temperature: Double = 1, threshold: Double = 0) -> ConfusionMatrix {
        var matrix = ConfusionMatrix()
        for clip in labels.indices {
            matrix.add(
                label: Int(labels[clip]), answer: answer(clip, temperature: temperature, threshold: threshold))
        }
        return matrix
    }

    /// The share of digit clips whose most probable digit is right, rejection not allowed; 0 without digit clips.
    public var forcedAccuracy: Double {
        let digits = labels.indices.filter { labels[$0] < Int32(LabelledClip.notADigit) }
        guard !digits.isEmpty else { return 0 }
        return Double(digits.count { forcedAnswer($0) == Int(labels[$0]) }) / Double(digits.count)
    }

    /// Mean negative log-likelihood of the labels, in nats.
    public func negativeLogLikelihood(temperature: Double = 1) -> Double {
        guard !labels.isEmpty else { return 0 }
        let n = LabelledClip.labelCount
        var sum = 0.0
        for clip in labels.indices {
            let row = logits[clip * n..<(clip + 1) * n].map { Double($0) / temperature }
            let most = row.max() ?? 0
            sum += most + log(row.reduce(0) { $0 + exp($1 - most) }) - row[Int(labels[clip])]
        }
        return sum / Double(labels.count)
    }
}

/// How far confidences can be believed.
public struct Calibration: Sendable, Equatable {
    /// One bar of a reliability diagram.
    public struct Bin: Sendable, Equatable {
        /// Mean confidence of its clips, 0...1.
        public var confidence: Double
        /// The share of them that is right, 0...1.
        public var accuracy: Double
        /// Clips in it.
        public var clips: Int
    }

    /// Whose confidences are looked at.
    public enum Population: Sendable, Hashable {
        /// Every clip, by its most probable label, "not a digit" among them: the calibration of a classifier of 11 classes.
        case allClips
        /// Clips of digits whose most probable label is a digit: those that are answered where the threshold is 0. Their
        /// confidence is what an event says. Other words are left out, as the figure would depend on how many there are.
        case answeredDigits
    }

    /// Whose confidences these are.
    public let population: Population
    /// Bins of equal width from confidence 0 to 1; empty ones have 0 clips.
    public let bins: [Bin]
    /// Expected calibration error, 0...1: |mean confidence - share right| of each bin, averaged over the clips.
    public let expectedError: Double

    /// Clips in all bins.
    public var clips: Int { bins.reduce(0) { $0 + $1.clips } }

    /// Calibration of the most probable label. Source: Guo et al., "On calibration of modern neural networks" (2017).
    public init(
        _ judgements: Judgements, temperature: Double = 1, binCount: Int = 15, population: Population = .allClips
    ) {
        self.population = population
        var sums = Array(repeating: (confidence: 0.0, right: 0, clips: 0), count: binCount)
        for clip in judgements.labels.indices {
            let (label, probability) = judgements.best(clip, temperature: temperature)
            let truth = Int(judgements.labels[clip])
            let isAnswered = label < LabelledClip.notADigit && truth < LabelledClip.notADigit
            guard population == .allClips || isAnswered else { continue }
            let bin = min(Int(probability * Double(binCount)), binCount - 1)
            sums[bin].confidence += probability
            sums[bin].right += label == truth ? 1 : 0
            sums[bin].clips += 1
        }
        let total = Double(max(1, sums.reduce(0) { $0 + $1.clips }))
        bins = sums.map { sum in
            guard sum.clips > 0 else { return Bin(confidence: 0, accuracy: 0, clips: 0) }
            let count = Double(sum.clips)
            return Bin(confidence: sum.confidence / count, accuracy: Double(sum.right) / count, clips: sum.clips)
        }
        expectedError = bins.reduce(0) { $0 + Double($1.clips) / total * abs($1.confidence - $1.accuracy) }
    }

    /// The temperature (0.05...20) at which the labels are likeliest: golden section over its logarithm, where the
    /// likelihood has one optimum.
    public static func temperature(_ judgements: Judgements) -> Double {
        guard !judgements.labels.isEmpty else { return 1 }
        let ratio = (5.0.squareRoot() - 1) / 2
        func loss(_ t: Double) -> Double { judgements.negativeLogLikelihood(temperature: exp(t)) }
        var low = log(0.05)
        var high = log(20.0)
        var left = high - ratio * (high - low)
        var right = low + ratio * (high - low)
        var atLeft = loss(left)
        var atRight = loss(right)
        while high - low > 1e-4 {
            if atLeft < atRight {
                (high, right, atRight) = (right, left, atLeft)
                left = high - ratio * (high - low)
                atLeft = loss(left)
            } else {
                (low, left, atLeft) = (left, right, atRight)
                right = low + ratio * (high - low)
                atRight = loss(right)
            }
        }
        return exp((low + high) / 2)
    }
}
