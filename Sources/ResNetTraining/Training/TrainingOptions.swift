import Glibc

/// A way to train, from the sound to the weights.
public enum Recipe: String, Sendable, CaseIterable {
    /// digitd's own: `FrontEnd.logMel`, augmentation, validation by speakers it has not heard.
    case standard
    /// Numbers said in one breath: `FrontEnd.utterance`, CTC, a column of labels each few frames.
    case numbers
    /// The reference project's, kept for comparison: `FrontEnd.decibelImage`, a random split, Adam with a rate in steps, no
    /// augmentation; all layers are trained, or only the first convolution and the head of ImageNet's network.
    case seed
}

/// Everything that decides a training run; the same options and seed give the same network on the same machine.
public struct TrainingOptions: Sendable {
    /// The way to train; fixed by `init`, which takes the other options' defaults from it.
    public let recipe: Recipe
    /// Data directories, in the layouts that `DataSet` reads.
    public var directories: [String] = []
    /// The weights file to write; checkpoint, metrics and plot stand beside it.
    public var output = ""
    /// Weights to start from; nil starts from random ones. For the seed recipe they are ImageNet's, and frozen where they
    /// fit.
    public var initialWeights: String?
    /// Passes; one pass draws `windowsPerEpoch` windows.
    public var epochs = 26
    /// Windows an epoch, rounded down to whole batches; nil means one for every training clip.
    public var windowsPerEpoch: Int?
    /// Windows a step.
    public var batchSize = 64
    /// Peak of the learning-rate schedule.
    public var learningRate: Float = 2e-3
    /// Decoupled weight decay, times the learning rate.
    public var weightDecay: Float = 0.05
    /// Label smoothing, 0 ... 1.
    public var labelSmoothing: Float = 0.05
    /// Weights files of networks to learn from besides the labels, of the standard recipe; none learns from labels alone.
    public var teachers: [String] = []
    /// How much of what is learned of a window is the mean of the teachers' probabilities, 0...1; the rest is its label.
    public var teacherShare: Float = 0.5
    /// Decay of the weight average that is validated and shipped, a step; 0 takes the weights themselves.
    public var averageDecay: Float = 0.998
    /// Chooses initial weights, draws, augmentation and a random split; the split by speakers has a seed of its own.
    public var seed: UInt64 = 1
    /// OpenMP threads of the network; one more thread prepares batches.
    public var threads = 2
    /// Arithmetic of activations; nil takes bf16 where the CPU computes it, else f32.
    public var precision: TrainingPrecision?
    /// How clips are set apart to judge by.
    public var splitKind = SplitKind.speakers
    /// How the validation speakers are chosen.
    public var split = SplitOptions()
    /// FSDD speakers of whom nothing is used, neither to train on nor to choose epoch, temperature and threshold by: those
    /// that the network is to be judged on. For the split by speakers.
    public var fsddSpeakersLeftOut: Set<String> = []
    /// How often each kind of utterance is drawn, of the recipe for numbers.
    public var utterances = UtteranceSamplerParameters()
    /// Frames of a row of utterances, of the recipe for numbers.
    public var rowFrames = 512
    /// Frames for each column of labels, of the recipe for numbers: 4 or 8.
    public var framesPerColumn = 4
    /// How often classes, sets and speakers are drawn.
    public var sampler = SamplerParameters()
    /// How windows are changed.
    public var augmentation = AugmentationParameters.standard

    /// Epochs from one checkpoint to the next. Writing one takes as long as ten seconds of training.
    var checkpointInterval = 1

    /// The recipe's defaults.
    public init(_ recipe: Recipe = .standard) {
        self.recipe = recipe
        if recipe == .numbers {
            epochs = 24
            windowsPerEpoch = 1_440
            batchSize = 12
            weightDecay = 0.02
            labelSmoothing = 0
            averageDecay = 0.997
            augmentation = .utterances
        }
        guard recipe == .seed else { return }
        epochs = 300
        batchSize = 16
        learningRate = 1e-3
        weightDecay = 0
        labelSmoothing = 0
        averageDecay = 0
        precision = .float32
        splitKind = .random
        checkpointInterval = 10
    }

    /// Trains for recordings that were cut into their words (`AugmentationParameters.trimmed`).
    public mutating func trainForTrimmedRecordings() {
        augmentation = .trimmed
        // Two thirds of the digits have few speakers; those of the others lend them their voices' and microphones' colours.
        sampler.otherModelFraction = 0.5
    }

    /// The learning rate of a step.
    ///
    /// - Parameters:
    ///   - epoch: from 0.
    ///   - progress: the run's part that is done, 0 ... 1.
    public func learningRate(epoch: Int, progress: Double) -> Float {
        switch recipe {
        case .standard, .numbers: learningRate(at: progress)
        // PyTorch's StepLR(step_size=20, gamma=0.9).
        case .seed: learningRate * Float(pow(0.9, Double(epoch / 20)))
        }
    }

    /// The standard recipe's learning rate: up linearly over the first 15 % of the run, then down along a half cosine to nearly
    /// nothing (Smith and Topin, "Super-convergence", 2018).
    ///
    /// - Parameter progress: the run's part that is done, 0 ... 1.
    public func learningRate(at progress: Double) -> Float {
        let warmUp = 0.15
        let factor: Double
        if progress < warmUp {
            factor = 0.04 + 0.96 * progress / warmUp
        } else {
            let cosine = cos(.pi * (progress - warmUp) / (1 - warmUp))
            factor = max(0.5 * (1 + cosine), 1e-3)
        }
        return learningRate * Float(factor)
    }

    /// `output` without `.safetensors`: what the run's other files are named after.
    var stem: String { output.hasSuffix(".safetensors") ? String(output.dropLast(12)) : output }
    /// Where the run's state is kept between epochs; removed at the end.
    public var checkpointPath: String { stem + ".checkpoint" }
    /// One row an epoch.
    public var metricsPath: String { stem + ".metrics.csv" }
    /// Loss and accuracy over the epochs.
    public var plotPath: String { stem + ".svg" }
}

/// How a run is getting on.
public enum TrainingProgress: Sendable {
    /// Something worth a line: what was loaded, what was skipped, a resumed epoch.
    case note(String)
    /// A step is done.
    case step(epoch: Int, step: Int, stepsPerEpoch: Int, loss: Float, windowsPerSecond: Double, secondsLeft: Double)
    /// An epoch is done and validated.
    case epoch(EpochMetrics)
}
