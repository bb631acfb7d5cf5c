import CDNNL
import Foundation
import ResNet

/// Trains the network: data in, a weights file out.
///
/// Runs on the calling thread from start to end; one more thread prepares batches.
public struct Trainer {
    /// The run's options.
    public let options: TrainingOptions

    /// A trainer for these options.
    public init(_ options: TrainingOptions) { self.options = options }

    /// Trains, or goes on from the checkpoint that an interrupted run with the same options left.
    ///
    /// - Parameters:
    ///   - report: called on the calling thread with progress.
    ///   - shouldStop: asked after every step; true ends the run at once, leaving the last epoch's checkpoint.
    /// - Returns: the shipped weights, or nil if the run was stopped.
    /// - Throws: `DataError`, `WeightsError`, `TrainingError` or a oneDNN error, each one sentence.
    public func run(
        report: (TrainingProgress) -> Void, shouldStop: () -> Bool = { false }
    ) throws -> WeightsFile? {
        let started = DispatchTime.now()
        let setup = try makeSetup(report)

        let stepsPerEpoch = (options.windowsPerEpoch ?? setup.clipCount) / options.batchSize
        guard stepsPerEpoch > 0 else {
            throw TrainingError.tooFewClips(count: setup.clipCount, batchSize: options.batchSize)
        }
        let network = try makeNetwork(setup.shape, report)
        setup.prepare(network)
        let optimiser = AdamW(network, weightDecay: options.weightDecay, averageDecay: options.averageDecay)
        var state = Checkpoint()
        if let resumed = try Checkpoint.resume(options.checkpointPath, network, optimiser, options) {
            state = resumed
            report(.note("resuming after epoch \(state.epochsDone)"))
        } else {
            try setup.initialise(network)
            optimiser.resetAverage()
        }
        var log = MetricsLog(
            path: options.metricsPath, columns: EpochMetrics.columns, resumingAfter: state.epochsDone)

        let loader = try setup.batches(
            BatchPlan(
                batchSize: options.batchSize, batchesPerEpoch: stepsPerEpoch, epochs: state.epochsDone..<options.epochs,
                seed: options.seed))
        defer { loader.cancel() }
        var meter = EpochMeter()
        let stepsLeft = (options.epochs - state.epochsDone) * stepsPerEpoch
        var stepsDone = 0
        let firstStep = DispatchTime.now()
        while let batch = loader.next() {
            if shouldStop() { return nil }
            let progress = Double(batch.epoch * stepsPerEpoch + batch.index) / Double(options.epochs * stepsPerEpoch)
            let rate = options.learningRate(epoch: batch.epoch, progress: progress)
            let result = try network.accumulateGradients(
                batch, targets: setup.targets(batch), smoothing: options.labelSmoothing)
            guard result.loss.isFinite else { throw TrainingError.diverged(epoch: batch.epoch + 1) }
            optimiser.update(learningRate: rate)
            meter.add(loss: result.loss, correct: result.correct, count: batch.count)
            stepsDone += 1
            let seconds = Self.seconds(since: firstStep)
            report(
                .step(
                    epoch: batch.epoch + 1, step: batch.index + 1, stepsPerEpoch: stepsPerEpoch, loss: result.loss,
                    windowsPerSecond: meter.windowsPerSecond,
                    secondsLeft: seconds / Double(stepsDone) * Double(stepsLeft - stepsDone)))
            guard batch.index + 1 == stepsPerEpoch else { continue }

            let averaged = try optimiser.averagedWeights()
            let windowsPerSecond = meter.windowsPerSecond
            let outcome = try setup.judge(averaged)
            let metrics = EpochMetrics(
                epoch: batch.epoch + 1, learningRate: rate, trainingLoss: meter.meanLoss,
                trainingAccuracy: meter.accuracy, validationLoss: outcome.loss, validationAccuracy: outcome.accuracy,
                digitAccuracy: outcome.digitAccuracy, windowsPerSecond: windowsPerSecond,
                seconds: Self.seconds(since: started))
            state.epochsDone = batch.epoch + 1
            let score = setup.score(outcome, epoch: state.epochsDone)
            if score > state.bestScore {
                state.bestScore = score
                state.best = averaged
            }
            try log.append(metrics.row)
            try LinePlot.write(
                EpochMetrics.plots(of: log, training: setup.trainingName), to: options.plotPath)
            if state.epochsDone.isMultiple(of: options.checkpointInterval) {
                try state.write(options.checkpointPath, network, optimiser, options)
            }
            report(.epoch(metrics))
            if let detail = outcome.detail { report(.note(detail)) }
            meter = EpochMeter()
        }

        guard var best = state.best else { return nil }
        best.metadata = try setup.metadata(try setup.judge(best), of: best)
        if let ranges = try setup.activationRanges(best) { best.metadata.merge(ranges.metadata) { $1 } }
        try best.write(to: options.output, precision: .f16)
        try? FileManager.default.removeItem(atPath: options.checkpointPath)
        return best
    }

    private func makeSetup(_ report: (TrainingProgress) -> Void) throws -> any TrainingSetup {
        switch options.recipe {
        case .standard: try StandardSetup(options, report: report)
        case .numbers: try NumbersSetup(options, report: report)
        case .seed: try ReferenceSetup(options, report: report)
        }
    }

    private func makeNetwork(
        _ shape: NetworkShape, _ report: (TrainingProgress) -> Void
    ) throws -> TrainingNetwork {
        func make(_ precision: TrainingPrecision) throws -> TrainingNetwork {
            let network = try TrainingNetwork(
                batchSize: options.batchSize, shape: shape, threads: options.threads, precision: precision)
            report(.note("\(precision.rawValue) on \(options.threads) threads"))
            return network
        }
        if let precision = options.precision { return try make(precision) }
        // Long rows are computed faster in f32 where there are no tiles (35 against 17 s of sound a second, measured).
        let isFaster = options.recipe != .numbers || ddn_cpu_has_bfloat16_tiles()
        if TrainingPrecision.bfloat16.isNative, isFaster, let network = try? make(.bfloat16) { return network }
        return try make(.float32)
    }

    private static func seconds(since start: DispatchTime) -> Double {
        Double(DispatchTime.now().uptimeNanoseconds - start.uptimeNanoseconds) * 1e-9
    }
}

/// Sums over an epoch.
private struct EpochMeter {
    private var loss = 0.0
    private var correct = 0
    private var count = 0
    private var steps = 0
    private let started = DispatchTime.now()

    mutating func add(loss: Float, correct: Int, count: Int) {
        self.loss += Double(loss)
        self.correct += correct
        self.count += count
        steps += 1
    }

    var meanLoss: Double { loss / Double(max(steps, 1)) }
    var accuracy: Double { Double(correct) / Double(max(count, 1)) }
    var windowsPerSecond: Double {
        Double(count) / (Double(DispatchTime.now().uptimeNanoseconds - started.uptimeNanoseconds) * 1e-9)
    }
}
