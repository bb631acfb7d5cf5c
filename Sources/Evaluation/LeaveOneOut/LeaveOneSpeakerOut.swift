import AtomicFile
import DigitRecognizer
import Foundation
import MelSpectrogram
import ResNet
import ResNetTraining

/// How well FSDD's speakers are recognised by networks that have never heard them: one network for each speaker left out,
/// trained on everything else.
///
/// Training is long, so what the networks have in common is trained once: a base without any FSDD speaker. Each fold goes
/// on from it with the other speakers. Nothing of the speaker left out is seen before the end: the best epoch,
/// temperature and threshold are chosen on the held-out speakers of other sets. FSDD's official test clips of the others
/// stay out of training as ever.
///
/// A fold may train several networks, seeds apart, and be their mean, as the network that ships is of several runs.
///
/// A directory holds the work: `base.safetensors`, one weights file a speaker (and `<speaker>-<n>.safetensors`, what it is the mean
/// of), and the checkpoint of the one in training. A run that was killed goes on when it is started again with the same options.
public struct LeaveOneSpeakerOut: Sendable {
    /// How the networks are trained.
    public struct Options: Sendable {
        /// Data, batches, split and drawing of all of them; `output`, `initialWeights` and what follows are set by each.
        public var training = TrainingOptions()
        /// Where weights and checkpoints are kept.
        public var directory: String
        /// Weights that have never heard an FSDD speaker, to go on from instead of training a base.
        public var baseWeights: String?
        /// Epochs of the base; 0 begins each fold with random weights.
        public var baseEpochs = 10
        /// Epochs of each fold.
        public var foldEpochs = 4
        /// Networks of each fold, at least 1; with more, the fold is their mean.
        public var foldNetworks = 1
        /// Peak of a fold's learning-rate schedule, where it goes on from a base.
        public var foldLearningRate: Float = 5e-4
        /// Windows of a fold's epoch; nil as for the base.
        public var foldWindowsPerEpoch: Int?

        /// The defaults, with everything in `directory`.
        public init(directory: String) { self.directory = directory }
    }

    /// Why a run cannot begin or go on. Each is one sentence that says what to do.
    public enum Failure: Error, Sendable, Equatable, CustomStringConvertible {
        /// The data has fewer than two FSDD speakers.
        case noSpeakers
        /// A part of the work is of a run with other options.
        case otherOptions(path: String)
        /// The weights to go on from have heard FSDD.
        case baseHeardFSDD(path: String, set: String)
        /// The directory or a file in it cannot be written.
        case unwritable(path: String, reason: String)

        /// One sentence.
        public var description: String {
            switch self {
            case .noSpeakers:
                "There are not two speakers in FSDD's layout to leave out; give a directory with "
                    + "recordings/<digit>_<speaker>_<n>.wav with --data."
            case .otherOptions(let path):
                "\(path) is of a run with other options; give the options of that run to go on with it, or another --output."
            case .baseHeardFSDD(let path, let set):
                "The network \(path) was trained on \(set) and has heard the speakers to leave out; "
                    + "give one that was trained without it, or none."
            case .unwritable(let path, let reason):
                "Cannot write \"\(path)\": \(reason)."
            }
        }
    }

    /// How a run is getting on.
    public enum Progress: Sendable {
        /// A network's training begins: its name, which of how many it is, from 1.
        case begins(name: String, number: Int, of: Int)
        /// A network is there already.
        case found(name: String)
        /// Something of the training itself.
        case training(name: String, TrainingProgress)
        /// A fold is judged.
        case judged(LeaveOneOutFigures.Fold)
    }

    private let options: Options

    /// A run with these options.
    public init(_ options: Options) { self.options = options }

    /// FSDD's speakers in a data set, by name.
    public static func speakers(of data: DataSet) -> [String] {
        Set(data.clips.filter(\.isFSDD).map(\.speaker)).sorted()
    }

    /// Trains what is missing and judges every fold.
    ///
    /// - Parameters:
    ///   - report: called on the calling thread with progress.
    ///   - shouldStop: asked after every training step; true ends the run, leaving the last epoch's checkpoint.
    /// - Returns: the figures, or nil if the run was stopped.
    /// - Throws: `Failure`, or what training throws.
    public func run(
        report: (Progress) -> Void, shouldStop: () -> Bool = { false }
    ) throws -> LeaveOneOutFigures? {
        let data = try DataSet(directories: options.training.directories)
        let speakers = Self.speakers(of: data)
        guard speakers.count > 1 else { throw Failure.noSpeakers }
        try makeDirectory()

        let needsBase = options.baseWeights == nil && options.baseEpochs > 0
        let total = speakers.count * options.foldNetworks + (needsBase ? 1 : 0)
        var number = 0
        func train(_ training: TrainingOptions, ancestry: String) throws -> Bool {
            number += 1
            return try self.train(
                training, number: number, of: total, ancestry: ancestry, report: report, shouldStop: shouldStop)
        }
        var base = options.baseWeights
        var ancestry = ""
        if let path = base { try refuseIfHeard(path, data) }
        if needsBase {
            let training = baseOptions(speakers)
            guard try train(training, ancestry: "") else { return nil }
            base = training.output
            ancestry = training.fingerprint
        }
        var figures = LeaveOneOutFigures()
        for speaker in speakers {
            let members = foldOptions(speaker, base: base)
            for training in members {
                guard try train(training, ancestry: ancestry) else { return nil }
            }
            let output = path(speaker)
            if members.count > 1 { try average(members, output: output, ancestry: ancestry, report: report) }
            let fold = try judge(output, data.clips.filter { $0.isFSDD && $0.speaker == speaker }, speaker)
            figures.folds.append(fold)
            report(.judged(fold))
        }
        return figures
    }

