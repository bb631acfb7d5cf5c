import ResNet

/// torchvision's resnet18 as trained on ImageNet: three input channels and 1,000 classes.
public enum ImageNetWeights {
    /// What a network of ours has in other shapes, and therefore does not take from it.
    static let replaced: Set<String> = ["conv1.weight", "fc.weight", "fc.bias"]

    /// Reads such a file.
    ///
    /// - Throws: `WeightsError` for a file that cannot be read, `TrainingError.notImageNet` for another network's.
    public static func read(_ path: String) throws -> WeightsFile {
        let file = try WeightsFile(contentsOf: path)
        for (name, shape) in ResNet18Topology.parameters(classCount: 1000) {
            let wanted = name == "conv1.weight" ? [shape[0], 3, shape[2], shape[3]] : shape
            guard let tensor = file.tensors[name] else {
                throw TrainingError.notImageNet(path: path, problem: "the tensor \(name) is missing")
            }
            guard tensor.shape == wanted else {
                throw TrainingError.notImageNet(
                    path: path, problem: "the tensor \(name) has the shape \(tensor.shape) and not \(wanted)")
            }
            if name.hasSuffix(".running_var"), tensor.values.contains(where: { $0 < 0 }) {
                throw TrainingError.notImageNet(path: path, problem: "the tensor \(name) holds a negative variance")
            }
        }
        return file
    }
}

extension TrainingNetwork {
    /// Takes all layers but the first convolution and the head, which keep what they have.
    ///
    /// - Parameter file: as `ImageNetWeights.read` gives it.
    func loadImageNet(_ file: WeightsFile) throws {
        for parameter in parameters where !ImageNetWeights.replaced.contains(parameter.name) {
            try parameter.load(file.tensors[parameter.name]!.values)
        }
        for statistic in statistics { statistic.values = file.tensors[statistic.name]!.values }
    }
}
