import Foundation
import ResNet

extension TrainingNetwork {
    /// The network's present weights under torchvision's names, without metadata.
    public func weights() throws -> WeightsFile {
        var file = WeightsFile()
        for parameter in parameters {
            file.tensors[parameter.name] = WeightTensor(shape: parameter.shape, values: try parameter.exported())
        }
        for statistic in statistics {
            file.tensors[statistic.name] = WeightTensor(shape: [statistic.values.count], values: statistic.values)
        }
        return file
    }

    /// Takes weights with torchvision's names; throws where one is missing or has another shape.
    public func load(_ file: WeightsFile) throws {
        try ResNet18Topology.validate(file, classCount: shape.classCount)
        try load(file, except: [])
    }

    /// Takes weights but for some, of a file that is known to hold the others.
    func load(_ file: WeightsFile, except: Set<String>) throws {
        for parameter in parameters where !except.contains(parameter.name) {
            try parameter.load(file.tensors[parameter.name]!.values)
        }
        for statistic in statistics { statistic.values = file.tensors[statistic.name]!.values }
    }
}

extension AdamW {
    /// The averaged weights under torchvision's names, without metadata.
    public func averagedWeights() throws -> WeightsFile {
        // An average without memory would only round.
        guard averageDecay > 0 else { return try network.weights() }
        var file = WeightsFile()
        for state in states {
            file.tensors[state.parameter.name] = WeightTensor(
                shape: state.parameter.shape, values: try state.exported(state.average))
        }
        for (statistic, values) in zip(network.statistics, averageStatistics) {
            file.tensors[statistic.name] = WeightTensor(shape: [values.count], values: values)
        }
        return file
    }

    private static let prefixes = ["moment1.", "moment2.", "average."]

    /// Adds moments and averages to a checkpoint.
    func save(into file: inout WeightsFile) throws {
        for state in states {
            for (prefix, values) in zip(AdamW.prefixes, [state.first, state.second, state.average]) {
                file.tensors[prefix + state.parameter.name] = WeightTensor(
                    shape: state.parameter.shape, values: try state.exported(values))
            }
        }
        for (statistic, values) in zip(network.statistics, averageStatistics) {
            file.tensors["average." + statistic.name] = WeightTensor(shape: [values.count], values: values)
        }
        file.metadata["optimiser.step"] = "\(step)"
    }

    /// Takes them back.
    func restore(from file: WeightsFile) throws {
        func values(_ name: String) throws -> [Float] {
            guard let tensor = file.tensors[name] else { throw TrainingError.unusableCheckpoint(missing: name) }
            return tensor.values
        }
        for state in states {
            for (prefix, target) in zip(AdamW.prefixes, [state.first, state.second, state.average]) {
                try state.load(try values(prefix + state.parameter.name), into: target)
            }
        }
        for (i, statistic) in network.statistics.enumerated() {
            averageStatistics[i] = try values("average." + statistic.name)
        }
        guard let step = file.metadata["optimiser.step"].flatMap({ Int($0) }) else {
            throw TrainingError.unusableCheckpoint(missing: "optimiser.step")
        }
        self.step = step
    }
}

/// A run's state between epochs: enough that a killed run goes on as if it had not been.
struct Checkpoint {
    var epochsDone = 0
    var bestScore = -Double.infinity
    var best: WeightsFile?

    private static let bestPrefix = "best."

    func write(_ path: String, _ network: TrainingNetwork, _ optimiser: AdamW, _ options: TrainingOptions) throws {
        var file = try network.weights()
        try optimiser.save(into: &file)
        for (name, tensor) in best?.tensors ?? [:] { file.tensors[Checkpoint.bestPrefix + name] = tensor }
        file.metadata["checkpoint.epochs_done"] = "\(epochsDone)"
        file.metadata["checkpoint.best_score"] = "\(bestScore)"
        file.metadata["checkpoint.options"] = options.fingerprint
        try file.write(to: path, precision: .f32)
    }

    /// The state of an earlier run with the same options, or nil where there is none.
    static func resume(
        _ path: String, _ network: TrainingNetwork, _ optimiser: AdamW, _ options: TrainingOptions
    ) throws -> Checkpoint? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let file = try WeightsFile(contentsOf: path)
        guard file.metadata["checkpoint.options"] == options.fingerprint else {
            throw TrainingError.otherCheckpoint(path: path)
        }
        try network.load(file)
        try optimiser.restore(from: file)
        var checkpoint = Checkpoint()
        checkpoint.epochsDone = file.metadata["checkpoint.epochs_done"].flatMap { Int($0) } ?? 0
        guard checkpoint.epochsDone <= options.epochs else {
            throw TrainingError.furtherCheckpoint(path: path, epochs: checkpoint.epochsDone)
        }
        checkpoint.bestScore = file.metadata["checkpoint.best_score"].flatMap { Double($0) } ?? -.infinity
        var best = WeightsFile()
        for (name, tensor) in file.tensors where name.hasPrefix(bestPrefix) {
            best.tensors[String(name.dropFirst(bestPrefix.count))] = tensor
        }
        checkpoint.best = best.tensors.isEmpty ? nil : best
        return checkpoint
    }
}

/// Why a run cannot start or go on.
public enum TrainingError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A checkpoint without something that a run needs.
    case unusableCheckpoint(missing: String)
    /// A checkpoint of a run with other options.
    case otherCheckpoint(path: String)
    /// A checkpoint of more epochs than are wanted.
    case furtherCheckpoint(path: String, epochs: Int)
    /// The loss is no longer a number.
    case diverged(epoch: Int)
    /// Fewer training clips than a batch.
    case tooFewClips(count: Int, batchSize: Int)
    /// No speaker is left to validate with.
    case noValidation
    /// The weights to start from are not ImageNet's.
    case notImageNet(path: String, problem: String)

    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .unusableCheckpoint(let missing):
            "The checkpoint lacks \(missing); delete it to train from the start."
        case .otherCheckpoint(let path):
            "\(path) belongs to a run with other options; delete it, or give the options of that run to resume it."
        case .furtherCheckpoint(let path, let epochs):
            "\(path) is of \(epochs) epochs; give --epochs \(epochs) or more to go on from it, or delete it."
        case .diverged(let epoch):
            "The loss stopped being a number in epoch \(epoch); train with a lower --learning-rate."
        case .tooFewClips(let count, let batchSize):
            "\(count) training clips are fewer than a batch of \(batchSize); add data or give a smaller --batch-size."
        case .noValidation:
            "No speaker is left for validation; give data with at least four speakers of every digit."
        case .notImageNet(let path, let problem):
            "\(path) does not hold ImageNet's resnet18: \(problem); save torchvision's weights as safetensors."
        }
    }
}