    private func baseOptions(_ speakers: [String]) -> TrainingOptions {
        var training = options.training
        training.output = path("base")
        training.initialWeights = nil
        training.epochs = options.baseEpochs
        training.fsddSpeakersLeftOut = Set(speakers)
        return training
    }

    /// The trainings of one fold.
    private func foldOptions(_ speaker: String, base: String?) -> [TrainingOptions] {
        var training = options.training
        training.initialWeights = base
        training.epochs = options.foldEpochs
        training.windowsPerEpoch = options.foldWindowsPerEpoch ?? training.windowsPerEpoch
        if base != nil { training.learningRate = options.foldLearningRate }
        training.fsddSpeakersLeftOut = [speaker]
        return (0..<options.foldNetworks).map { index in
            var member = training
            member.seed &+= UInt64(index)
            member.output = path(options.foldNetworks == 1 ? speaker : "\(speaker)-\(index + 1)")
            return member
        }
    }

    private func path(_ name: String) -> String { "\(options.directory)/\(name).safetensors" }

    /// Trains a network, or finds it done. False if it was stopped.
    private func train(
        _ training: TrainingOptions, number: Int, of total: Int, ancestry: String,
        report: (Progress) -> Void, shouldStop: () -> Bool
    ) throws -> Bool {
        let name = Self.name(training.output)
        if try isDone(training.output, madeBy: [ancestry, training.fingerprint]) {
            report(.found(name: name))
            return true
        }
        report(.begins(name: name, number: number, of: total))
        let weights = try Trainer(training).run(
            report: { report(.training(name: name, $0)) }, shouldStop: shouldStop)
        return weights != nil
    }

    /// Writes the mean of a fold's networks, unless it is there.
    private func average(
        _ members: [TrainingOptions], output: String, ancestry: String, report: (Progress) -> Void
    ) throws {
        guard try !isDone(output, madeBy: [ancestry] + members.map(\.fingerprint)) else { return }
        var training = members[0]
        training.output = output
        _ = try NetworkAverage.run(
            members.map(\.output), options: training,
            report: { report(.training(name: Self.name(output), $0)) })
    }

    /// The name of a network, after its file's.
    private static func name(_ output: String) -> String {
        URL(fileURLWithPath: output).deletingPathExtension().lastPathComponent
    }

    /// Whether a network is there already. Weights do not say by which options they were made, so that stands beside them; where
    /// nothing does, it is written.
    private func isDone(_ output: String, madeBy options: [String]) throws(Failure) -> Bool {
        let note = "\(self.options.directory)/\(Self.name(output)).options"
        let wanted = options.filter { !$0.isEmpty }.joined(separator: "\n") + "\n"
        if let found = try? String(contentsOfFile: note, encoding: .utf8) {
            guard found == wanted else { throw .otherOptions(path: note) }
            if FileManager.default.fileExists(atPath: output) { return true }
        }
        do throws(AtomicFileError) {
            try writeAtomically(Array(wanted.utf8), to: note)
        } catch {
            throw .unwritable(path: note, reason: error.reason)
        }
        return false
    }

    /// What the network of a fold says of the speaker's clips, in f32, as `digitd evaluate --precision f32` judges them.
    private func judge(_ path: String, _ clips: [LabelledClip], _ speaker: String) throws -> LeaveOneOutFigures.Fold {
        let weights = try WeightsFile(contentsOf: path)
        let network = try ResNet18(weights: weights, batchSize: 32, threads: options.training.threads)
        let inputs = try ClipInputs(clips, frontEnd: .logMel)
        let rule = AnswerRule(
            temperature: weights.metadata[ResNetClassifier.temperatureKey].flatMap(Double.init) ?? 1,
            threshold: weights.metadata[RecognizerParameters.acceptKey].flatMap(Double.init) ?? 0)
        let logits = BatchClassifier(network, temperature: Float(rule.temperature), parameters: .standard)
            .logits(inputs.windows)
        return LeaveOneOutFigures.Fold(
            speaker: speaker, judgements: Judgements(logits: logits, labels: inputs.labels), rule: rule)
    }

    private func makeDirectory() throws(Failure) {
        do {
            try FileManager.default.createDirectory(atPath: options.directory, withIntermediateDirectories: true)
        } catch {
            throw .unwritable(path: options.directory, reason: (error as NSError).localizedDescription)
        }
    }

    private func refuseIfHeard(_ path: String, _ data: DataSet) throws {
        let metadata = try WeightsFile(contentsOf: path).metadata
        let trainedOn = Set((metadata["trained.on"] ?? "").prefix { $0 != ";" }.split(separator: ",").map(String.init))
        if let set = Set(data.clips.filter(\.isFSDD).map(\.set)).intersection(trainedOn).sorted().first {
            throw Failure.baseHeardFSDD(path: path, set: set)
        }
    }
}
