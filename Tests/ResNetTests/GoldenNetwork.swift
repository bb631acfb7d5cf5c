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

    fileprivate static func content(of name: String) throws -> Data {
        try Data(contentsOf: Bundle.module.bundleURL.appending(path: "Golden").appending(path: name))
    }
}

/// Logits of utterances, read from Golden/utterances.json.
struct GoldenUtterance: Decodable {
    let framesPerColumn: Int
    /// Frames of 40 values each, from the LCG.
    let frames: Int
    /// A row of 13 for each column.
    let logits: [[Float]]

    enum CodingKeys: String, CodingKey {
        case framesPerColumn = "frames_per_column"
        case frames, logits
    }

    static func all() throws -> [GoldenUtterance] {
        try JSONDecoder().decode([GoldenUtterance].self, from: GoldenLogits.content(of: "utterances.json"))
    }

    /// [frames][40]
    var input: [Float] {
        var generator = LCG(seed: 3)
        return generator.values(40 * frames).map { $0 * 1.75 }
    }
}

/// The network of Golden/lcg.json: every tensor from one sequence of the LCG, in torchvision's order, scaled so that
/// activations keep their size through the layers.
let goldenNetwork = lcgNetwork(classCount: ResNet18Topology.classCount)

/// The same with so many outputs.
func lcgNetwork(classCount: Int) -> WeightsFile {
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
        let values = [Float](unsafeUninitializedCapacity: count) { values, initialized in
            for i in 0..<count { values.initializeElement(at: i, to: generator.next() * scale + offset) }
            initialized = count
        }
        weights.tensors[name] = WeightTensor(shape: shape, values: values)
    }
    return weights
}

/// The network that digitd ships.
let shippedNetwork: Result<WeightsFile, any Error> = Result {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
    return try WeightsFile(
        contentsOf: package.appending(path: "Sources/digitd/Resources/digits.safetensors").standardized.path)
}
