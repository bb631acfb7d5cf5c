import ResNet
import Testing

@testable import ResNetTraining

@Suite struct NetworkAverageTests {
    private static func network(_ value: Float) -> WeightsFile {
        var file = WeightsFile()
        for (name, shape) in ResNet18Topology.parameters(classCount: ResNet18Topology.classCount) {
            file.tensors[name] = WeightTensor(
                shape: shape, values: [Float](repeating: value, count: shape.reduce(1, *)))
        }
        return file
    }

    @Test func everyTensorIsTheMean_andOthersAreLeftOut() throws {
        var first = Self.network(1)
        first.tensors["fc.bias"]!.values[3] = 4
        first.tensors["extra"] = WeightTensor(shape: [1], values: [9])
        let mean = NetworkAverage.mean([first, Self.network(2), Self.network(3)])
        try ResNet18Topology.validate(mean)
        #expect(mean.tensors["extra"] == nil && mean.tensors.count == first.tensors.count - 1)
        #expect(abs(mean.tensors["fc.bias"]!.values[3] - 3) < 1e-5)
        #expect(mean.tensors["layer4.1.bn2.running_var"]!.values.allSatisfy { abs($0 - 2) < 1e-5 })
    }

    @Test func missingFileIsNamed() {
        #expect(throws: WeightsError.self) {
            _ = try NetworkAverage.run(["/nowhere/a", "/nowhere/b"], options: TrainingOptions()) { _ in }
        }
    }
}
