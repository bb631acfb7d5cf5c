import ResNet

/// Trained networks whose answers another network learns: part label, part what they say together.
///
/// The mean of their probabilities is right more often than any of them, and tells how sure one can be of a window
/// (Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015). They hear the very windows that the
/// network hears, augmented as they are (Beyer et al., "Knowledge distillation: a good teacher is patient and consistent",
/// 2022), so where a digit has drowned in noise nobody has to learn to be certain of it.
final class TeacherEnsemble {
    private let networks: [ResNet18]
    private let shape: NetworkShape
    /// What each of them was trained by, as their files say.
    let origins: [String]
    /// The files that do not say that they were trained with the same speakers held out.
    let otherSplits: [String]

    /// - Parameters:
    ///   - paths: weights files of the standard recipe, at least one.
    ///   - split: the speakers that the network to be taught is judged by.
    ///   - threads: OpenMP threads of a call.
    init(_ paths: [String], split: SpeakerSplitRecord?, threads: Int) throws(WeightsError) {
        shape = .standard
        var networks: [ResNet18] = []
        var origins: [String] = []
        var otherSplits: [String] = []
        for path in paths {
            let weights = try WeightsFile(contentsOf: path)
            networks.append(
                try ResNet18(
                    weights: weights, shape: shape, batchSize: 32, threads: threads, precision: .fastest(for: weights)))
            origins.append(weights.metadata["trained.by"] ?? "unknown")
            if SpeakerSplitRecord(metadata: weights.metadata)?.digest != split?.digest { otherSplits.append(path) }
        }
        self.networks = networks
        self.origins = origins
        self.otherSplits = otherSplits
    }

    /// The mean of the teachers' probabilities.
    ///
    /// - Parameter windows: whole windows, [40, 96] each.
    /// - Returns: rows of `shape.classCount` probabilities, each row adding up to 1.
    func probabilities(_ windows: [Float]) -> [Float] {
        let count = windows.count / shape.inputCount
        let share = 1 / Float(networks.count)
        var result = [Float](repeating: 0, count: count * shape.classCount)
        var logits = result
        let labels = [Int32](repeating: 0, count: count)
        for network in networks {
            var span = logits.mutableSpan
            network.logits(windows.span, into: &span)
            let judgements = Judgements(logits: logits, labels: labels)
            for row in 0..<count {
                for (label, probability) in judgements.probabilities(row).enumerated() {
                    result[row * shape.classCount + label] += share * Float(probability)
                }
            }
        }
        return result
    }

    /// What a network is to say of a batch.
    ///
    /// - Parameters:
    ///   - batch: windows and their labels.
    ///   - smoothing: of the labels, as in PyTorch's `CrossEntropyLoss(label_smoothing:)`.
    ///   - share: the teachers' part, 0...1; the rest is the smoothed label's.
    /// - Returns: rows of probabilities, each adding up to 1.
    func targets(_ batch: Batch, smoothing: Float, share: Float) -> [Float] {
        var result = probabilities(batch.windows)
        let classCount = shape.classCount
        for (row, label) in batch.labels.enumerated() {
            for k in 0..<classCount {
                let hard = smoothing / Float(classCount) + (k == Int(label) ? 1 - smoothing : 0)
                result[row * classCount + k] = (1 - share) * hard + share * result[row * classCount + k]
            }
        }
        return result
    }
}
