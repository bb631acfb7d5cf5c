import ResNet

/// Held-out windows with the network's answers.
struct Validation {
    /// Each clip as `classify` sees it, and as the live path cuts it out of noise.
    let sets: [EvaluationSet]

    init(store: ClipStore) throws {
        sets = try [.clip, .live(ratio: 30), .live(ratio: 12)].map { try EvaluationSet(store: store, variant: $0) }
    }

    /// How a network did.
    struct Outcome {
        /// The logits of every set in turn, with the labels.
        let judgements: Judgements
        /// Mean cross-entropy, in nats.
        let loss: Double
        /// Share of all windows labelled right, other words included.
        let accuracy: Double
        /// Share of the digits among them labelled right.
        let digitAccuracy: Double

        init(_ judgements: Judgements) {
            self.judgements = judgements
            loss = judgements.negativeLogLikelihood()
            let matrix = judgements.confusion()
            let right = (0..<LabelledClip.labelCount).map { matrix[label: $0, answer: $0] }
            let others = matrix.clips(of: LabelledClip.notADigit)
            accuracy = Double(right.reduce(0, +)) / Double(max(matrix.total, 1))
            digitAccuracy =
                Double(right[..<LabelledClip.notADigit].reduce(0, +)) / Double(max(matrix.total - others, 1))
        }
    }

    func judge(_ weights: WeightsFile, threads: Int) throws -> Outcome {
        let network = try ResNet18(weights: weights, batchSize: 32, threads: threads)
        var logits: [Float] = []
        var labels: [Int32] = []
        for set in sets {
            var part = [Float](repeating: 0, count: set.labels.count * ResNet18Topology.classCount)
            var span = part.mutableSpan
            network.logits(set.windows.span, into: &span)
            logits += part
            labels += set.labels
        }
        return Outcome(Judgements(logits: logits, labels: labels))
    }
}
