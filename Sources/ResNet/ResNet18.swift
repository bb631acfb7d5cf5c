/// ResNet18 inference on oneDNN: windows in (of 40 mel bands by 96 frames unless told otherwise), logits out.
///
/// Batch norms are folded into the convolutions, and bias, residual sum and ReLU are part of them, so that a window is
/// 20 convolutions, one pooling and one small loop. Buffers and primitives are made once, in `init`; a call allocates
/// nothing here.
///
/// A window at a time on one thread, which is how a digit is heard, the last two stages are this package's own code
/// (`SmallConvolution`): nine tenths of the weights lie there, and in f32 it reads them as the halves that they are in the file.
/// In int8 the first layers are too (`QuantizedStem`) and, on a CPU with AVX2 and no more, all four stages.
///
/// Cost: 158 M multiply-adds a window of the standard shape. An instance holds 11 MB of weights in int8, 45 MB in f32 or, a
/// window at a time, 25 MB, and 0.6 MB of activations a window of the batch; `init` takes up to 0.1 s, so make one and keep
/// it.
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
    /// The numbers that it is computed in.
    public let precision: InferencePrecision

    /// What a call runs, in order.
    let operations: [any NetworkOperation]
    /// [batchSize, 1, height, width]
    private let input: TensorMemory
    /// The last block's output: row-major [batchSize, 512, positions] in f32, or [batchSize, positions, 512] in u8.
    private let features: TensorMemory
    private let classifier: PooledClassifier

    /// Builds the network for weights with torchvision's names; see `ResNet18Topology.parameters`.
    ///
    /// - Parameters:
    ///   - weights: trained parameters and running statistics. Not kept.
    ///   - shape: the windows' size, and the outputs that the weights must have; with one answer a window.
    ///   - batchSize: windows computed together. 1 gives the shortest time for one window, 32 the shortest per window.
    ///   - threads: OpenMP threads that a call may use, whatever the calling thread's own setting is.
    ///   - precision: the numbers to compute in; `InferencePrecision.fastest(for:)` tells what is fastest.
    /// - Throws: `missingTensor`, `wrongShape`, `unusableValue` or `malformedMetadata` for weights that don't fit;
    ///   `unusablePrecision` for bf16 on a CPU without it, and for int8 without `ActivationRanges`; `engine` when oneDNN
    ///   can't build the network here, which happens where memory may not be made executable.
    public init(
        weights: WeightsFile, shape: NetworkShape = .standard, batchSize: Int = 1, threads: Int = 1,
        precision: InferencePrecision = .f32
    ) throws(WeightsError) {
        precondition(batchSize > 0 && threads > 0, "batch size and thread count are at least 1")
        precondition(shape.framesPerColumn == nil, "a column of logits each few frames is UtteranceNetwork's")
        try ResNet18Topology.validate(weights, classCount: shape.classCount)
        self.shape = shape
        self.batchSize = batchSize
        self.threads = threads
        self.precision = precision

        let network = try Network(weights, shape, precision: precision, batchSize: batchSize, threads: threads)
        operations = network.operations
        input = network.input
        features = network.features.memory
        let positionCount = network.features.shape[2] * network.features.shape[3]
        classifier = try PooledClassifier(weights, scale: network.featureStep / Float(positionCount))

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
        self.logits(windows, into: &logits, observing: nil)
    }

    /// The same, showing what each operation gave, in f32 and in the operation's order of elements, to `observe`.
    func logits(
        _ windows: Span<Float>, into logits: inout MutableSpan<Float>,
        observing observe: ((_ name: String, _ values: UnsafeBufferPointer<Float>) -> Void)?
    ) {
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
                try forward(observing: observe)
            } catch {
                // The same operations ran in `init`; nothing that they need can have changed since.
                fatalError(error.description)
            }
            for index in 0..<count { classify(index, into: &logits, at: (start + index) * classCount) }
            start += count
        }
    }

    private func forward(
        observing observe: ((_ name: String, _ values: UnsafeBufferPointer<Float>) -> Void)? = nil
    ) throws(WeightsError) {
        try Engine.withThreads(threads) { () throws(WeightsError) in
            for operation in operations {
                try operation.run()
                if let observe, let result = operation.destination {
                    observe(operation.name, UnsafeBufferPointer(result.floats))
                }
            }
        }
    }

    /// The logits of one window of the batch.
    private func classify(_ index: Int, into logits: inout MutableSpan<Float>, at offset: Int) {
        func window<Element: BitwiseCopyable>() -> UnsafeBufferPointer<Element> {
            let all: UnsafeMutableBufferPointer<Element> = features.elements()
            let count = all.count / batchSize
            return UnsafeBufferPointer(rebasing: all[index * count..<(index + 1) * count])
        }
        if precision == .int8 {
            classifier.classify(window() as UnsafeBufferPointer<UInt8>, into: &logits, at: offset)
        } else {
            classifier.classify(window() as UnsafeBufferPointer<Float>, into: &logits, at: offset)
        }
    }
}
