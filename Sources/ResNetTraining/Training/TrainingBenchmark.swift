import Dispatch
import ResNet

/// How fast this machine trains: whole steps (forward, backward, AdamW with its average) on windows that are already
/// there.
public enum TrainingBenchmark {
    /// Takes `steps` steps after two that are not counted, which fault memory in and start OpenMP's threads.
    ///
    /// - Returns: windows a second, of the median step: others may share the machine.
    public static func run(
        batchSize: Int, threads: Int, precision: TrainingPrecision, steps: Int
    ) throws -> Double {
        let network = try TrainingNetwork(batchSize: batchSize, threads: threads, precision: precision)
        try network.initialise(seed: 1)
        let optimiser = AdamW(network)
        var random = SplitMix64(seed: 1)
        let windows = (0..<batchSize * network.shape.inputCount).map { _ in random.normal() }
        let labels = (0..<batchSize).map { Int32($0 % network.shape.classCount) }
        var seconds: [Double] = []
        for step in 0..<steps + 2 {
            let start = DispatchTime.now().uptimeNanoseconds
            _ = try network.accumulateGradients(windows: windows, labels: labels, smoothing: 0.05)
            optimiser.update(learningRate: 1e-4)
            if step >= 2 { seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9) }
        }
        return Double(batchSize) / seconds.sorted()[steps / 2]
    }

    /// The same for a network with logits a column, on rows that are full of utterances of two seconds with four digits
    /// each.
    ///
    /// - Returns: seconds of sound trained on a second, of the median step.
    public static func run(
        rows: Int, frames: Int, framesPerColumn: Int, threads: Int, precision: TrainingPrecision, steps: Int
    ) throws -> Double {
        let shape = NetworkShape(inputHeight: 40, inputWidth: frames, classCount: 13, framesPerColumn: framesPerColumn)
        let network = try TrainingNetwork(batchSize: rows, shape: shape, threads: threads, precision: precision)
        try network.initialise(seed: 1)
        let optimiser = AdamW(network)
        var random = SplitMix64(seed: 1)
        let input = (0..<rows * shape.inputCount).map { _ in random.normal() }
        var target = CTCTarget(gap: OutputSet(12))
        for digit in [4, 7, 1, 1] { target.append(OutputSet(digit), gap: OutputSet(12)) }
        let length = 200 / framesPerColumn
        let targets = (0..<rows).flatMap { row in
            stride(from: 0, through: shape.columnCount - length, by: length).map {
                PlacedTarget(row: row, columns: $0..<$0 + length, target: target)
            }
        }
        var seconds: [Double] = []
        for step in 0..<steps + 2 {
            let start = DispatchTime.now().uptimeNanoseconds
            _ = try network.accumulateGradients(rows: input, targets: targets)
            optimiser.update(learningRate: 1e-4)
            if step >= 2 { seconds.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-9) }
        }
        return Double(rows * frames) / 100 / seconds.sorted()[steps / 2]
    }
}
