import CDNNL
import ResNet

/// ResNet18 with its backward pass, for one batch size.
///
/// Layouts are oneDNN's own choice (blocked by 8 or 16 channels), so no activation is ever reordered between layers.
/// Make it and run it from one thread at a time.
public final class TrainingNetwork {
    /// Windows a step.
    public let batchSize: Int
    /// The size of a window and the number of classes.
    public let shape: NetworkShape
    let parameters: [Parameter]
    let statistics: [Statistic]
    let head: ClassifierHead
    var threads: Int { context.threads }
    private let context: ComputeContext
    private let plainInput: Tensor
    private let stageInput: Reorder?
    private let stem: ConvolutionUnit
    private let pool: MaxPool
    private let blocks: [ResidualBlock]

    /// A network whose weights are still to come: all are zero until `initialise` or `load`.
    ///
    /// - Parameters:
    ///   - batchSize: windows a step, at least 2 (batch norm needs a variance).
    ///   - shape: of the windows and the outputs.
    ///   - threads: OpenMP threads.
    ///   - precision: of activations and of the weights' copies; master weights, statistics and optimiser are f32.
    ///   - statistics: what batch norms normalise by.
    /// - Throws: a one-sentence error where oneDNN has no implementation for this CPU.
    public init(
        batchSize: Int, shape: NetworkShape = .standard, threads: Int = 2, precision: TrainingPrecision = .float32,
        statistics normStatistics: NormStatistics = .batch
    ) throws {
        self.batchSize = batchSize
        self.shape = shape
        let context = try ComputeContext(threads: threads)
        self.context = context
        let type = precision == .bfloat16 ? dnnl_bf16 : dnnl_f32

        let inputShape = [batchSize, 1, shape.inputHeight, shape.inputWidth]
        plainInput = try Tensor(try Parameter.plainLayout(inputShape), context)
        var input = plainInput
        if type == dnnl_f32 {
            stageInput = nil
        } else {
            input = try Tensor(try Layout(inputShape, type, dnnl_abcd), context)
            stageInput = try Reorder(from: plainInput, to: input, context)
        }

        let stemShape = [batchSize, 64, (shape.inputHeight - 1) / 2 + 1, (shape.inputWidth - 1) / 2 + 1]
        let slots = GradientSlots(byteCount: stemShape.reduce(4, *), context)
        stem = try ConvolutionUnit(
            convolution: "conv1", norm: "bn1", input: input, inputShape: inputShape, outputShape: stemShape, kernel: 7,
            stride: 2, timeStride: 2, thenReLU: true, type: type, statistics: normStatistics, outputSlot: .middle, inputSlot: nil,
            slots: slots, context)
        pool = try MaxPool(
            input: stem.norm.output, shape: stemShape, type: type,
            outputGradient: { try slots.tensor(.ofBlockOutput(-1), $0) },
            inputGradient: try slots.tensor(.middle, stem.norm.output.layout), context)

        var mapShape = [batchSize, 64, (stemShape[2] - 1) / 2 + 1, (stemShape[3] - 1) / 2 + 1]
        var current = pool.output
        var blocks: [ResidualBlock] = []
        for block in ResNet18Topology.blocks(framesPerColumn: shape.framesPerColumn) {
            let made = try ResidualBlock(
                name: block.name, index: blocks.count, input: current, inputShape: mapShape,
                channels: block.conv1.outputs, stride: block.conv1.stride, timeStride: block.conv1.timeStride,
                type: type, statistics: normStatistics, slots: slots, context)
            blocks.append(made)
            current = made.sum.output
            mapShape = made.outputShape
        }
        self.blocks = blocks
        head = try ClassifierHead(
            input: current, shape: mapShape, classes: shape.classCount, perColumn: shape.framesPerColumn != nil,
            gradient: { try slots.tensor(.ofBlockOutput(blocks.count - 1), $0) }, context)

        let units = [stem] + blocks.flatMap(\.units)
        parameters =
            units.flatMap { [$0.convolution.weight, $0.norm.scale, $0.norm.shift] } + [head.weight, head.bias]
        statistics = units.flatMap { [$0.norm.runningMean, $0.norm.runningVariance] }
    }

