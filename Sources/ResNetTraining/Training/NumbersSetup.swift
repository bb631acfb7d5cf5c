import DigitDecoder
import Foundation
import MelSpectrogram
import ResNet

/// The recipe for numbers said in one breath: CTC over utterances.
struct NumbersSetup: TrainingSetup {
    private let options: TrainingOptions
    private let store: ClipStore
    private let sampler: UtteranceSampler
    private let validation: UtteranceValidation
    private let splitMetadata: [String: String]

    init(_ options: TrainingOptions, report: (TrainingProgress) -> Void) throws {
        self.options = options
        var data = try DataSet(directories: options.directories)
        data.clips.removeAll { $0.isFSDD && options.fsddSpeakersLeftOut.contains($0.speaker) }
        let split = data.split(options.split)
        guard !split.validation.clips.isEmpty || !split.validation.utterances.isEmpty else {
            throw TrainingError.noValidation
        }
        store = try ClipStore(split.training)
        let heldOut = try ClipStore(split.validation)
        for skipped in store.skipped + heldOut.skipped {
            report(.note("skipped \(skipped.path): \(skipped.reason)"))
        }
        func count(_ store: ClipStore) -> String {
            let people = Set(store.clips.map(\.identity) + store.utterances.map(\.identity)).count
            return "\(store.clips.count) clips and \(store.utterances.count) utterances of \(people) speakers"
        }
        report(.note("\(count(store)) to train on, \(count(heldOut)) to validate"))
        sampler = try UtteranceSampler(store: store, seed: options.seed, parameters: options.utterances)
        validation = try UtteranceValidation(store: heldOut, framesPerColumn: options.framesPerColumn)
        splitMetadata = SpeakerSplitRecord(split, options.split).metadata
    }

    private static func shape(_ options: TrainingOptions) -> NetworkShape {
        NetworkShape(
            inputHeight: WindowShape.bands, inputWidth: options.rowFrames, classCount: UtteranceLabel.labelCount,
            framesPerColumn: options.framesPerColumn)
    }

    var shape: NetworkShape { Self.shape(options) }
    var clipCount: Int { options.windowsPerEpoch ?? options.batchSize }
    var trainingName: String { "training, augmented" }

    func prepare(_ network: TrainingNetwork) {}

    func initialise(_ network: TrainingNetwork) throws {
        try network.initialise(seed: options.seed)
        guard let path = options.initialWeights else { return }
        let file = try WeightsFile(contentsOf: path)
        if file.tensors["fc.bias"]?.shape == [UtteranceLabel.labelCount] {
            try network.load(file)
        } else {
            // Of a network with other labels, all but the last layer.
            try network.load(file, except: ["fc.weight", "fc.bias"])
        }
    }

    func batches(_ plan: BatchPlan) throws -> any BatchSource {
        let (store, sampler, parameters, shape) = (store, sampler, options.augmentation, shape)
        return try BatchLoader(plan: plan) { () throws(DataError) in
            UtteranceRows(try WindowMaker(store: store, parameters: parameters), sampler, shape: shape, plan)
        }
    }

    func judge(_ weights: WeightsFile) throws -> Validation.Outcome {
        try validation.judge(weights, threads: options.threads)
    }

    func score(_ outcome: Validation.Outcome, epoch: Int) -> Double { -outcome.loss }

    /// Measured on training utterances, as they are drawn and augmented for an epoch of its own.
    func activationRanges(_ weights: WeightsFile) throws -> ActivationRanges? {
        var maker = try WindowMaker(store: store, parameters: options.augmentation)
        let utterances = (0..<Self.rangeUtterances).map { position in
            maker.makeUtterance(
                sampler.draw(epoch: -1, position: position), framesMax: options.rowFrames,
                framesPerColumn: options.framesPerColumn, seed: options.seed, epoch: -1, position: position
            ).frames
        }
        return try .measured(onUtterances: utterances, weights: weights, framesPerColumn: options.framesPerColumn)
    }

    private static let rangeUtterances = 200

    func metadata(_ outcome: Validation.Outcome, of weights: WeightsFile) throws -> [String: String] {
        let fit = try validation.fit(weights, threads: options.threads)
        var result = options.metadata(of: .utterance, clips: store.clips)
        let sets = Set(store.clips.map(\.set) + store.utterances.map(\.set)).sorted().joined(separator: ",")
        result["trained.on"] = "\(sets); \(store.clips.count) clips, \(store.utterances.count) utterances"
        result["network.frames_per_column"] = "\(options.framesPerColumn)"
        result["calibration.temperature"] = String(format: "%.4f", fit.temperature)
        result["threshold.accept"] = String(format: "%.3f", fit.point.threshold)
        result["accuracy.validation_right"] = String(format: "%.4f", fit.point.right)
        result["accuracy.validation_wrong"] = String(format: "%.4f", fit.point.wrong)
        result["accuracy.validation_false_accepts"] = String(format: "%.4f", fit.point.falseAccepts)
        result["accuracy.validation_strings"] = String(format: "%.4f", outcome.accuracy)
        result["accuracy.validation_digits"] = String(format: "%.4f", outcome.digitAccuracy)
        return result.merging(splitMetadata) { $1 }
    }
}
