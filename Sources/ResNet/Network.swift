/// The operations of a network in one of the precisions, from the input to the last block's output.
struct Network {
    let operations: [any NetworkOperation]
    let input: TensorMemory
    /// Row-major in f32; with the channels last in u8, for int8.
    let features: NetworkBuilder.Value
    /// What one unit of the features stands for.
    let featureStep: Float

    /// - Parameter weights: must have passed `ResNet18Topology.validate`.
    init(
        _ weights: WeightsFile, _ shape: NetworkShape, precision: InferencePrecision, batchSize: Int, threads: Int
    ) throws(WeightsError) {
        // Primitives are compiled for the thread count in force.
        let engine = try Engine()
        self = try Engine.withThreads(threads) { () throws(WeightsError) in
            switch precision {
            case .f32: return try Network(weights, shape, kind: .f32, batchSize, engine)
            case .bf16:
                guard Engine.hasBFloat16 else {
                    throw .unusablePrecision(precision, problem: "this CPU does not multiply bf16; use int8 or f32")
                }
                return try Network(weights, shape, kind: .bf16, batchSize, engine)
            case .int8:
                guard let ranges = try ActivationRanges(metadata: weights.metadata) else {
                    throw .unusablePrecision(
                        precision,
                        problem:
                            "the weights file lacks \(ActivationRanges.metadataKey); use f32, or a file that digitd "
                            + "wrote")
                }
                return try Network(weights, shape, ranges, batchSize, engine)
            }
        }
    }

    /// In f32, or the blocks in bf16.
    private init(
        _ weights: WeightsFile, _ shape: NetworkShape, kind: ElementKind, _ batchSize: Int, _ engine: Engine
    ) throws(WeightsError) {
        var builder = NetworkBuilder(engine: engine)
        func add(
            _ convolution: ResNet18Topology.Convolution, of source: inout NetworkBuilder.Value,
            adding addend: NetworkBuilder.Value? = nil, relu: Bool = true
        ) throws(WeightsError) -> NetworkBuilder.Value {
            if builder.prefersSmall(convolution, of: source, kind: kind, adding: addend),
                let kernel = try HalfConvolution(convolution, of: weights)
            {
                return try builder.smallConvolution(
                    convolution, of: &source, kernel: kernel, adding: addend, relu: relu)
            }
            return try builder.convolution(
                named: convolution.name, of: &source, kernel: FoldedConvolution(convolution, of: weights), kind: kind,
                stride: convolution.stride, padding: convolution.padding, adding: addend, relu: relu)
        }

        let (input, stem) = try Self.stem(
            FoldedConvolution(ResNet18Topology.stem, of: weights), shape, kind: .f32, batchSize, &builder)
        var value = kind == .f32 ? stem : try builder.converted(stem, to: kind)
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
        features = try builder.plain(value)
        featureStep = 1
        operations = builder.operations
        self.input = input.memory
    }

    /// The blocks in 8-bit integers.
    private init(
        _ weights: WeightsFile, _ shape: NetworkShape, _ ranges: ActivationRanges, _ batchSize: Int, _ engine: Engine
    ) throws(WeightsError) {
        struct Activation {
            var value: NetworkBuilder.Value
            let range: QuantizedRange
        }
        var builder = NetworkBuilder(engine: engine)
        func add(
            _ convolution: ResNet18Topology.Convolution, of source: inout Activation, adding addend: Activation? = nil,
            relu: Bool = true
        ) throws(WeightsError) -> Activation {
            let maximum = ranges.maxima[convolution.name] ?? 1
            // What a ReLU follows is never negative; a shortcut's convolution has both signs.
            let range = relu ? QuantizedRange.positive(maximum) : .symmetric(maximum)
            let kernel = QuantizedConvolution(
                try FoldedConvolution(convolution, of: weights), input: source.range, output: range,
                shortcut: addend?.range)
            let isSmall = builder.prefersSmall(convolution, of: source.value, kind: .u8, adding: addend?.value)
            let value =
                isSmall
                ? try builder.smallConvolution(convolution, of: &source.value, kernel: kernel, adding: addend?.value)
                : try builder.convolution(
                    named: convolution.name, of: &source.value, kernel: kernel, stride: convolution.stride,
                    padding: convolution.padding, adding: addend?.value, relu: relu)
            return Activation(value: value, range: range)
        }

        // The stem gives steps of the first integers at once: its ReLU and the pooling do not mind a factor.
        let first = QuantizedRange.positive(ranges.maxima["maxpool"] ?? 1)
        let (input, stem) = try Self.stem(
            FoldedConvolution(ResNet18Topology.stem, of: weights).scaled(by: 1 / first.step), shape, kind: .u8,
            batchSize, &builder)
        var activation = Activation(value: stem, range: first)
        for block in ResNet18Topology.blocks {
            var inner = try add(block.conv1, of: &activation)
            let shortcut: Activation
            if let downsample = block.downsample {
                shortcut = try add(downsample, of: &activation, relu: false)
                builder.release(activation.value)
            } else {
                shortcut = activation
            }
            activation = try add(block.conv2, of: &inner, adding: shortcut)
            builder.release(inner.value)
        }
        features = try builder.converted(activation.value, to: .u8)
        featureStep = activation.range.step
        operations = builder.operations
        self.input = input.memory
    }

    /// The first convolution and the pooling, whose result is in `kind`: of the largest it makes no difference whether it is rounded
    /// before or behind, and bytes are pooled in a sixth of the time. The convolution is in f32, or in integers that are as exact.
    private static func stem(
        _ kernel: FoldedConvolution, _ shape: NetworkShape, kind: ElementKind, _ batchSize: Int,
        _ builder: inout NetworkBuilder
    ) throws(WeightsError) -> (input: NetworkBuilder.Value, stem: NetworkBuilder.Value) {
        var input = try builder.input(shape: [batchSize, 1, shape.inputHeight, shape.inputWidth])
        let (convolution, pooling) = (ResNet18Topology.stem, ResNet18Topology.stemPooling)
        if kind == .u8,
            let stem = try builder.quantizedStem(convolution, of: input, kernel: kernel, pooling: pooling)
        {
            return (input, stem)
        }
        let convolved = try builder.convolution(
            named: convolution.name, of: &input, kernel: kernel, stride: convolution.stride,
            padding: convolution.padding, relu: true)
        let stem = kind == .f32 ? convolved : try builder.converted(convolved, to: kind)
        let pooled = try builder.maxPooling(
            named: "maxpool", of: stem, kind: kind, kernel: pooling.kernel, stride: pooling.stride,
            padding: pooling.padding)
        builder.release(convolved)
        if kind != .f32 { builder.release(stem) }
        return (input, pooled)
    }
}
