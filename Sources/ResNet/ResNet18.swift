/// ResNet18 inference in f32 on oneDNN: windows in (of 40 mel bands by 96 frames unless told otherwise), logits out.
///
/// Batch norms are folded into the convolutions, and bias, residual sum and ReLU are part of them, so that a window is
/// 20 convolutions, one pooling and one small loop. Buffers and primitives are made once, in `init`; a call allocates
/// nothing here.
///
/// Cost: 158 M multiply-adds a window of the standard shape. An instance holds 45 MB of weights and 0.6 MB of activations
/// a window of the batch; `init` takes about 0.1 s, so make one and keep it.
///
/// Not thread-safe: an instance may move between threads but serves one call at a time, which its not being Sendable
/// enforces. Use one instance a thread for parallel work.
public final class ResNet18 {
    /// The size of a window and the number of logits.
    public let shape: NetworkShape
    /// Windows that are computed together; more are taken in turns of this many.
    public let batchSize: Int
    /// OpenMP threads of a call.
    public let threads: Int

    /// What a call runs, in order.
    let operations: [Operation]
    /// [batchSize, 1, height, width]
    private let input: TensorMemory
    /// The last block's output, row-major [batchSize, 512, `positionCount`].
    private let features: TensorMemory
    private let positionCount: Int
    /// Row-major [classes, 512], divided by `positionCount` so that a sum over the positions serves as their average.
    private let classifierWeights: [Float]
    private let classifierBias: [Float]
    private let pooled: UnsafeMutableBufferPointer<Float>

    deinit { pooled.deallocate() }

    /// Builds the network for weights with torchvision's names; see `ResNet18Topology.parameters`.
    ///
    /// - Parameters:
    ///   - weights: trained parameters and running statistics. Not kept.
    ///   - shape: the windows' size, and the outputs that the weights must have.
    ///   - batchSize: windows computed together. 1 gives the shortest time for one window, 32 the shortest per window.
    ///   - threads: OpenMP threads that a call may use, whatever the calling thread's own setting is.
    /// - Throws: `missingTensor`, `wrongShape` or `unusableValue` for weights that don't fit; `engine` when oneDNN
    ///   can't build the network here, which happens where memory may not be made executable.
    public init(
        weights: WeightsFile, shape: NetworkShape = .standard, batchSize: Int = 1, threads: Int = 1
    ) throws(WeightsError) {
        precondition(batchSize > 0 && threads > 0, "batch size and thread count are at least 1")
        try ResNet18Topology.validate(weights, classCount: shape.classCount)
        self.shape = shape
        self.batchSize = batchSize
        self.threads = threads

        // Primitives are compiled for the thread count in force.
        let engine = try Engine()
        let network = try Engine.withThreads(threads) { () throws(WeightsError) in
            try Self.build(weights, shape: shape, batchSize: batchSize, engine: engine)
        }
        operations = network.operations
        input = network.input
        features = network.features.memory
        positionCount = network.features.shape[2] * network.features.shape[3]

        guard let fullyConnected = weights.tensors["fc.weight"], let bias = weights.tensors["fc.bias"] else {
            throw .missingTensor(name: "fc.weight")
        }
        let share = 1 / Float(positionCount)
        classifierWeights = fullyConnected.values.map { $0 * share }
        classifierBias = bias.values
        pooled = .allocate(capacity: ResNet18Topology.featureCount)
        pooled.initialize(repeating: 0)

        // A first run, on zeros, so that whatever oneDNN refuses is refused here.
        try forward()
    }

