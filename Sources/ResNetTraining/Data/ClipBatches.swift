import ResNet

/// Batches of windows that never change: in each epoch every window at most once, in an order of its own.
///
/// What does not fill the last batch of an epoch is left out of it; which windows those are changes by epoch. The order
/// depends on (seed, epoch) alone.
final class ClipBatches: BatchSource {
    private let inputs: ClipInputs
    private let inputCount: Int
    private let plan: BatchPlan
    private var number = 0
    private var order: [Int] = []

    /// - Parameters:
    ///   - inputs: at least `plan.batchSize * plan.batchesPerEpoch` windows.
    ///   - shape: of the windows.
    init(_ inputs: ClipInputs, shape: NetworkShape, plan: BatchPlan) {
        precondition(plan.batchSize * plan.batchesPerEpoch <= inputs.labels.count, "more batches than windows")
        self.inputs = inputs
        inputCount = shape.inputCount
        self.plan = plan
    }

    func next() -> Batch? {
        let epoch = plan.epochs.lowerBound + number / plan.batchesPerEpoch
        let index = number % plan.batchesPerEpoch
        guard epoch < plan.epochs.upperBound else { return nil }
        if index == 0 {
            var random = SeededRandom(seed: plan.seed ^ 0x4F52_4445_52, epoch: epoch)
            order = inputs.labels.indices.shuffled(using: &random)
        }
        number += 1
        var batch = Batch(epoch: epoch, index: index, windows: [], labels: [])
        batch.windows.reserveCapacity(plan.batchSize * inputCount)
        for clip in order[index * plan.batchSize..<(index + 1) * plan.batchSize] {
            batch.windows += inputs.windows[clip * inputCount..<(clip + 1) * inputCount]
            batch.labels.append(inputs.labels[clip])
        }
        return batch
    }

    func cancel() { number = plan.epochs.count * plan.batchesPerEpoch }
}
