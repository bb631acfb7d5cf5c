import CDNNL
import CSmallConvolution

/// Turns layers into a list of operations over shared buffers.
///
/// Layouts are oneDNN's choice (blocks of 8 or 16 channels, as wide as the CPU's vectors, or the channels last), but for the
/// small convolutions, whose channels are last; a reorder is inserted only where an operation does not take what it gets.
struct NetworkBuilder {
    /// A tensor of shape [N, C, H, W] inside the network.
    struct Value {
        let memory: TensorMemory
        let shape: [Int]
    }

    let engine: Engine
    /// What to run, in order.
    private(set) var operations: [any NetworkOperation] = []
    private let scratchpad = Scratchpad()
    private var freeBuffers: [AlignedBuffer] = []

    init(engine: Engine) { self.engine = engine }

    /// A new row-major tensor, to be filled from outside before the operations run.
    func input(shape: [Int]) throws(WeightsError) -> Value {
        Value(memory: try TensorMemory(.plain(shape), engine: engine), shape: shape)
    }

    /// Adds a convolution of a square kernel.
    ///
    /// - Parameters:
    ///   - source: where the convolution wants another layout, replaced by the reordered tensor, so that whatever else
    ///     uses it, a shortcut above all, continues in the layout of the convolutions.
    ///   - kernel: row-major weights [outputs, inputs, kernel, kernel] and bias [outputs].
    ///   - kind: what is computed in, f32 or bf16: the source's elements and the result's.
    ///   - addend: a tensor of the result's shape that is added before the ReLU; it is overwritten by the result.
    mutating func convolution(
        named name: String, of source: inout Value, kernel: FoldedConvolution, kind: ElementKind = .f32, stride: Int,
        padding: Int, adding addend: Value? = nil, relu: Bool
    ) throws(WeightsError) -> Value {
        let geometry = Geometry(name: name, kernelShape: kernel.shape, stride: stride, padding: padding)
        let plan = try plan(
            geometry, of: source, (source: kind, weights: kind, destination: kind), adding: addend,
            fusion: .init(sumScale: addend == nil ? nil : 1, relu: relu))
        let weights = try constant(kernel.weights, .plain(kernel.shape), as: plan.layout(of: .weights))
        let bias = try constant(kernel.bias, .plain([kernel.bias.count]), as: .plain([kernel.bias.count]))
        return try append(plan, geometry, of: &source, [(.weights, weights), (.bias, bias)], adding: addend)
    }

    /// Adds a convolution of 8-bit integers; parameters as above.
    mutating func convolution(
        named name: String, of source: inout Value, kernel: QuantizedConvolution, stride: Int, padding: Int,
        adding addend: Value? = nil, relu: Bool
    ) throws(WeightsError) -> Value {
        let geometry = Geometry(name: name, kernelShape: kernel.shape, stride: stride, padding: padding)
        let plan = try plan(
            geometry, of: source, (source: .u8, weights: .s8, destination: .u8), adding: addend,
            fusion: .init(sumScale: addend == nil ? nil : kernel.shortcutScale, scales: kernel.scales, relu: relu))
        let weights = try constant(kernel.weights, .plain(kernel.shape, .s8), as: plan.layout(of: .weights))
        let channels = [kernel.bias.count]
        var constants: [(Argument, TensorMemory)] = [(.weights, weights)]
        if Engine.takesScalesAsArgument {
            constants.append((.bias, try constant(kernel.bias, .plain(channels), as: .plain(channels))))
            constants.append((.scales, try constant(kernel.scales, .plain(channels), as: .plain(channels))))
        } else {
            let bias = zip(kernel.bias, kernel.scales).map { $0 / $1 }
            constants.append((.bias, try constant(bias, .plain(channels), as: .plain(channels))))
        }
        return try append(plan, geometry, of: &source, constants, adding: addend)
    }

    /// Whether `SmallConvolution` is there for a convolution, and faster: for a single window on a single thread.
    func prefersSmall(
        _ convolution: ResNet18Topology.Convolution, of source: Value, kind: ElementKind, adding addend: Value?
    ) -> Bool {
        let shape = Self.shape(convolution, of: source)
        guard source.shape[0] == 1, Engine.threads == 1, dsc_takes(shape),
            Int(shape.output_height * shape.output_width) <= SmallConvolution.positionLimit(kind)
        else { return false }
        guard let addend else { return true }
        guard let channelsLast = try? Layout.channelsLast(addend.shape, kind) else { return false }
        return addend.memory.layout == channelsLast
    }

