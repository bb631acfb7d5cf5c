/// Turns layers into a list of operations over shared buffers.
///
/// Layouts are oneDNN's choice throughout (blocks of 8 or 16 channels, as wide as the CPU's vectors); a reorder is
/// inserted only where an operation does not take what it gets: in this network nowhere with oneDNN 2.6, and once,
/// behind the max pooling, with 3.2.
struct NetworkBuilder {
    /// A tensor of shape [N, C, H, W] inside the network.
    struct Value {
        let memory: TensorMemory
        let shape: [Int]
    }

    let engine: Engine
    /// What to run, in order.
    private(set) var operations: [Operation] = []
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
    ///   - addend: a tensor of the result's shape that is added before the ReLU; it is overwritten by the result.
    mutating func convolution(
        named name: String, of source: inout Value, kernel: FoldedConvolution, stride: Int, padding: Int,
        adding addend: Value? = nil, relu: Bool
    ) throws(WeightsError) -> Value {
        let outputs = kernel.shape[0]
        let shape =
            [source.shape[0], outputs]
            + zip(source.shape[2...], kernel.shape[2...]).map { ($0 + 2 * padding - $1) / stride + 1 }
        // A single input channel is read as it is: oneDNN's first-layer kernels want it so.
        let sourceShape = source.shape
        func planned(into destination: borrowing Layout) throws(WeightsError) -> OperationPlan {
            try OperationPlan.convolution(
                named: name, source: sourceShape[1] == 1 ? .plain(sourceShape) : .any(sourceShape),
                weights: .any(kernel.shape), bias: .plain([outputs]), destination: destination, stride: stride,
                padding: padding, fusion: .init(sum: addend != nil, relu: relu), engine: engine)
        }
        let plan = if let addend { try planned(into: addend.memory.layout) } else { try planned(into: .any(shape)) }

        let weights = try constant(kernel.weights, shape: kernel.shape, layout: plan.layout(of: .weights))
        let bias = try constant(kernel.bias, shape: [outputs], layout: .plain([outputs]))
        source = try reordered(source, to: plan.layout(of: .source))
        let result =
            if let addend { addend } else {
                Value(memory: try memory(plan.layout(of: .destination)), shape: shape)
            }
        operations.append(
            try Operation(
                plan, [(.source, source.memory), (.weights, weights), (.bias, bias), (.destination, result.memory)],
                scratchpad: scratchpad, engine: engine))
        return result
    }

    /// Adds a max pooling.
    mutating func maxPooling(
        named name: String, of source: Value, kernel: Int, stride: Int, padding: Int
    ) throws(WeightsError) -> Value {
        let shape = source.shape[..<2] + source.shape[2...].map { ($0 + 2 * padding - kernel) / stride + 1 }
        let plan = try OperationPlan.maxPooling(
            named: name, source: source.memory.layout, destination: .any(Array(shape)), kernel: kernel, stride: stride,
            padding: padding, engine: engine)
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

    /// Row-major `values` in a memory of another layout, filled at once.
    private func constant(
        _ values: [Float], shape: [Int], layout: consuming Layout
    ) throws(WeightsError) -> TensorMemory {
        let plain = try TensorMemory(.plain(shape), engine: engine)
        _ = plain.floats.update(fromContentsOf: values)
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
