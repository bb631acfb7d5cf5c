import ResNet
import Testing

@testable import ResNetTraining

/// The network and its optimiser as a whole. Batches are small, because plain loops are slow in debug builds.
@Suite(.serialized) struct TrainingNetworkTests {
    private func batch(of count: Int, seed: UInt32) -> (windows: [Float], labels: [Int32]) {
        var generator = LCG(seed: seed)
        return (generator.values(count * ResNet18Topology.inputCount), (0..<count).map { Int32($0 * 5 % 11) })
    }

    @Test func sameSeedGivesTheSameWeights_bitForBit() throws {
        func train(seed: UInt64) throws -> (WeightsFile, WeightsFile, [Float]) {
            let network = try TrainingNetwork(batchSize: 2, threads: 2)
            try network.initialise(seed: seed)
            let optimiser = AdamW(network)
            let losses = try (0..<2).map { step in
                let (windows, labels) = batch(of: 2, seed: UInt32(step))
                let loss = try network.accumulateGradients(windows: windows, labels: labels, smoothing: 0.05).loss
                optimiser.update(learningRate: 1e-3)
                return loss
            }
            return (try network.weights(), try optimiser.averagedWeights(), losses)
        }
        let (first, second) = (try train(seed: 5), try train(seed: 5))
        #expect(first.2 == second.2)
        #expect(Set(first.0.tensors.keys) == Set(ResNet18Topology.parameters.map(\.name)))
        for (name, _) in ResNet18Topology.parameters {
            #expect(areSameBits(first.0.tensors[name], second.0.tensors[name]), "\(name)")
            #expect(areSameBits(first.1.tensors[name], second.1.tensors[name]), "average of \(name)")
        }
    }

    @Test func lossFallsOnOneBatch() throws {
        let network = try TrainingNetwork(batchSize: 4, threads: 1)
        try network.load(TrainingStepTests.weights())
        let optimiser = AdamW(network)
        let (windows, labels) = batch(of: 4, seed: 1)
        var losses: [Float] = []
        var correct = 0
        for _ in 0..<5 {
            let result = try network.accumulateGradients(windows: windows, labels: labels, smoothing: 0)
            losses.append(result.loss)
            correct = result.correct
            optimiser.update(learningRate: 1e-3)
        }
        #expect(losses[4] < 0.2 * losses[0], "\(losses)")
        #expect(correct == 4)
    }

    /// With the batch's own statistics as the running ones, inference is the training pass: both mean the same network.
    @Test func inferenceWithTheBatchsStatisticsGivesTheSameLogits() throws {
        let network = try TrainingNetwork(batchSize: 4, threads: 1)
        var weights = TrainingStepTests.weights()
        for (name, _) in ResNet18Topology.parameters {
            guard let count = weights.tensors[name]?.values.count else { continue }
            if name.hasSuffix("running_mean") { weights.tensors[name]?.values = [Float](repeating: 0, count: count) }
            if name.hasSuffix("running_var") { weights.tensors[name]?.values = [Float](repeating: 0, count: count) }
        }
        try network.load(weights)
        let (windows, labels) = batch(of: 4, seed: 2)
        _ = try network.accumulateGradients(windows: windows, labels: labels, smoothing: 0)
        // Starting from 0, a tenth of the batch's statistics; training divides by the biased variance.
        for statistic in network.statistics {
            let areas = ["layer1": 10 * 24, "layer2": 5 * 12, "layer3": 3 * 6, "layer4": 2 * 3]
            let size = Float(4 * (areas[String(statistic.name.prefix(6))] ?? 20 * 48))
            let factor = statistic.name.hasSuffix("running_var") ? 10 * (size - 1) / size : 10
            statistic.values = statistic.values.map { factor * $0 }
        }
        let inference = try ResNet18(weights: try network.weights(), batchSize: 4)
        var logits = [Float](repeating: 0, count: 44)
        var span = logits.mutableSpan
        inference.logits(windows.span, into: &span)
        let difference = relativeDifference(logits, network.head.logits.doubles)
        #expect(difference < 1e-4)
    }

    @Test func updateIsAdamWsRule_withDecayOfWeightsOnlyAndAnAverage() throws {
        let network = try TrainingNetwork(batchSize: 2, threads: 1)
        try network.load(TrainingStepTests.weights())
        let optimiser = AdamW(network, weightDecay: 0.1, averageDecay: 0.9)
        let watched = try ["fc.weight", "fc.bias"].map { name in
            try #require(network.parameters.first { $0.name == name })
        }
        var w = try watched.map { Double(try $0.exported()[3]) }
        var average = w
        var m = [0.0, 0.0]
        var v = [0.0, 0.0]
        for step in 1...3 {
            let rate = 0.01 * Double(step)
            for (i, parameter) in watched.enumerated() {
                let g = 0.5 - 0.3 * Double(step) + Double(i)
                for j in 0..<parameter.storedCount { parameter.gradient.floats[j] = Float(g) }
                m[i] = 0.9 * m[i] + 0.1 * g
                v[i] = 0.999 * v[i] + 0.001 * g * g
                w[i] *= i == 0 ? 1 - rate * 0.1 : 1
                let (mean, square) = (m[i] / (1 - pow(0.9, step)), v[i] / (1 - pow(0.999, step)))
                w[i] -= rate * mean / (square.squareRoot() + 1e-8)
                average[i] += (1 - min(0.9, Double(1 + step) / Double(10 + step))) * (w[i] - average[i])
            }
            optimiser.update(learningRate: Float(rate))
            let averaged = try optimiser.averagedWeights()
            for (i, parameter) in watched.enumerated() {
                #expect(abs(Double(try parameter.exported()[3]) - w[i]) < 1e-6, "\(parameter.name), step \(step)")
                let found = try #require(averaged.tensors[parameter.name]).values[3]
                #expect(abs(Double(found) - average[i]) < 1e-6, "average of \(parameter.name), step \(step)")
            }
        }
    }

    private func pow(_ base: Double, _ exponent: Int) -> Double { (0..<exponent).reduce(1) { x, _ in x * base } }

    @Test(arguments: [TrainingPrecision.float32, .bfloat16])
    func noReferenceLoopsInTheNetwork(precision: TrainingPrecision) throws {
        guard precision.isNative else { return }
        // oneDNN's reference code is hundreds of times slower; a shape that falls to it is a bug of the layer.
        let network = try TrainingNetwork(batchSize: 2, threads: 1, precision: precision)
        for (name, implementations) in network.implementations {
            #expect(!implementations.contains { $0.hasPrefix("ref") }, "\(name): \(implementations)")
        }
    }
}
