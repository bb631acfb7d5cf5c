import Foundation
import ResNet

/// The standard recipe.
struct StandardSetup: TrainingSetup {
    private let options: TrainingOptions
    private let store: ClipStore
    private let sampler: Sampler
    private let validation: Validation
    private let teachers: TeacherEnsemble?
    /// Of a random split, whose left-out clips decide nothing: neither the epoch nor temperature and threshold.
    private let record: RandomSplitRecord?
    /// What the weights file says about either split.
    private let splitMetadata: [String: String]

    init(_ options: TrainingOptions, report: (TrainingProgress) -> Void) throws {
        self.options = options
        var data = try DataSet(directories: options.directories)
        data.clips.removeAll { $0.isFSDD && options.fsddSpeakersLeftOut.contains($0.speaker) }
        let isRandom = options.splitKind == .random
        let split = isRandom ? data.randomSplit(seed: options.seed) : data.split(options.split)
        guard !split.validation.clips.isEmpty else { throw TrainingError.noValidation }
        store = try ClipStore(split.training)
        let heldOut = try ClipStore(split.validation)
        for skipped in store.skipped + heldOut.skipped {
            report(.note("skipped \(skipped.path): \(skipped.reason)"))
        }
        let others = isRandom ? "" : " of \(Set(heldOut.clips.map(\.identity)).count) others"
        report(
            .note(
                "\(store.clips.count) clips of \(Set(store.clips.map(\.identity)).count) speakers to train on, "
                    + "\(heldOut.clips.count) clips\(others) to validate"))
        sampler = try Sampler(
            store: store, seed: options.seed, parameters: options.sampler, drawsOfficialTest: isRandom)
        validation = try Validation(
            store: heldOut, variants: isRandom ? [.clip] : [.clip, .live(ratio: 30), .live(ratio: 12)])
        let record = isRandom ? RandomSplitRecord(split, seed: options.seed) : nil
        let speakers = isRandom ? nil : SpeakerSplitRecord(split, options.split)
        splitMetadata = record?.metadata ?? speakers?.metadata ?? [:]
        self.record = record
        teachers = try Self.teachers(options, split: speakers)
        guard let teachers else { return }
        for path in teachers.otherSplits {
            report(.note("\(path) was trained with other speakers held out: validation will flatter what it teaches"))
        }
        let outcome = validation.judge(teachers)
        report(
            .note(
                String(
                    format: "teachers: validation loss %.4f  right %.2f %%  digits %.2f %%", outcome.loss,
                    100 * outcome.accuracy, 100 * outcome.digitAccuracy)))
    }

    private static func teachers(_ options: TrainingOptions, split: SpeakerSplitRecord?) throws -> TeacherEnsemble? {
        guard !options.teachers.isEmpty else { return nil }
        return try TeacherEnsemble(options.teachers, split: split, threads: options.threads)
    }

    var shape: NetworkShape { FrontEnd.logMel.shape }
    var clipCount: Int { sampler.clipCount }
    var trainingName: String { "training, augmented" }

    func prepare(_ network: TrainingNetwork) {}

    func initialise(_ network: TrainingNetwork) throws {
        if let path = options.initialWeights {
            try network.load(try WeightsFile(contentsOf: path))
        } else {
            try network.initialise(seed: options.seed)
        }
    }

    func batches(_ plan: BatchPlan) throws -> any BatchSource {
        try BatchLoader(store: store, sampler: sampler, plan: plan, parameters: options.augmentation)
    }

    func targets(_ batch: Batch) -> [Float]? {
        teachers?.targets(batch, smoothing: options.labelSmoothing, share: options.teacherShare)
    }

    func judge(_ weights: WeightsFile) throws -> Validation.Outcome {
        try validation.judge(weights, threads: options.threads)
    }

    func score(_ outcome: Validation.Outcome, epoch: Int) -> Double {
        // Cross-entropy rather than accuracy: what ships is a confidence, and it moves with every clip.
        record == nil ? -outcome.loss : Double(epoch)
    }

    /// Measured on training windows, as they are drawn and augmented for an epoch of its own.
    func activationRanges(_ weights: WeightsFile) throws -> ActivationRanges? {
        let count = min(256, max(16, options.windowsPerEpoch ?? clipCount))
        let loader = try batches(
            BatchPlan(batchSize: 16, batchesPerEpoch: count / 16, epochs: 0..<1, seed: options.seed &+ 1))
        defer { loader.cancel() }
        var windows: [Float] = []
        while let batch = loader.next() { windows += batch.windows }
        return try .measured(on: windows.span, weights: weights)
    }

    func metadata(_ outcome: Validation.Outcome, of weights: WeightsFile) -> [String: String] {
        let judgements = outcome.judgements
        var temperature = 1.0
        var point = OperatingPoint(judgements, temperature: 1, threshold: 0)
        if record == nil {
            temperature = Calibration.temperature(judgements)
            point = OperatingPoint.choose(judgements, temperature: temperature)
        }
        var result = options.metadata(of: .logMel, clips: store.clips)
        result["calibration.temperature"] = String(format: "%.4f", temperature)
        result["threshold.accept"] = String(format: "%.3f", point.threshold)
        result["accuracy.validation"] = String(format: "%.4f", outcome.accuracy)
        result["accuracy.validation_right"] = String(format: "%.4f", point.right)
        result["accuracy.validation_wrong"] = String(format: "%.4f", point.wrong)
        result["accuracy.validation_false_accepts"] = String(format: "%.4f", point.falseAccepts)
        result["accuracy.validation_digits"] = String(format: "%.4f", outcome.digitAccuracy)
        if let teachers {
            result["trained.teachers"] =
                String(format: "share %g: ", options.teacherShare) + teachers.origins.joined(separator: "; ")
        }
        return result.merging(splitMetadata) { $1 }
    }
}
