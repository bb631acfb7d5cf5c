import Foundation
import ResNet

/// The reference project's recipe: pictures of whole clips, no augmentation, the best epoch by accuracy on the fifth of the
/// clips left out (which flatters that accuracy, as it did the reference's).
///
/// Its network answers digits only, so recordings of other words are left out.
struct ReferenceSetup: TrainingSetup {
    private static let frontEnd = FrontEnd.decibelImage

    private let options: TrainingOptions
    private let training: ClipInputs
    private let validation: Validation
    private let record: RandomSplitRecord
    /// What to start from, where it is not random.
    private let imageNet: WeightsFile?

    init(_ options: TrainingOptions, report: (TrainingProgress) -> Void) throws {
        self.options = options
        imageNet = try options.initialWeights.map { try ImageNetWeights.read($0) }
        let data = try DataSet(directories: options.directories)
        let split = DataSet(clips: data.clips.filter { $0.label < LabelledClip.notADigit })
            .randomSplit(seed: options.seed)
        record = RandomSplitRecord(split, seed: options.seed)
        training = try ClipInputs(split.training.clips, frontEnd: Self.frontEnd)
        let leftOut = try ClipInputs(split.validation.clips, frontEnd: Self.frontEnd)
        for skipped in training.skipped + leftOut.skipped {
            report(.note("skipped \(skipped.path): \(skipped.reason)"))
        }
        guard !leftOut.clips.isEmpty else {
            throw TrainingError.tooFewClips(count: training.clips.count, batchSize: options.batchSize)
        }
        validation = Validation(leftOut, shape: Self.frontEnd.shape)
        report(.note("\(training.clips.count) clips to train on, \(leftOut.clips.count) to validate"))
        if imageNet != nil { report(.note("only the first convolution and the head are trained")) }
    }

    var shape: NetworkShape { Self.frontEnd.shape }
    var clipCount: Int { training.clips.count }
    var trainingName: String { "training" }

    func prepare(_ network: TrainingNetwork) {
        if imageNet != nil { network.freeze(allBut: ImageNetWeights.replaced) }
    }

    func initialise(_ network: TrainingNetwork) throws {
        try network.initialise(seed: options.seed)
        if let imageNet { try network.loadImageNet(imageNet) }
    }

    func batches(_ plan: BatchPlan) -> any BatchSource { ClipBatches(training, shape: shape, plan: plan) }

    func judge(_ weights: WeightsFile) throws -> Validation.Outcome {
        try validation.judge(weights, threads: options.threads)
    }

    func score(_ outcome: Validation.Outcome, epoch: Int) -> Double { outcome.accuracy }

    /// None: a network for pictures of whole recordings hears no stream.
    func activationRanges(_ weights: WeightsFile) -> ActivationRanges? { nil }

    func metadata(_ outcome: Validation.Outcome, of weights: WeightsFile) -> [String: String] {
        var result = options.metadata(of: Self.frontEnd, clips: training.clips)
        // The reference gives the bare softmax, and always answers.
        result["calibration.temperature"] = "1"
        result["threshold.accept"] = "0"
        result["accuracy.validation"] = String(format: "%.4f", outcome.accuracy)
        return result.merging(record.metadata) { $1 }
    }
}
