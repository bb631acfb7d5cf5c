import ArgumentParser
import Foundation
import Glibc
import ResNet
import ResNetTraining

/// `digitd train`: recordings to a weights file.
struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Trains the network on directories of recordings.",
        discussion: """
            A data directory holds FSDD's layout, recordings/{digit}_{speaker}_{index}.wav, or labelled folders, \
            <0-9>/<speaker>_<n>.wav (or .flac, .ogg). Any other folder is speech that is not a digit, and \
            _background_noise_ is noise to mix in. FSDD's test clips (index 0 to 4) are never trained on.

            Speakers are held out to validate with; the best epoch by them is written. Beside the output stand \
            .metrics.csv, with a row an epoch, .svg, a plot of them, and until the end .checkpoint: the same command given \
            again goes on from there after an interruption. The same seed gives the same network on the same machine.

            --average trains nothing: it writes the mean of networks of which one was trained from another, with temperature \
            and threshold fitted on the speakers held out, and the activations' ranges, which int8 needs, measured on training \
            windows. Give --data and --train-only as they were trained with. One network alone, trained elsewhere perhaps, is \
            only fitted and measured.

            --teachers are trained networks, of which the new one learns what they say together of every window, besides \
            the label: one network then comes near what they know between them.

            With --split random a fifth of all clips, drawn by the seed, is left out instead, FSDD's test clips among them; \
            the last epoch is written, and digitd evaluate --split-test judges the fifth.

            --recipe numbers trains a network for numbers said in one breath, which hears utterances of any length. Its \
            directories may also hold recordings of several words with a file text: a line for each, its name without \
            ending, then its words. --windows and --batch-size count rows of 5.12 s, each full of utterances. --init takes \
            a network of this recipe, or all but the last layer of one of the standard recipe.

            --recipe seed trains as the reference project did, for comparison: on pictures of 16 by 128 (digitd mel \
            --recipe seed), on four fifths of the digits drawn at random, with Adam at 0.001 in batches of 16, times 0.9 \
            every 20 epochs, for 300 epochs; the best epoch by the fifth left out is written. Its checkpoint comes every 10 \
            epochs, and may be gone on from with another --epochs. All layers are trained; with \
            --init, which then takes torchvision's ImageNet weights as safetensors, only the first convolution and the head.
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Data directories; may be given more than once.", valueName: "dir"), completion: .directory)
    var data: [String]
    @Option(help: ArgumentHelp("Weights file to write.", valueName: "file"), completion: .file())
    var output: String
    @Option(
        name: .customLong("init"), help: ArgumentHelp("Weights file to start from.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var initialWeights: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Weights files to write the mean of, instead of training.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var average: [String] = []
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Weights files of trained networks to learn from besides the labels.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var teachers: [String] = []
    @Option(
        help: ArgumentHelp(
            "How much of what is learned of a window the teachers say. (default: \(TrainingOptions().teacherShare))",
            valueName: "x"))
    var teacherShare: Float?
    @Option(help: "How to train: standard, numbers or seed.")
    var recipe: Recipe = .standard
    @Option(help: "What is left out to validate with: speakers or random.")
    var split: SplitKind?
    @Option(help: ArgumentHelp("Chooses everything that is random.", valueName: "n"))
    var seed: UInt64 = TrainingOptions().seed
    @Option(
        help: ArgumentHelp(
            "Epochs to train. (default: \(TrainingOptions().epochs), with --recipe seed "
                + "\(TrainingOptions(.seed).epochs))", valueName: "n"))
    var epochs: Int?
    @Option(help: ArgumentHelp("Windows an epoch. (default: one for each training clip)", valueName: "n"))
    var windows: Int?
    @Option(
        help: ArgumentHelp("Windows a step. (default: \(TrainingOptions().batchSize))", valueName: "n"))
    var batchSize: Int?
    @Option(help: "With --recipe numbers: frames for each column of labels, 4 or 8. (default: 4)")
    var framesPerColumn: Int?
    @Option(help: ArgumentHelp("Threads of the network. (default: one for each processor)", valueName: "n"))
    var threads: Int?
    @Option(
        help: ArgumentHelp(
            "Peak of the learning-rate schedule. (default: \(TrainingOptions().learningRate))", valueName: "x"))
    var learningRate: Float?
    @Option(help: "Arithmetic: f32 or bf16. (default: bf16 where the processor has it; with --recipe seed f32)")
    var precision: TrainingPrecision?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Data directories, by their last name, that no speaker is held out of.", valueName: "name"))
    var trainOnly: [String] = []
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("How often a data directory is drawn, relative to others.", valueName: "name=factor"))
    var setWeight: [SetWeight] = []
    @Flag(
        help: ArgumentHelp(
            "Train for recordings that are cut into their words, not for live microphones.",
            discussion: """
                Windows then lack much of a word at either end. A network that knows such words hears more digits in talk and \
                music too.
                """))
    var trimmed = false

    /// `NAME=FACTOR`.
    struct SetWeight: ExpressibleByArgument {
        let name: String
        let factor: Double

        init?(argument: String) {
            guard let sign = argument.lastIndex(of: "="), sign > argument.startIndex,
                let factor = Double(argument[argument.index(after: sign)...]), factor >= 0, factor.isFinite
            else { return nil }
            name = String(argument[..<sign])
            self.factor = factor
        }
    }

    func validate() throws {
        let counts = [
            ("epochs", epochs, 1...100_000), ("windows", windows, 1...1_000_000_000),
            ("batch-size", batchSize, 2...4096), ("threads", threads, 1...1024),
        ]
        for (name, value, range) in counts where value.map({ !range.contains($0) }) ?? false {
            throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound).")
        }
        let batchSize = options.batchSize
        if let windows, windows < batchSize {
            throw ValidationError("--windows must be at least --batch-size, \(batchSize).")
        }
        guard options.learningRate > 0, options.learningRate.isFinite else {
            throw ValidationError("--learning-rate must be more than 0.")
        }
        if let framesPerColumn {
            guard recipe == .numbers, [4, 8].contains(framesPerColumn) else {
                throw ValidationError("--frames-per-column is 4 or 8, and of --recipe numbers.")
            }
        }
        if let teacherShare {
            guard !teachers.isEmpty else { throw ValidationError("--teacher-share is of --teachers; give some.") }
            guard teacherShare > 0, teacherShare <= 1 else {
                throw ValidationError("--teacher-share must be more than 0 and at most 1.")
            }
        }
        if recipe == .seed { try refuseWhatTheRecipeFixes() }
        if recipe == .numbers { try refuseWhatNumbersLack() }
        if !average.isEmpty { try refuseWhatAveragingIgnores() }
        let sets = DataSet.names(ofDirectories: data)
        for name in trainOnly + setWeight.map(\.name) where !sets.contains(name) {
            throw ValidationError("There is no data directory named \(name), only \(sets.joined(separator: ", ")).")
        }
    }

    private func refuseWhatTheRecipeFixes() throws {
        let given = [
            ("split", split != nil), ("windows", windows != nil), ("batch-size", batchSize != nil),
            ("learning-rate", learningRate != nil), ("train-only", !trainOnly.isEmpty),
            ("set-weight", !setWeight.isEmpty), ("teachers", !teachers.isEmpty), ("trimmed", trimmed),
        ]
        if let name = given.first(where: \.1)?.0 {
            throw ValidationError("--recipe seed fixes what --\(name) would change; leave --\(name) out.")
        }
    }

    private func refuseWhatNumbersLack() throws {
        let given = [("split random", split == .random), ("teachers", !teachers.isEmpty), ("trimmed", trimmed)]
        if let name = given.first(where: \.1)?.0 {
            throw ValidationError("--recipe numbers has no --\(name); leave --\(name) out.")
        }
    }

    private func refuseWhatAveragingIgnores() throws {
        let given = [
            ("init", initialWeights != nil), ("recipe seed", recipe == .seed), ("split random", split == .random),
            ("epochs", epochs != nil), ("windows", windows != nil), ("learning-rate", learningRate != nil),
            ("teachers", !teachers.isEmpty), ("trimmed", trimmed),
        ]
        if let name = given.first(where: \.1)?.0 {
            throw ValidationError("--average trains nothing; leave --\(name) out.")
        }
    }

    func run() throws {
        try refuseEarly()
        guard average.isEmpty else {
            var report = TrainingReport()
            let weights = try NetworkAverage.run(average, options: options) { report.show($0) }
            try report.clear()
            return try report.finish(weights, output)
        }
        let signals = StopSignals()
        var report = TrainingReport()
        let weights = try Trainer(options).run(report: { report.show($0) }, shouldStop: { signals.isStopWished })
        try report.clear()
        guard let weights else {
            let hint =
                FileManager.default.fileExists(atPath: options.checkpointPath)
                ? "give the same command again to go on from its checkpoint"
                : "there is no checkpoint yet, so the same command begins anew"
            throw CommandFailure(.failed, "Training was stopped; \(hint).")
        }
        try report.finish(weights, output)
    }

    /// What would otherwise come out only after the data is read, or after the first epoch.
    private func refuseEarly() throws {
        for path in [output, options.checkpointPath, options.metricsPath, options.plotPath] {
            var status = stat()
            guard stat(path, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
                throw CommandFailure(.failed, "\(path) is not a regular file; give another --output.")
            }
        }
        for path in teachers { try ResNet18Topology.validate(try WeightsFile(contentsOf: path)) }
        if let path = initialWeights {
            switch recipe {
            case .standard: try ResNet18Topology.validate(try WeightsFile(contentsOf: path))
            case .numbers:
                let file = try WeightsFile(contentsOf: path)
                // A network with other outputs lends all but its last layer.
                let outputs = file.tensors["fc.bias"]?.shape.first
                try ResNet18Topology.validate(file, classCount: outputs ?? ResNet18Topology.classCount)
            case .seed: _ = try ImageNetWeights.read(path)
            }
        }
        let directory = URL(fileURLWithPath: output).deletingLastPathComponent().path
        guard access(directory, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                .failed, "\(output) cannot be written; make the directory \(directory), or give another --output.")
        }
    }

    private var options: TrainingOptions {
        var options = TrainingOptions(recipe)
        options.directories = data
        options.output = output
        options.initialWeights = initialWeights
        options.seed = seed
        options.epochs = epochs ?? options.epochs
        options.windowsPerEpoch = windows
        options.batchSize = batchSize ?? options.batchSize
        options.threads = threads ?? processorCount
        options.learningRate = learningRate ?? options.learningRate
        options.precision = precision ?? options.precision
        options.teachers = teachers
        options.teacherShare = teacherShare ?? options.teacherShare
        options.splitKind = split ?? options.splitKind
        options.split.setsOnlyTrained = Set(trainOnly)
        for weight in setWeight {
            options.sampler.setWeights[weight.name] = weight.factor
            options.utterances.setWeights[weight.name] = weight.factor
        }
        options.framesPerColumn = framesPerColumn ?? options.framesPerColumn
        if trimmed { options.trainForTrimmedRecordings() }
        return options
    }
}

extension TrainingPrecision: ExpressibleByArgument {}
extension SplitKind: ExpressibleByArgument {}
extension Recipe: ExpressibleByArgument {}