    /// Adds a convolution of a small map in f32 that `prefersSmall` said yes to; parameters as above.
    mutating func smallConvolution(
        _ convolution: ResNet18Topology.Convolution, of source: inout Value, kernel: HalfConvolution,
        adding addend: Value? = nil, relu: Bool
    ) throws(WeightsError) -> Value {
        let result = try smallResult(convolution, of: &source, kind: .f32, adding: addend)
        operations.append(
            try SmallConvolution(
                named: convolution.name, kernel, Self.shape(convolution, of: source), from: source.memory,
                to: result.memory, adds: addend != nil, relu: relu))
        return result
    }

    /// Adds one of 8-bit integers; whether a ReLU follows makes no difference to them.
    mutating func smallConvolution(
        _ convolution: ResNet18Topology.Convolution, of source: inout Value, kernel: QuantizedConvolution,
        adding addend: Value? = nil
    ) throws(WeightsError) -> Value {
        let result = try smallResult(convolution, of: &source, kind: .u8, adding: addend)
        operations.append(
            try SmallConvolution(
                named: convolution.name, kernel, Self.shape(convolution, of: source), from: source.memory,
                to: result.memory, adds: addend != nil))
        return result
    }

    /// Adds the first convolution, its ReLU and the pooling behind it, to integers; nil where others are faster: for more than a
    /// single window or thread, and on CPUs that `QuantizedStem` does not suit.
    mutating func quantizedStem(
        _ convolution: ResNet18Topology.Convolution, of source: Value, kernel: FoldedConvolution,
        pooling: (kernel: Int, stride: Int, padding: Int)
    ) throws(WeightsError) -> Value? {
        let shape = Self.shape(convolution, of: source)
        guard source.shape[0] == 1, Engine.threads == 1, dsc_takes_stem(shape), QuantizedStem.isSupported else {
            return nil
        }
        let extents = [shape.output_height, shape.output_width].map {
            (Int($0) + 2 * pooling.padding - pooling.kernel) / pooling.stride + 1
        }
        let resultShape = [1, convolution.outputs] + extents
        let result = Value(memory: try memory(.channelsLast(resultShape, .u8)), shape: resultShape)
        let window = dsc_pooling(
            output_height: CInt(extents[0]), output_width: CInt(extents[1]), kernel: CInt(pooling.kernel),
            stride: CInt(pooling.stride), padding: CInt(pooling.padding))
        operations.append(try QuantizedStem(kernel, shape, window, from: source.memory, to: result.memory))
        return result
    }

    private mutating func smallResult(
        _ convolution: ResNet18Topology.Convolution, of source: inout Value, kind: ElementKind, adding addend: Value?
    ) throws(WeightsError) -> Value {
        source = try reordered(source, to: .channelsLast(source.shape, kind))
        if let addend { return addend }
        let shape =
            [source.shape[0], convolution.outputs] + source.shape[2...].map { convolution.outputExtent($0) }
        return Value(memory: try memory(.channelsLast(shape, kind)), shape: shape)
    }

    private static func shape(_ convolution: ResNet18Topology.Convolution, of source: Value) -> dsc_shape {
        let (height, width) = (source.shape[2], source.shape[3])
        return dsc_shape(
            input_height: CInt(height), input_width: CInt(width), input_channels: CInt(convolution.inputs),
            output_height: CInt(convolution.outputExtent(height)), output_width: CInt(convolution.outputExtent(width)),
            output_channels: CInt(convolution.outputs), kernel: CInt(convolution.kernel),
            stride: CInt(convolution.stride), padding: CInt(convolution.padding))
    }

    /// The tensor in another type, rounded to the nearest and cut off at the type's ends; for u8 with the channels last.
    mutating func converted(_ source: Value, to kind: ElementKind) throws(WeightsError) -> Value {
        try reordered(source, to: kind == .u8 ? .channelsLast(source.shape, kind) : .plain(source.shape, kind))
    }

    private struct Geometry {
        let name: String
        let kernelShape: [Int]
        let stride: Int
        let padding: Int

        func resultShape(of source: [Int]) -> [Int] {
            [source[0], kernelShape[0]]
                + zip(source[2...], kernelShape[2...]).map { ($0 + 2 * padding - $1) / stride + 1 }
        }

        /// Whether Winograd's algorithm pays: it multiplies less but reads more weights, 16 for each 9. Measured on Zen 5: 0.56
        /// of the time for 64 channels and 240 positions, more than all of it for 256 channels and 18 positions.
        func suitsWinograd(_ source: [Int]) -> Bool {
            kernelShape[2...] == [3, 3] && stride == 1 && source[2] * source[3] >= kernelShape[0]
        }
    }

