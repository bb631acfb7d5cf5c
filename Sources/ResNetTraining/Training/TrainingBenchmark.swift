import Dispatch
import ResNet

/// How fast this machine trains: whole steps (forward, backward, AdamW with its average) on windows that are already there.
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
}
