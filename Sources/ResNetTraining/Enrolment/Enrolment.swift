import ResNet

/// Adapts a trained network to one person and room, from a few clips of each digit and nothing else.
///
/// What the network knew of other people is kept without any recording of them: batch norm keeps its statistics, the
/// learning rate is low, targets hold part of what the network said before, and all of it for clips changed so far that
/// other people might have said them; and the result lies between the old weights and the new.
///
/// Cost: `windows` training steps' worth; 45 MB each for weights, gradients and the optimiser's three copies.
public struct Enrolment {
    /// The options.
    public let options: EnrolmentOptions

    /// An enrolment with these options.
    public init(_ options: EnrolmentOptions = EnrolmentOptions()) { self.options = options }

    /// How an enrolment is getting on.
    public struct Progress: Sendable {
        /// Steps done.
        public var step: Int
        /// Steps in all.
        public var steps: Int
        /// The step's loss, in nats.
        public var loss: Float
    }

    /// Learns from `store`.
    ///
    /// - Parameters:
    ///   - weights: the network to adapt.
    ///   - store: the person's clips, some of each digit.
    ///   - report: called on the calling thread after every step.
    ///   - shouldStop: asked before every step; true ends the enrolment.
    /// - Returns: the adapted tensors with the metadata of `weights`, in which the ranges for int8, where there are some, reach what
    ///   this person's windows need too; nil if it was stopped.
    /// - Throws: `DataError`, `WeightsError`, `TrainingError` or a oneDNN error, each one sentence.
    public func run(
        _ weights: WeightsFile, store: ClipStore, report: (Progress) -> Void = { _ in },
        shouldStop: () -> Bool = { false }
    ) throws -> WeightsFile? {
        let network = try TrainingNetwork(
            batchSize: options.batchSize, threads: options.threads, statistics: .fixed)
        network.freeze(allBut: Self.names(options.part))
        // The decay is towards zero, which is not where these weights come from.
        let optimiser = AdamW(network, weightDecay: 0, averageDecay: 0)
        try network.load(weights)
        let teacher = try Teacher(weights, options)
        let steps = max(1, options.windows / options.batchSize)
        let oldRanges = try ActivationRanges(metadata: weights.metadata)
        var rangeWindows: [Float] = []
        let anchorCount = min(options.batchSize - 1, Int(Float(options.batchSize) * options.anchorFraction))
        let own = try loader(store, options.batchSize - anchorCount, steps, options.seed, options.augmentation)
        defer { own.cancel() }
        let anchors =
            try anchorCount > 0
            ? loader(store, anchorCount, steps, options.seed ^ 0x414E_4348_4F52, options.anchorAugmentation) : nil
        defer { anchors?.cancel() }
        for step in 0..<steps {
            if shouldStop() { return nil }
            guard let batch = own.next() else { break }
            let anchor = anchors?.next()
            let windows = batch.windows + (anchor?.windows ?? [])
            if oldRanges != nil, rangeWindows.count < Self.rangeWindowCount * NetworkShape.standard.inputCount {
                rangeWindows += windows
            }
            let loss = try network.accumulateGradients(
                windows: windows, targets: teacher.targets(windows, labels: batch.labels))
            guard loss.isFinite else { throw TrainingError.diverged(epoch: 1) }
            optimiser.update(learningRate: options.learningRate(at: Float(step) / Float(steps)))
            report(Progress(step: step + 1, steps: steps, loss: loss))
        }
        var result = weights.moved(towards: try network.weights(), by: options.interpolation)
        if let oldRanges {
            let ranges = try ActivationRanges.measured(on: rangeWindows.span, weights: result)
            result.metadata.merge(oldRanges.widened(to: ranges).metadata) { $1 }
        }
        return result
    }

    /// Windows, or up to a batch more, that the ranges for int8 are measured on.
    private static let rangeWindowCount = 256

    private func loader(
        _ store: ClipStore, _ count: Int, _ steps: Int, _ seed: UInt64, _ augmentation: AugmentationParameters
    ) throws -> BatchLoader {
        let sampler = try Sampler(store: store, seed: seed, parameters: options.sampler, drawsOfficialTest: true)
        return try BatchLoader(
            store: store, sampler: sampler,
            plan: BatchPlan(batchSize: count, batchesPerEpoch: steps, epochs: 0..<1, seed: seed),
            parameters: augmentation)
    }

    private static func names(_ part: EnrolmentOptions.Part) -> Set<String> {
        Set(
            ResNet18Topology.parameters.map(\.name).filter { name in
                switch part {
                case .all: true
                case .lastStage: name.hasPrefix("layer4.") || name.hasPrefix("fc.")
                case .norms: name.contains("bn") || name.contains("downsample.1") || name.hasPrefix("fc.")
                case .head: name.hasPrefix("fc.")
                }
            })
    }
}

/// What a network is to say of a batch: part label, part what it said before.
private final class Teacher {
    private let network: ResNet18
    private let options: EnrolmentOptions
    private let classCount: Int

    init(_ weights: WeightsFile, _ options: EnrolmentOptions) throws(WeightsError) {
        self.options = options
        classCount = NetworkShape.standard.classCount
        network = try ResNet18(weights: weights, batchSize: options.batchSize, threads: options.threads)
    }

    /// Rows of probabilities; windows after those with a label have none, and stay what they are to the network.
    func targets(_ windows: [Float], labels: [Int32]) -> [Float] {
        let count = windows.count / NetworkShape.standard.inputCount
        var logits = [Float](repeating: 0, count: count * classCount)
        var span = logits.mutableSpan
        network.logits(windows.span, into: &span)
        let judgements = Judgements(
            logits: logits, labels: labels + Array(repeating: 0, count: count - labels.count))
        return (0..<count).flatMap { row in
            let old = judgements.probabilities(row)
            guard row < labels.count else { return old.map { Float($0) } }
            let isDigit = labels[row] < LabelledClip.notADigit
            let share = isDigit ? options.distillation : options.negativeDistillation
            return (0..<classCount).map { label in
                let new =
                    options.labelSmoothing / Float(classCount)
                    + (label == Int(labels[row]) ? 1 - options.labelSmoothing : 0)
                return (1 - share) * new + share * Float(old[label])
            }
        }
    }
}

extension WeightsFile {
    /// The tensors on the way to those of another network, with this one's metadata; tensors that the other lacks stay.
    func moved(towards other: WeightsFile, by part: Float) -> WeightsFile {
        var result = self
        for (name, tensor) in tensors {
            guard let target = other.tensors[name], target.shape == tensor.shape else { continue }
            result.tensors[name]!.values = zip(tensor.values, target.values).map { $0 + part * ($1 - $0) }
        }
        return result
    }
}