    private func plan(
        _ geometry: Geometry, of source: Value,
        _ kinds: (source: ElementKind, weights: ElementKind, destination: ElementKind), adding addend: Value?,
        fusion: OperationPlan.Fusion
    ) throws(WeightsError) -> OperationPlan {
        func planned(
            _ algorithm: dnnl_alg_kind_t, into destination: borrowing Layout
        ) throws(WeightsError) -> OperationPlan {
            // A single input channel is read as it is: oneDNN's first-layer kernels want it so.
            try OperationPlan.convolution(
                named: geometry.name, algorithm: algorithm,
                source: source.shape[1] == 1 ? .plain(source.shape, kinds.source) : .any(source.shape, kinds.source),
                weights: .any(geometry.kernelShape, kinds.weights), bias: .plain([geometry.kernelShape[0]]),
                destination: destination, stride: geometry.stride, padding: geometry.padding, fusion: fusion,
                engine: engine)
        }
        func planned(_ algorithm: dnnl_alg_kind_t) throws(WeightsError) -> OperationPlan {
            if let addend { return try planned(algorithm, into: addend.memory.layout) }
            return try planned(algorithm, into: .any(geometry.resultShape(of: source.shape), kinds.destination))
        }
        // oneDNN has it for AVX-512 and f32 alone.
        if kinds.source == .f32, geometry.suitsWinograd(source.shape),
            let plan = try? planned(dnnl_convolution_winograd)
        {
            return plan
        }
        return try planned(dnnl_convolution_direct)
    }

    private mutating func append(
        _ plan: consuming OperationPlan, _ geometry: Geometry, of source: inout Value,
        _ constants: [(Argument, TensorMemory)], adding addend: Value?
    ) throws(WeightsError) -> Value {
        source = try reordered(source, to: plan.layout(of: .source))
        let result =
            if let addend { addend } else {
                Value(memory: try memory(plan.layout(of: .destination)), shape: geometry.resultShape(of: source.shape))
            }
        operations.append(
            try Operation(
                plan, [(.source, source.memory), (.destination, result.memory)] + constants, scratchpad: scratchpad,
                engine: engine))
        return result
    }

    /// Adds a max pooling; of `kind` are the source's elements and the result's.
    mutating func maxPooling(
        named name: String, of source: Value, kind: ElementKind = .f32, kernel: Int, stride: Int, padding: Int
    ) throws(WeightsError) -> Value {
        let shape = source.shape[..<2] + source.shape[2...].map { ($0 + 2 * padding - kernel) / stride + 1 }
        let plan = try OperationPlan.maxPooling(
            named: name, source: source.memory.layout, destination: .any(Array(shape), kind), kernel: kernel,
            stride: stride, padding: padding, engine: engine)
        let result = Value(memory: try memory(plan.layout(of: .destination)), shape: Array(shape))
        operations.append(
            try Operation(
                plan, [(.source, source.memory), (.destination, result.memory)], scratchpad: scratchpad, engine: engine)
        )
        return result
    }

    /// The tensor in row-major order, for reading from outside after the operations ran.
    mutating func plain(_ source: Value) throws(WeightsError) -> Value {
        try reordered(source, to: .plain(source.shape))
    }

    /// Gives a tensor's buffer to later operations; its content is not needed after the operations added so far.
    mutating func release(_ value: Value) { freeBuffers.append(value.memory.buffer) }

    private mutating func reordered(_ source: Value, to layout: consuming Layout) throws(WeightsError) -> Value {
        if source.memory.layout == layout { return source }
        let plan = try OperationPlan.reorder(
            named: "a reorder", from: source.memory.layout, to: layout, engine: engine)
        let result = Value(memory: try memory(layout), shape: source.shape)
        operations.append(
            try Operation(
                plan, [(.source, source.memory), (.destination, result.memory)], scratchpad: scratchpad, engine: engine)
        )
        return result
    }

    /// A memory over the smallest released buffer that fits, or a new one.
    private mutating func memory(_ layout: consuming Layout) throws(WeightsError) -> TensorMemory {
        let byteCount = layout.byteCount
        let fitting = freeBuffers.indices.filter { freeBuffers[$0].bytes.count >= byteCount }
        let index = fitting.min { freeBuffers[$0].bytes.count < freeBuffers[$1].bytes.count }
        return try TensorMemory(layout, in: index.map { freeBuffers.remove(at: $0) }, engine: engine)
    }

    /// `values` of one layout in a memory of another, filled at once.
    private func constant<Element: BitwiseCopyable>(
        _ values: [Element], _ source: consuming Layout, as layout: consuming Layout
    ) throws(WeightsError) -> TensorMemory {
        let plain = try TensorMemory(source, engine: engine)
        _ = plain.elements().update(fromContentsOf: values)
        if plain.layout == layout { return plain }
        let plan = try OperationPlan.reorder(
            named: "a reorder of weights", from: plain.layout, to: layout, engine: engine)
        let result = try TensorMemory(layout, engine: engine)
        try Operation(
            plan, [(.source, plain), (.destination, result)], scratchpad: scratchpad, engine: engine
        ).run()
        return result
    }
}