    /// The logits of one or more windows.
    ///
    /// - Parameters:
    ///   - windows: normalised log-mel windows one after the other, each row-major [40, 96] or as the shape says, row 0
    ///     the lowest band. Any number of whole windows, taken in turns of `batchSize`.
    ///   - logits: filled with a value a class for every window, in the order of `ResNet18Topology.labels`.
    public func logits(_ windows: Span<Float>, into logits: inout MutableSpan<Float>) {
        let (inputCount, classCount) = (shape.inputCount, shape.classCount)
        let windowCount = windows.count / inputCount
        precondition(windows.count == windowCount * inputCount, "windows have \(inputCount) values each")
        precondition(logits.count == windowCount * classCount, "a window has \(classCount) logits")
        var start = 0
        while start < windowCount {
            let count = min(batchSize, windowCount - start)
            windows.extracting(start * inputCount..<(start + count) * inputCount)
                .withUnsafeBufferPointer { _ = input.floats.update(fromContentsOf: $0) }
            do {
                try forward()
            } catch {
                // The same operations ran in `init`; nothing that they need can have changed since.
                fatalError(error.description)
            }
            for index in 0..<count { classify(index, into: &logits, at: (start + index) * classCount) }
            start += count
        }
    }

    private func forward() throws(WeightsError) {
        try Engine.withThreads(threads) { () throws(WeightsError) in
            for operation in operations { try operation.run() }
        }
    }

    /// Global average pooling and the fully connected layer for one window of the batch.
    private func classify(_ index: Int, into logits: inout MutableSpan<Float>, at offset: Int) {
        let featureCount = ResNet18Topology.featureCount
        let values = features.floats.extracting(
            index * featureCount * positionCount..<(index + 1) * featureCount * positionCount)
        for feature in 0..<featureCount {
            var sum: Float = 0
            for position in 0..<positionCount { sum += values[feature * positionCount + position] }
            pooled[feature] = sum
        }
        classifierWeights.withUnsafeBufferPointer { weights in
            for output in 0..<shape.classCount {
                // Eight partial sums: one alone would have to wait for each addition, and may not be reordered.
                var sums = SIMD8<Float>.zero
                for feature in stride(from: 0, to: featureCount, by: 8) {
                    let weight = UnsafeRawPointer(weights.baseAddress! + output * featureCount + feature)
                    let value = UnsafeRawPointer(pooled.baseAddress! + feature)
                    sums.addProduct(
                        weight.loadUnaligned(as: SIMD8<Float>.self), value.loadUnaligned(as: SIMD8<Float>.self))
                }
                logits[offset + output] = sums.sum() + classifierBias[output]
            }
        }
    }

    private struct Network {
        let operations: [Operation]
        let input: TensorMemory
        let features: NetworkBuilder.Value
    }

    private static func build(
        _ weights: WeightsFile, shape: NetworkShape, batchSize: Int, engine: Engine
    ) throws(WeightsError) -> Network {
        var builder = NetworkBuilder(engine: engine)

        func add(
            _ convolution: ResNet18Topology.Convolution, of source: inout NetworkBuilder.Value,
            adding addend: NetworkBuilder.Value? = nil, relu: Bool = true
        ) throws(WeightsError) -> NetworkBuilder.Value {
            try builder.convolution(
                named: convolution.name, of: &source, kernel: FoldedConvolution(convolution, of: weights),
                stride: convolution.stride, padding: convolution.padding, adding: addend, relu: relu)
        }

        var input = try builder.input(shape: [batchSize, 1, shape.inputHeight, shape.inputWidth])
        let stem = try add(ResNet18Topology.stem, of: &input)
        let pooling = ResNet18Topology.stemPooling
        var value = try builder.maxPooling(
            named: "maxpool", of: stem, kernel: pooling.kernel, stride: pooling.stride, padding: pooling.padding)
        builder.release(stem)

        for block in ResNet18Topology.blocks {
            var inner = try add(block.conv1, of: &value)
            // The second convolution adds its result to the shortcut in place.
            let shortcut: NetworkBuilder.Value
            if let downsample = block.downsample {
                shortcut = try add(downsample, of: &value, relu: false)
                builder.release(value)
            } else {
                shortcut = value
            }
            value = try add(block.conv2, of: &inner, adding: shortcut)
            builder.release(inner)
        }
        let features = try builder.plain(value)
        return Network(operations: builder.operations, input: input.memory, features: features)
    }
}
