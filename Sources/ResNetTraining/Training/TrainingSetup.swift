import ResNet

/// A recipe with its data in memory: what the training loop, which is the same for all recipes, does not know by itself.
protocol TrainingSetup {
    /// The input and outputs of the network.
    var shape: NetworkShape { get }
    /// Windows of an epoch where nothing else is asked for.
    var clipCount: Int { get }
    /// What its training windows are called in plots.
    var trainingName: String { get }

    /// Prepares a new network, before its optimiser is made, whatever weights it will get.
    func prepare(_ network: TrainingNetwork)
    /// Gives a network that does not go on from a checkpoint its first weights.
    func initialise(_ network: TrainingNetwork) throws
    /// What a network is to say of a batch, [batch, classes]; nil where its labels are all there is to learn.
    func targets(_ batch: Batch) -> [Float]?
    /// The batches of some epochs.
    func batches(_ plan: BatchPlan) throws -> any BatchSource
    /// How weights do on the clips that are set apart.
    func judge(_ weights: WeightsFile) throws -> Validation.Outcome
    /// The epoch with the highest score is written, the first one of equals.
    func score(_ outcome: Validation.Outcome, epoch: Int) -> Double
    /// How large the activations of a trained network get, for inference in int8; nil where nobody needs it.
    func activationRanges(_ weights: WeightsFile) throws -> ActivationRanges?
    /// The metadata of the weights file.
    ///
    /// - Parameters:
    ///   - outcome: how the weights do on the clips that are set apart.
    ///   - weights: what is written.
    func metadata(_ outcome: Validation.Outcome, of weights: WeightsFile) throws -> [String: String]
}

extension TrainingSetup {
    func targets(_ batch: Batch) -> [Float]? { nil }
}

extension TrainingOptions {
    /// What every recipe writes about itself.
    func metadata(of frontEnd: FrontEnd, clips: [LabelledClip]) -> [String: String] {
        var result = frontEnd.metadata
        result["trained.on"] = Set(clips.map(\.set)).sorted().joined(separator: ",") + "; \(clips.count) clips"
        let how = recipe == .standard ? "" : " --recipe \(recipe.rawValue)"
        result["trained.by"] = "digitd train\(how), \(epochs) epochs, seed \(seed)"
        return result
    }
}
