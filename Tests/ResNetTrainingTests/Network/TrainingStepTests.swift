import Foundation
import ResNet
import Testing

@testable import ResNetTraining

/// Two whole training steps against PyTorch's, which Golden/make_golden_step.py computed in double precision.
///
/// Twenty layers of f32 sums leave relative errors of 4e-6 to 8e-6 in every tensor's gradient (PyTorch's own f32: 3e-6 to
/// 7e-6, measured). Tolerances are some twenty times that; one activation on the wrong side of zero gives 1e-3, a wrong
/// formula 1e-2 and more.
@Suite(.serialized) struct TrainingStepTests {
    struct Golden: Decodable {
        struct Step: Decodable {
            var labels: [Int32]
            var loss: Double
            var logits: [Double]
        }
        struct ParameterSamples: Decodable {
            var norm: Double
            var indices: [Int]
            var gradient: [Double]
            var updated: [Double]
        }
        struct StatisticSamples: Decodable {
            var indices: [Int]
            var values: [Double]
        }
        var seed: UInt32
        var batch: Int
        var learningRate: Float
        var weightDecay: Float
        var smoothing: Float
        var steps: [Step]
        var parameters: [String: ParameterSamples]
        var statistics: [String: StatisticSamples]

        static func load() throws -> Golden {
            let url = Bundle.module.bundleURL.appending(path: "Golden").appending(path: "step.json")
            return try JSONDecoder().decode(Golden.self, from: try Data(contentsOf: url))
        }
    }

    @Test func stepIsPyTorchs() throws {
        let golden = try Golden.load()
        let network = try TrainingNetwork(batchSize: golden.batch, threads: 1)
        try network.load(Self.weights())
        let optimiser = AdamW(network, weightDecay: golden.weightDecay)
        var generator = LCG(seed: golden.seed)
        let windows = generator.values(2 * golden.batch * ResNet18Topology.inputCount).map { 1.75 * $0 }
        func step(_ index: Int) throws -> Float {
            let count = golden.batch * ResNet18Topology.inputCount
            return try network.accumulateGradients(
                windows: Array(windows[index * count..<(index + 1) * count]), labels: golden.steps[index].labels,
                smoothing: golden.smoothing
            ).loss
        }

        let loss = try step(0)
        #expect(abs(Double(loss) - golden.steps[0].loss) < 1e-5 * golden.steps[0].loss)
        let logitDifference = relativeDifference(network.head.logits, golden.steps[0].logits)
        #expect(logitDifference < 3e-5)

        #expect(Set(network.parameters.map(\.name)) == Set(golden.parameters.keys))
        for parameter in network.parameters {
            let expected = try #require(golden.parameters[parameter.name])
            let gradient = try parameter.gradientValues()
            let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
            #expect(abs(norm - expected.norm) < 1e-4 * expected.norm, "norm of \(parameter.name)'s gradient")
            for (i, value) in zip(expected.indices, expected.gradient) {
                // The samples are at least half the tensor's root mean square.
                #expect(
                    abs(Double(gradient[i]) - value) < 3e-4 * abs(value), "gradient of \(parameter.name), element \(i)")
            }
        }

        optimiser.update(learningRate: golden.learningRate)
        let updated = try network.weights()
        for (name, expected) in golden.parameters {
            let values = try #require(updated.tensors[name]).values
            for (i, value) in zip(expected.indices, expected.updated) {
                // The update is the learning rate, 1e-3, times the gradient's sign, plus the decay: this is 0.1 % of it.
                #expect(abs(Double(values[i]) - value) < 1e-6, "updated \(name), element \(i)")
            }
        }
        for (name, expected) in golden.statistics {
            let values = try #require(updated.tensors[name]).values
            for (i, value) in zip(expected.indices, expected.values) {
                #expect(abs(Double(values[i]) - value) < 1e-5 * max(abs(value), 1), "\(name), element \(i)")
            }
        }

        // The second step sees every updated weight at once. Elements whose gradient is nearly zero go either way by the
        // learning rate, so it is only as near as they are few.
        let second = try step(1)
        #expect(abs(Double(second) - golden.steps[1].loss) < 1e-3 * golden.steps[1].loss)
        let secondDifference = relativeDifference(network.head.logits, golden.steps[1].logits)
        #expect(secondDifference < 3e-3)
    }

    /// The network of make_golden_step.py: every tensor from one sequence of the LCG, in torchvision's order, scaled so
    /// that activations keep their size through the layers.
    static func weights(classCount: Int = ResNet18Topology.classCount) -> WeightsFile {
        var generator = LCG(seed: 1)
        var weights = WeightsFile()
        for (name, shape) in ResNet18Topology.parameters(classCount: classCount) {
            let count = shape.reduce(1, *)
            let scale: Float
            let offset: Float
            if shape.count > 1 {
                (scale, offset) = (Float((6 / Double(count / shape[0])).squareRoot()), 0)
            } else if name.hasSuffix("running_var") {
                (scale, offset) = (0.5, 1)
            } else if name.hasSuffix(".weight") {
                (scale, offset) = (0.5, 0.75)
            } else {
                (scale, offset) = (0.25, 0)
            }
            weights.tensors[name] = WeightTensor(
                shape: shape, values: generator.values(count).map { $0 * scale + offset })
        }
        return weights
    }
}
