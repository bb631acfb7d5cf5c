import CSmallConvolution

/// The layers of a fully convolutional network in one of the precisions: weights for utterances of any length.
struct UtteranceLayers {
    struct Block {
        let conv1: RowConvolution
        let conv2: RowConvolution
        let downsample: RowConvolution?
    }

    let stem: RowConvolution
    let blocks: [Block]
    /// The last layer, as a convolution of a single position in f32.
    let classifier: RowConvolution
    /// What one unit of the last block's output stands for.
    let featureStep: Float
    /// Bytes of an element between the layers.
    let elementBytes: Int

    /// - Parameters:
    ///   - weights: must have passed `ResNet18Topology.validate`.
    ///   - vectors: what computes; nil for the widest that this CPU has, and that oneDNN is not kept from.
    init(
        _ weights: WeightsFile, framesPerColumn: Int, classCount: Int, precision: InferencePrecision,
        vectors: drc_vectors?
    ) throws(WeightsError) {
        let topology = ResNet18Topology.blocks(framesPerColumn: framesPerColumn)
        let floats = vectors ?? Self.widest(drc_f16)
        switch precision {
        case .f32:
            stem = try Self.exact(ResNet18Topology.stem, weights, adds: false, relu: true, floats)
            blocks = try topology.map { block throws(WeightsError) in
                try Block(block) { convolution, adds, relu throws(WeightsError) in
                    try Self.exact(convolution, weights, adds: adds, relu: relu, floats)
                }
            }
            (featureStep, elementBytes) = (1, 4)
        case .bf16:
            let vectors = vectors ?? drc_avx512
            guard Engine.hasBFloat16, drc_supports(drc_bf16, vectors) else {
                throw .unusablePrecision(precision, problem: "this CPU does not multiply bf16; use int8 or f32")
            }
            stem = try RowConvolution(
                ResNet18Topology.stem, FoldedConvolution(ResNet18Topology.stem, of: weights), to: drc_to_bf16,
                relu: true, vectors: vectors)
            blocks = try topology.map { block throws(WeightsError) in
                try Block(block) { convolution, adds, relu throws(WeightsError) in
                    try RowConvolution(
                        convolution, bf16: FoldedConvolution(convolution, of: weights), adds: adds, relu: relu,
                        vectors: vectors)
                }
            }
            (featureStep, elementBytes) = (1, 2)
        case .int8:
            guard let ranges = try ActivationRanges(metadata: weights.metadata) else {
                throw .unusablePrecision(
                    precision,
                    problem:
                        "the weights file lacks \(ActivationRanges.metadataKey); use f32, or a file that digitd wrote")
            }
            let integers = vectors ?? Self.widest(drc_s8)
            (stem, blocks, featureStep) = try Self.integers(weights, topology, ranges, integers)
            elementBytes = 1
        }
        classifier = try Self.classifier(weights, classCount: classCount, vectors: floats)
        var order = [stem]
        for block in blocks { order += [block.conv1] + (block.downsample.map { [$0] } ?? []) + [block.conv2] }
        order.append(classifier)
        for (convolution, next) in zip(order, order.dropFirst()) { convolution.precedes(next) }
    }

    private static func widest(_ numbers: drc_numbers) -> drc_vectors {
        let isInteger = numbers == drc_s8
        if isInteger ? Engine.hasAVX512VNNI : Engine.hasAVX512, drc_supports(numbers, drc_avx512) { return drc_avx512 }
        if isInteger, Engine.hasAVX2, !Engine.hasAVX2AtMost, drc_supports(numbers, drc_avx_vnni) {
            return drc_avx_vnni
        }
        return Engine.hasAVX2 && drc_supports(numbers, drc_avx2) ? drc_avx2 : drc_plain
    }

