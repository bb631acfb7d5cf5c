import Foundation
import ResNet

/// Logits that PyTorch computed, read from Golden/; make_golden.py makes them.
struct GoldenLogits: Decodable {
    /// "lcg", or the name of a file of little-endian floats beside the JSON file.
    private let windows: String
    /// Rows of 11.
    let logits: [[Float]]

    init(named name: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Self.content(of: "\(name).json"))
    }

    /// All windows, 3,840 values each.
    func inputs() throws -> [Float] {
        if windows == "lcg" {
            var generator = LCG(seed: 2)
            return (0..<logits.count * ResNet18Topology.inputCount).map { _ in generator.next() * 1.75 }
        }
        return try Self.content(of: windows).withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    }

    private static func content(of name: String) throws -> Data {
        try Data(contentsOf: Bundle.module.bundleURL.appending(path: "Golden").appending(path: name))
    }
}

/// The network of Golden/lcg.json: every tensor from one sequence of the LCG, in torchvision's order, scaled so that
/// activations keep their size through the layers.
let goldenNetwork: WeightsFile = {
    var generator = LCG(seed: 1)
    var weights = WeightsFile()
    for (name, shape) in ResNet18Topology.parameters {
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
        let values = [Float](unsafeUninitializedCapacity: count) { values, initialized in
            for i in 0..<count { values.initializeElement(at: i, to: generator.next() * scale + offset) }
            initialized = count
        }
        weights.tensors[name] = WeightTensor(shape: shape, values: values)
    }
    return weights
}()

/// The network that digitd ships.
let shippedNetwork: Result<WeightsFile, any Error> = Result {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    return try WeightsFile(
        contentsOf: package.appending(path: "Sources/digitd/Resources/digits.safetensors").standardized.path)
}
