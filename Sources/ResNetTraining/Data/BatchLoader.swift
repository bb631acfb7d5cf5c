import Foundation

/// One step's windows and labels.
public struct Batch: Sendable {
    /// The epoch this batch belongs to.
    public var epoch: Int
    /// Its place in the epoch, from 0.
    public var index: Int
    /// `labels.count` windows one after the other.
    public var windows: [Float]
    /// Labels, 0...10; empty for rows of utterances.
    public var labels: [Int32]
    /// What stands in rows of utterances, and where.
    public var utterances: [PlacedTarget] = []

    /// How many windows or utterances it holds.
    public var count: Int { labels.count + utterances.count }
}

/// Makes batches, one at a time and on one thread; the same number always gives the same batch.
protocol BatchMaker: AnyObject {
    func make(epoch: Int, index: Int) -> Batch
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

    private let plan: BatchPlan
    private let capacity: Int
    private let total: Int

    /// Starts workers that make windows.
    ///
    /// - Parameters:
    ///   - capacity: batches kept ready, at least 1; a batch of 64 takes 1 MB.
    ///   - threads: workers, at least 1.
    public convenience init(
        store: ClipStore, sampler: Sampler, plan: BatchPlan,
        parameters: AugmentationParameters = .standard, capacity: Int = 8, threads: Int = 1
    ) throws(DataError) {
        try self.init(plan: plan, capacity: capacity, threads: threads) { () throws(DataError) in
            WindowBatches(try WindowMaker(store: store, parameters: parameters), sampler, plan)
        }
    }

    /// Starts workers, each with a maker of its own.
    ///
    /// - Parameters:
    ///   - capacity: batches kept ready, at least 1.
    ///   - threads: workers, at least 1.
    init(
        plan: BatchPlan, capacity: Int = 8, threads: Int = 1,
        maker: @escaping @Sendable () throws(DataError) -> any BatchMaker
    ) throws(DataError) {
        self.plan = plan
        self.capacity = max(1, capacity)
        total = plan.epochs.count * plan.batchesPerEpoch
        // The front end is tried here, so that a worker cannot fail.
        _ = try maker()
        for number in 0..<max(1, threads) {
            let thread = Thread { [weak self] in
                guard let maker = try? maker() else { return }
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
    private static func work(_ maker: any BatchMaker, loader: () -> BatchLoader?) {
        while let self = loader() {
            guard let number = self.claim() else { return }
            guard number >= 0 else { continue }
            let (epoch, index) = number.quotientAndRemainder(dividingBy: self.plan.batchesPerEpoch)
            let batch = maker.make(epoch: self.plan.epochs.lowerBound + epoch, index: index)
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
}

/// Batches of windows, each with its label.
private final class WindowBatches: BatchMaker {
    private var maker: WindowMaker
    private let sampler: Sampler
    private let plan: BatchPlan

    init(_ maker: consuming WindowMaker, _ sampler: Sampler, _ plan: BatchPlan) {
        self.maker = maker
        self.sampler = sampler
        self.plan = plan
    }

    func make(epoch: Int, index: Int) -> Batch {
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
