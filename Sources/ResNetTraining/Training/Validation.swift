import Glibc
import ResNet

/// Held-out windows with the network's answers.
struct Validation {
    /// Each clip as `classify` sees it, and as the live path cuts it out of noise.
    let sets: [EvaluationSet]

    init(store: ClipStore) throws {
        sets = try [.clip, .live(ratio: 30), .live(ratio: 12)].map { try EvaluationSet(store: store, variant: $0) }
    }

    struct Outcome {
        var loss = 0.0
        var accuracy = 0.0
        var digitAccuracy = 0.0
        /// [window, class] of every set in turn, with the labels.
        var logits: [Float] = []
        var labels: [Int32] = []
    }

    func judge(_ weights: WeightsFile, threads: Int) throws -> Outcome {
        let network = try ResNet18(weights: weights, batchSize: 32, threads: threads)
        var outcome = Outcome()
        for set in sets {
            var logits = [Float](repeating: 0, count: set.labels.count * ResNet18Topology.classCount)
            var span = logits.mutableSpan
            network.logits(set.windows.span, into: &span)
            outcome.logits += logits
            outcome.labels += set.labels
        }
        let classes = ResNet18Topology.classCount
        var right = 0, rightDigits = 0, digits = 0
        for (i, label) in outcome.labels.enumerated() {
            let row = outcome.logits[i * classes..<(i + 1) * classes]
            let peak = row.max()!
            let logSum = Double(log(row.reduce(0) { $0 + exp($1 - peak) }) + peak)
            outcome.loss += logSum - Double(row[row.startIndex + Int(label)])
            let isRight = row[row.startIndex + Int(label)] == peak
            right += isRight ? 1 : 0
            if label != LabelledClip.notADigit {
                digits += 1
                rightDigits += isRight ? 1 : 0
            }
        }
        let count = max(outcome.labels.count, 1)
        outcome.loss /= Double(count)
        outcome.accuracy = Double(right) / Double(count)
        outcome.digitAccuracy = Double(rightDigits) / Double(max(digits, 1))
        return outcome
    }
}
