import Foundation
import ResNet

/// Held-out windows with the network's answers.
struct Validation {
    private let sets: [(windows: [Float], labels: [Int32])]
    private let shape: NetworkShape

    /// The clips of a store in each of some variants.
    init(store: ClipStore, variants: [EvaluationSet.Variant]) throws {
        sets = try variants.map {
            let set = try EvaluationSet(store: store, variant: $0)
            return (set.windows, set.labels)
        }
        shape = .standard
    }

    /// Clips as they are.
    init(_ inputs: ClipInputs, shape: NetworkShape) {
        sets = [(inputs.windows, inputs.labels)]
        self.shape = shape
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
        /// More for a person; nil where there is none.
        let detail: String?

        init(loss: Double, accuracy: Double, digitAccuracy: Double, detail: String? = nil) {
            judgements = Judgements(logits: [], labels: [])
            (self.loss, self.accuracy, self.digitAccuracy, self.detail) = (loss, accuracy, digitAccuracy, detail)
        }

        init(_ judgements: Judgements) {
            self.judgements = judgements
            detail = nil
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
        let network = try ResNet18(weights: weights, shape: shape, batchSize: 32, threads: threads)
        return judge { windows in
            var logits = [Float](repeating: 0, count: windows.count / shape.inputCount * shape.classCount)
            var span = logits.mutableSpan
            network.logits(windows.span, into: &span)
            return logits
        }
    }

    func judge(_ teachers: TeacherEnsemble) -> Outcome {
        // Logarithms of probabilities are logits: their softmax is the probabilities.
        judge { teachers.probabilities($0).map { log(max($0, .leastNormalMagnitude)) } }
    }

    private func judge(_ answer: ([Float]) -> [Float]) -> Outcome {
        var judgements = Judgements(logits: [], labels: [])
        for set in sets {
            let logits = answer(set.windows)
            judgements.append(Judgements(logits: logits, labels: set.labels, classCount: shape.classCount))
        }
        return Outcome(judgements)
    }
}