    /// One forward and backward pass in training mode; gradients are left in the parameters.
    ///
    /// - Parameters:
    ///   - windows: [batch, 1, height, width], row-major.
    ///   - labels: classes, 0 ..< classCount.
    ///   - smoothing: of the labels, 0 ... 1.
    /// - Returns: the batch's mean loss (in nats) and how many windows were labelled right.
    public func accumulateGradients(
        windows: [Float], labels: [Int32], smoothing: Float
    ) throws -> (loss: Float, correct: Int) {
        precondition(labels.count == batchSize)
        try forward(windows)
        let loss = head.loss(labels: labels, smoothing: smoothing)
        try backward()
        return (loss, head.correct(labels: labels))
    }

    /// The same for a network with logits a column: one forward and backward pass on rows that hold utterances.
    ///
    /// - Parameters:
    ///   - rows: [batch, 1, height, width], row-major: rows of frames, with an utterance or several in each.
    ///   - targets: where the utterances are, and what they say.
    /// - Returns: the mean CTC loss of an utterance, in nats.
    public func accumulateGradients(rows: [Float], targets: [PlacedTarget]) throws -> Float {
        precondition(shape.framesPerColumn != nil, "CTC is of networks with logits a column")
        try forward(rows)
        let loss = head.loss(utterances: targets)
        try backward()
        return loss
    }

    /// The same for a batch, learning `targets`, [batch, classes], instead of its labels where there are some.
    func accumulateGradients(
        _ batch: Batch, targets: [Float]?, smoothing: Float
    ) throws -> (loss: Float, correct: Int) {
        if !batch.utterances.isEmpty {
            let loss = try accumulateGradients(rows: batch.windows, targets: batch.utterances)
            return (loss, head.correct(utterances: batch.utterances))
        }
        guard let targets else {
            return try accumulateGradients(windows: batch.windows, labels: batch.labels, smoothing: smoothing)
        }
        let loss = try accumulateGradients(windows: batch.windows, targets: targets)
        return (loss, head.correct(labels: batch.labels))
    }

    /// The same, learning probabilities instead of labels.
    ///
    /// - Parameters:
    ///   - windows: [batch, 1, height, width], row-major.
    ///   - targets: [batch, classes], each row adding up to 1.
    /// - Returns: the batch's mean cross-entropy, in nats.
    public func accumulateGradients(windows: [Float], targets: [Float]) throws -> Float {
        precondition(targets.count == batchSize * shape.classCount)
        try forward(windows)
        let loss = head.loss(targets: targets)
        try backward()
        return loss
    }

    private func forward(_ windows: [Float]) throws {
        precondition(windows.count == batchSize * shape.inputCount)
        plainInput.floats.update(from: windows, count: windows.count)
        try stageInput?.run()
        try stem.forward()
        try pool.forward()
        for block in blocks { try block.forward() }
        try head.forward()
    }

    /// Down to the lowest layer that is trained: below it nobody reads a gradient.
    private func backward() throws {
        try head.backward()
        let stemIsTrained = stem.isTrained
        let lowest = stemIsTrained ? 0 : blocks.firstIndex(where: \.isTrained) ?? blocks.count
        for block in blocks[lowest...].reversed() { try block.backward() }
        guard stemIsTrained else { return }
        try pool.backward()
        try stem.backward()
    }

    /// Keeps an optimiser that is made from now on from changing any parameter but the ones named.
    ///
    /// Layers below the lowest of those get no gradients, which saves most of a step where that is a high one. Batch norms
    /// still normalise by the batch, unless their statistics are fixed, and go on collecting their running statistics,
    /// as PyTorch's do in training mode whatever `requires_grad` says.
    func freeze(allBut trained: Set<String>) {
        for parameter in parameters { parameter.isFrozen = !trained.contains(parameter.name) }
    }

    /// The oneDNN implementation of every convolution and batch norm ("jit:avx2"), for benchmarks and bug reports.
    public var implementations: [String: [String]] {
        var result: [String: [String]] = [:]
        for unit in [stem] + blocks.flatMap(\.units) {
            result[unit.convolution.weight.name] = unit.convolution.implementations
            result[unit.norm.scale.name] = unit.norm.implementations
        }
        return result
    }
}

/// Arithmetic of training's activations.
public enum TrainingPrecision: String, Sendable, CaseIterable {
    /// 32-bit floating point, on any CPU.
    case float32 = "f32"
    /// bfloat16 with f32 accumulation, where the CPU has it (AVX-512 BF16 or AMX).
    case bfloat16 = "bf16"

    /// Whether this CPU computes in it without emulation.
    public var isNative: Bool { self == .float32 || ddn_cpu_has_bfloat16() }
}
