import Foundation

/// One step's windows and labels.
public struct Batch: Sendable {
    /// The epoch this batch belongs to.
    public var epoch: Int
    /// Its place in the epoch, from 0.
    public var index: Int
    /// `labels.count` windows one after the other.
    public var windows: [Float]
    /// Labels, 0...10.
    public var labels: [Int32]
}

/// Batches in their order.
protocol BatchSource {
    /// The next batch; nil after the last, or once cancelled.
    func next() -> Batch?
    /// Ends what makes them.
    func cancel()
}

/// How epochs are cut into batches.
public struct BatchPlan: Sendable, Hashable {
    /// Windows in a batch.
    public var batchSize: Int
    /// Batches in an epoch.
    public var batchesPerEpoch: Int
    /// The epochs to make; a resumed run starts at a later one.
    public var epochs: Range<Int>
    /// Chooses every augmentation.
    public var seed: UInt64

    /// A plan of `epochs`.
    public init(batchSize: Int, batchesPerEpoch: Int, epochs: Range<Int>, seed: UInt64) {
        self.batchSize = batchSize
        self.batchesPerEpoch = batchesPerEpoch
        self.epochs = epochs
        self.seed = seed
    }
}

/// Prepares batches on threads of its own while the network learns from the ones before.
///
/// Workers take batches in turn and the queue hands them out in order, so the batches do not depend on the number of
/// threads. The queue is bounded: workers wait when it is full, so memory stays flat. One reader at a time.
public final class BatchLoader: BatchSource, @unchecked Sendable {
    // Sendable: every mutable property is used with `condition` locked.
    private let condition = NSCondition()
    private var finished: [Int: Batch] = [:]
    private var nextToMake = 0
    private var nextToGive = 0
    private var isCancelled = false

    private let store: ClipStore
    private let sampler: Sampler
    private let plan: BatchPlan
    private let capacity: Int
    private let total: Int

    /// Starts the workers.
    ///
    /// - Parameters:
    ///   - capacity: batches kept ready, at least 1; a batch of 64 takes 1 MB.
    ///   - threads: workers, at least 1.
    public init(
        store: ClipStore, sampler: Sampler, plan: BatchPlan,
        parameters: AugmentationParameters = .standard, capacity: Int = 8, threads: Int = 1
    ) throws(DataError) {
        self.store = store
        self.sampler = sampler
        self.plan = plan
        self.capacity = max(1, capacity)
        total = plan.epochs.count * plan.batchesPerEpoch
        // The front end is tried here, so that a worker cannot fail.
        _ = try WindowMaker(store: store, parameters: parameters)
        for number in 0..<max(1, threads) {
            let thread = Thread { [weak self] in
                guard let maker = try? WindowMaker(store: store, parameters: parameters) else { return }
                Self.work(maker) { self }
            }
            thread.name = "batch-\(number)"
            thread.start()
        }
    }

    deinit { condition.broadcast() }

    /// The next batch in order; waits for it. Nil after the last, or once cancelled.
    public func next() -> Batch? {
        condition.lock()
        defer { condition.unlock() }
        guard nextToGive < total else { return nil }
        while finished[nextToGive] == nil && !isCancelled { condition.wait() }
        guard !isCancelled, let batch = finished.removeValue(forKey: nextToGive) else { return nil }
        nextToGive += 1
        condition.broadcast()
        return batch
    }

    /// Ends the workers after the batch each is at; `next()` gives nil from now on.
    public func cancel() {
        condition.lock()
        isCancelled = true
        condition.broadcast()
        condition.unlock()
    }

    /// Makes batches until none is left. The loader is held only for the time of a step, so that it can go away.
    private static func work(_ maker: consuming WindowMaker, loader: () -> BatchLoader?) {
        while let self = loader() {
            guard let number = self.claim() else { return }
            guard number >= 0 else { continue }
            let batch = self.make(number, maker: &maker)
            self.deliver(batch, number: number)
        }
    }

    /// The number of a batch to make; nil when there is none left; -1 to ask again.
    private func claim() -> Int? {
        condition.lock()
        defer { condition.unlock() }
        guard !isCancelled && nextToMake < total else { return nil }
        if nextToMake >= nextToGive + capacity {
            // With a limit, so that a loader that nobody holds any more is let go.
            _ = condition.wait(until: Date(timeIntervalSinceNow: 0.5))
            return -1
        }
        nextToMake += 1
        return nextToMake - 1
    }

    private func deliver(_ batch: Batch, number: Int) {
        condition.lock()
        finished[number] = batch
        condition.broadcast()
        condition.unlock()
    }

    private func make(_ number: Int, maker: inout WindowMaker) -> Batch {
        let epoch = plan.epochs.lowerBound + number / plan.batchesPerEpoch
        let index = number % plan.batchesPerEpoch
        var batch = Batch(epoch: epoch, index: index, windows: [], labels: [])
        batch.windows.reserveCapacity(plan.batchSize * WindowShape.count)
        batch.labels.reserveCapacity(plan.batchSize)
        var window = [Float](repeating: 0, count: WindowShape.count)
        for i in 0..<plan.batchSize {
            let position = index * plan.batchSize + i
            let draw = sampler.draw(epoch: epoch, position: position)
            var output = window.mutableSpan
            maker.makeWindow(draw, seed: plan.seed, epoch: epoch, position: position, into: &output)
            batch.windows.append(contentsOf: window)
            batch.labels.append(Int32(draw.label))
        }
        return batch
    }
}
