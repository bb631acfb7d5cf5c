/// Everything that decides an enrolment; the same options, clips and seed give the same network on the same machine.
///
/// The numbers were chosen on held-out speakers with Tools/compare-enrolment.sh, which says what they gain and cost.
public struct EnrolmentOptions: Sendable {
    /// What is changed of a network.
    public enum Part: String, Sendable, CaseIterable {
        /// Everything but the batch norms' statistics.
        case all
        /// The last stage of blocks and the head.
        case lastStage = "last-stage"
        /// The batch norms' scales and shifts and the head: one gain and one offset a channel (Swietojanski and Renals,
        /// "Learning hidden unit contributions", 2014).
        case norms
        /// The head alone.
        case head
    }

    /// What is changed.
    public var part = Part.all
    /// Windows to learn from, rounded down to whole batches.
    public var windows = 3072
    /// Windows a step.
    public var batchSize = 32
    /// Peak of the learning-rate schedule.
    public var learningRate: Float = 2e-4
    /// Label smoothing, 0 ... 1: that of training, so that confidences keep their scale and the temperature its worth.
    public var labelSmoothing: Float = 0.05
    /// Share of a digit's target that is what the network said before, 0 ... 1 (Li and Hoiem, "Learning without
    /// forgetting", 2016).
    public var distillation: Float = 0
    /// The same share for made negatives. With 0 strangers' digits were rejected twice as often as before, with 1 other
    /// words were taken for digits twice as often.
    public var negativeDistillation: Float = 0.7
    /// Share of windows that stand for other people, 0 ..< 1: the clips changed much further than this person's voice goes,
    /// with nothing but what the network said before as their target.
    public var anchorFraction: Float = 0.5
    /// How far the weights go from where they were to where training took them, 0 ... 1 (Wortsman et al., "Robust
    /// fine-tuning of zero-shot models", 2022).
    public var interpolation: Float = 0.6
    /// Chooses draws and augmentation.
    public var seed: UInt64 = 1
    /// OpenMP threads of the network; one more thread prepares batches.
    public var threads = 2
    /// How often digits and made negatives are drawn.
    public var sampler = SamplerParameters()
    /// How the windows that stand for other people are changed.
    public var anchorAugmentation = AugmentationParameters.pseudoStrangers
    /// How windows are changed: less than where strangers are to be heard, since the voice and the room are known.
    public var augmentation = AugmentationParameters.enrolment

    /// The defaults.
    public init() {}

    /// The learning rate of a step: up linearly over the first tenth, then down along a half cosine.
    ///
    /// - Parameter progress: the part that is done, 0 ... 1.
    public func learningRate(at progress: Float) -> Float {
        let warmUp: Float = 0.1
        if progress < warmUp { return learningRate * (0.1 + 0.9 * progress / warmUp) }
        return learningRate * 0.5 * (1 + Math.sine(.pi * (progress - warmUp) / (1 - warmUp) + .pi / 2))
    }
}

extension AugmentationParameters {
    /// Less noise than `standard` has, and no microphone but the own: those are for strangers in any room. What enrolment was
    /// measured with.
    private static let ownRoom: AugmentationParameters = {
        var p = AugmentationParameters()
        p.spectrumChance = 0
        p.effortChance = 0
        p.slopeChance = 0
        p.stretchBend = 0
        p.lateChance = 0
        p.noisyChance = 0.35
        p.noisyRatio = 5...20
        p.noiseWeights = [0.16, 0.18, 0.1, 0.08, 0.38, 0.1]
        return p
    }()

    /// For the clips of one person in one room.
    public static let enrolment: AugmentationParameters = {
        var p = ownRoom
        p.speed = 0.9...1.12
        p.vocalTract = 0.95...1.05
        return p
    }()

    /// For the clips of one person as other people might have said them: children and giants among them.
    public static let pseudoStrangers: AugmentationParameters = {
        var p = ownRoom
        p.speedChance = 1
        p.speed = 0.72...1.4
        p.vocalTractChance = 0.8
        p.vocalTract = 0.85...1.18
        return p
    }()
}