    /// In single precision: with weights in halves where they are exactly that, at half of the memory.
    private static func exact(
        _ convolution: ResNet18Topology.Convolution, _ weights: WeightsFile, adds: Bool, relu: Bool,
        _ vectors: drc_vectors
    ) throws(WeightsError) -> RowConvolution {
        if drc_supports(drc_f16, vectors), let halves = try HalfConvolution(convolution, of: weights) {
            return try RowConvolution(convolution, halves, adds: adds, relu: relu, vectors: vectors)
        }
        return try RowConvolution(
            convolution, FoldedConvolution(convolution, of: weights), adds: adds, relu: relu, vectors: vectors)
    }

    private static func integers(
        _ weights: WeightsFile, _ topology: [ResNet18Topology.BasicBlock], _ ranges: ActivationRanges,
        _ vectors: drc_vectors
    ) throws(WeightsError) -> (RowConvolution, [Block], featureStep: Float) {
        func range(_ convolution: ResNet18Topology.Convolution, relu: Bool) -> QuantizedRange {
            let maximum = ranges.maxima[convolution.name] ?? 1
            // What a ReLU follows is never negative; a shortcut's convolution has both signs.
            return relu ? .positive(maximum) : .symmetric(maximum)
        }
        func made(
            _ convolution: ResNet18Topology.Convolution, _ input: QuantizedRange, _ output: QuantizedRange,
            shortcut: QuantizedRange? = nil
        ) throws(WeightsError) -> RowConvolution {
            let quantized = QuantizedConvolution(
                try FoldedConvolution(convolution, of: weights), input: input, output: output, shortcut: shortcut)
            return try RowConvolution(convolution, quantized, adds: shortcut != nil, vectors: vectors)
        }

        // The stem gives steps of the first integers at once: its ReLU and the pooling do not mind a factor.
        var input = QuantizedRange.positive(ranges.maxima["maxpool"] ?? 1)
        let folded = try FoldedConvolution(ResNet18Topology.stem, of: weights).scaled(by: 1 / input.step)
        let stem = try RowConvolution(ResNet18Topology.stem, integers16: folded, vectors: vectors)
        var blocks: [Block] = []
        for block in topology {
            let inner = range(block.conv1, relu: true)
            let output = range(block.conv2, relu: true)
            let shortcut = block.downsample.map { range($0, relu: false) }
            blocks.append(
                Block(
                    conv1: try made(block.conv1, input, inner),
                    conv2: try made(block.conv2, inner, output, shortcut: shortcut ?? input),
                    downsample: try block.downsample.map { convolution throws(WeightsError) in
                        try made(convolution, input, shortcut ?? input)
                    }))
            input = output
        }
        return (stem, blocks, input.step)
    }

    private static func classifier(
        _ weights: WeightsFile, classCount: Int, vectors: drc_vectors
    ) throws(WeightsError) -> RowConvolution {
        guard let fullyConnected = weights.tensors["fc.weight"], let bias = weights.tensors["fc.bias"] else {
            throw .missingTensor(name: "fc.weight")
        }
        let layer = ResNet18Topology.Convolution(
            name: "fc", norm: "", inputs: ResNet18Topology.featureCount, outputs: classCount, kernel: 1, stride: 1,
            timeStride: 1, padding: 0)
        let kernel = FoldedConvolution(shape: layer.weightShape, weights: fullyConnected.values, bias: bias.values)
        return try RowConvolution(layer, kernel, relu: false, vectors: vectors)
    }
}

extension UtteranceLayers.Block {
    /// The block's convolutions, each made by `make`: of a convolution, whether it adds to the shortcut, and whether a
    /// ReLU follows.
    fileprivate init(
        _ block: ResNet18Topology.BasicBlock,
        _ make: (ResNet18Topology.Convolution, Bool, Bool) throws(WeightsError) -> RowConvolution
    ) throws(WeightsError) {
        conv1 = try make(block.conv1, false, true)
        conv2 = try make(block.conv2, true, true)
        downsample = try block.downsample.map { convolution throws(WeightsError) in try make(convolution, false, false)
        }
    }
}
