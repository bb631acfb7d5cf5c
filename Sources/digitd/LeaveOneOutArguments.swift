import ArgumentParser
import Evaluation
import Foundation
import ResNetTraining

/// How the networks of `digitd evaluate --leave-one-speaker-out` are trained.
struct LeaveOneOutArguments: ParsableArguments {
    @Flag(
        help: "Train a network for each FSDD speaker on everything else, and judge it on that speaker. Takes hours.")
    var leaveOneSpeakerOut = false
    @Option(
        help: ArgumentHelp(
            "Where the networks are kept; the same command goes on with them after an interruption.",
            valueName: "dir"), completion: .directory)
    var output: String?
    @Option(
        help: ArgumentHelp("A network without FSDD to go on from instead of training one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var base: String?
    @Option(
        help: ArgumentHelp(
            "Epochs on everything but FSDD, once for all speakers; 0 for none. (default: \(Self.standard.baseEpochs))",
            valueName: "n"))
    var baseEpochs: Int?
    @Option(
        help: ArgumentHelp(
            "Epochs for each speaker, from there. (default: \(Self.standard.foldEpochs))", valueName: "n"))
    var foldEpochs: Int?
    @Option(
        help: ArgumentHelp(
            "Networks for each speaker, seeds apart, of which the mean is judged. (default: \(Self.standard.foldNetworks))",
            valueName: "n"))
    var foldNetworks: Int?
    @Option(help: ArgumentHelp("Windows an epoch. (default: one for each training clip)", valueName: "n"))
    var windows: Int?
    @Option(help: ArgumentHelp("Windows of a speaker's epoch. (default: as --windows)", valueName: "n"))
    var foldWindows: Int?
    @Option(help: ArgumentHelp("Windows a step. (default: \(Self.standard.training.batchSize))", valueName: "n"))
    var batchSize: Int?
    @Option(
        help: ArgumentHelp(
            "Peak of the base's learning-rate schedule. (default: \(Self.standard.training.learningRate))",
            valueName: "x"))
    var learningRate: Float?
    @Option(
        help: ArgumentHelp(
            "Peak of each speaker's. (default: \(Self.standard.foldLearningRate))", valueName: "x"))
    var foldLearningRate: Float?
    @Option(help: ArgumentHelp("Chooses everything that is random.", valueName: "n"))
    var seed: UInt64?
    @Option(help: ArgumentHelp("Threads of the training. (default: one for each processor)", valueName: "n"))
    var threads: Int?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "How often a data directory is drawn in training, relative to others.", valueName: "name=factor"))
    var setWeight: [Train.SetWeight] = []
    @Flag(help: "Train for recordings that are cut into their words, as digitd train --trimmed does.")
    var trimmed = false

    private static let standard = LeaveOneSpeakerOut.Options(directory: "")

    func validate() throws {
        let given = [
            ("output", output != nil), ("base", base != nil), ("base-epochs", baseEpochs != nil),
            ("fold-epochs", foldEpochs != nil), ("fold-networks", foldNetworks != nil), ("windows", windows != nil),
            ("fold-windows", foldWindows != nil),
            ("batch-size", batchSize != nil), ("learning-rate", learningRate != nil),
            ("fold-learning-rate", foldLearningRate != nil), ("seed", seed != nil), ("threads", threads != nil),
            ("set-weight", !setWeight.isEmpty), ("trimmed", trimmed),
        ]
        if !leaveOneSpeakerOut, let name = given.first(where: \.1)?.0 {
            throw ValidationError("--\(name) is for --leave-one-speaker-out only.")
        }
        guard !leaveOneSpeakerOut || output != nil else {
            throw ValidationError("--leave-one-speaker-out needs --output, a directory to keep its networks in.")
        }
        if base != nil, baseEpochs != nil { throw ValidationError("Give --base or --base-epochs, not both.") }
        try validateNumbers()
    }

    private func validateNumbers() throws {
        let counts = [
            ("base-epochs", baseEpochs, 0...100_000), ("fold-epochs", foldEpochs, 1...100_000),
            ("fold-networks", foldNetworks, 1...100),
            ("windows", windows, 1...1_000_000_000), ("fold-windows", foldWindows, 1...1_000_000_000),
            ("batch-size", batchSize, 2...4096), ("threads", threads, 1...1024),
        ]
        for (name, value, range) in counts where value.map({ !range.contains($0) }) ?? false {
            throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound).")
        }
        let batch = batchSize ?? Self.standard.training.batchSize
        for (name, value) in [("windows", windows), ("fold-windows", foldWindows)] {
            if let value, value < batch { throw ValidationError("--\(name) must be at least --batch-size, \(batch).") }
        }
        for (name, value) in [("learning-rate", learningRate), ("fold-learning-rate", foldLearningRate)] {
            guard value.map({ $0 > 0 && $0.isFinite }) ?? true else {
                throw ValidationError("--\(name) must be more than 0.")
            }
        }
    }

    /// The run that is asked for.
    func options(data: [String], trainOnly: [String]) -> LeaveOneSpeakerOut.Options {
        var options = LeaveOneSpeakerOut.Options(directory: output ?? "")
        options.training.directories = data
        options.training.batchSize = batchSize ?? options.training.batchSize
        options.training.windowsPerEpoch = windows
        options.training.learningRate = learningRate ?? options.training.learningRate
        options.training.seed = seed ?? options.training.seed
        options.training.threads = threads ?? processorCount
        options.training.split.setsOnlyTrained = Set(trainOnly)
        for weight in setWeight { options.training.sampler.setWeights[weight.name] = weight.factor }
        if trimmed { options.training.trainForTrimmedRecordings() }
        options.baseWeights = base
        options.baseEpochs = baseEpochs ?? options.baseEpochs
        options.foldEpochs = foldEpochs ?? options.foldEpochs
        options.foldNetworks = foldNetworks ?? options.foldNetworks
        options.foldLearningRate = foldLearningRate ?? options.foldLearningRate
        options.foldWindowsPerEpoch = foldWindows
        return options
    }
}
