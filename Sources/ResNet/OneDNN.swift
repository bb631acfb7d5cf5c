import CDNNL

// The oneDNN calls of inference, all of them. The `ddn_` functions are the shim's, which hides what differs between
// oneDNN 2.x and 3.x; the `dnnl_` functions are the same in both.

/// Throws for any status but success; `operation` completes "oneDNN can't run the network: ... failed".
private func check(_ status: dnnl_status_t, _ operation: @autoclosure () -> String) throws(WeightsError) {
    guard status == dnnl_success else {
        throw .engine(operation: operation(), status: String(cString: dnnl_status2str(status)))
    }
}

/// The CPU engine (`dnnl_engine_t`) and its in-order stream (`dnnl_stream_t`).
///
/// A class because everything made with an engine must be gone before it: memories and operations hold it.
final class Engine {
    fileprivate let handle: dnnl_engine_t
    fileprivate let stream: dnnl_stream_t

    init() throws(WeightsError) {
        var engine: dnnl_engine_t?
        try check(dnnl_engine_create(&engine, dnnl_cpu, 0), "creating the engine")
        var stream: dnnl_stream_t?
        let status = dnnl_stream_create(&stream, engine, numericCast(dnnl_stream_default_flags.rawValue))
        guard status == dnnl_success, let engine, let stream else {
            dnnl_engine_destroy(engine)
            throw .engine(operation: "creating the stream", status: String(cString: dnnl_status2str(status)))
        }
        handle = engine
        self.stream = stream
    }

    deinit {
        dnnl_stream_destroy(stream)
        dnnl_engine_destroy(handle)
    }

    /// Major version of the oneDNN headers that this was compiled with.
    static var headerVersion: Int { Int(ddn_version_major()) }

    /// Whether oneDNN has fast kernels for 8-bit integers on this CPU.
    static var hasFastInt8: Bool { ddn_cpu_has_fast_int8() }

    /// Whether oneDNN uses AVX-512 here, and its instructions for 8-bit integers: what it does decides for all of the network.
    static var hasAVX512: Bool { ddn_cpu_has_avx512() }
    static var hasAVX512VNNI: Bool { ddn_cpu_has_avx512_vnni() }
    /// Whether it uses AVX2, or more.
    static var hasAVX2: Bool { ddn_cpu_has_fast_int8() }
    /// Whether it uses AVX2 and no more: no instructions for 8-bit integers either.
    static var hasAVX2AtMost: Bool { ddn_cpu_has_avx2_at_most() }

    /// Whether this CPU multiplies bfloat16 itself.
    static var hasBFloat16: Bool { ddn_cpu_has_bfloat16() }

    /// Whether factors of the output channels are an argument (and the bias is added behind them) or an attribute (and it is
    /// multiplied with them).
    static var takesScalesAsArgument: Bool { ddn_scales_are_arguments() }

    /// Major version of the oneDNN library in this process (`dnnl_version`).
    static var libraryVersion: Int { Int(dnnl_version().pointee.major) }

    /// OpenMP's thread count of the calling thread.
    static var threads: Int { Int(omp_get_max_threads()) }

    /// Runs `body` with OpenMP's thread count of the calling thread set to `count`, and gives the old one back.
    /// OpenMP keeps the count per calling thread, so it can't be set once for all.
    static func withThreads<Result: ~Copyable, Failure: Error>(
        _ count: Int, _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        let before = threads
        omp_set_num_threads(CInt(count))
        defer { omp_set_num_threads(CInt(before)) }
        return try body()
    }
}

/// What a tensor's elements are.
enum ElementKind {
    case f32, bf16, u8, s8

    fileprivate var handle: dnnl_data_type_t {
        switch self {
        case .f32: dnnl_f32
        case .bf16: dnnl_bf16
        case .u8: dnnl_u8
        case .s8: dnnl_s8
        }
    }
}

/// A memory descriptor (`dnnl_memory_desc_t`): shape, element type and arrangement of a tensor.
struct Layout: ~Copyable {
    fileprivate let handle: ddn_desc

    /// A layout of `shape` (N, C, H, W or O, I, H, W) in the given arrangement; `dnnl_format_tag_any` leaves it to the
    /// operation that it is passed to.
    init(shape: [Int], kind: ElementKind, tag: dnnl_format_tag_t) throws(WeightsError) {
        var handle: ddn_desc?
        let status = ddn_desc_create(&handle, CInt(shape.count), shape.map(Int64.init), kind.handle, tag)
        try check(status, "describing a tensor of shape \(shape)")
        self.handle = handle!
    }

    /// Row-major, the last extent fastest.
    static func plain(_ shape: [Int], _ kind: ElementKind = .f32) throws(WeightsError) -> Layout {
        try Layout(shape: shape, kind: kind, tag: shape.count == 1 ? dnnl_a : dnnl_abcd)
    }

    /// [N, H, W, C] in memory: the channels of a position side by side.
    static func channelsLast(_ shape: [Int], _ kind: ElementKind) throws(WeightsError) -> Layout {
        try Layout(shape: shape, kind: kind, tag: dnnl_acdb)
    }

    /// The operation's choice.
    static func any(_ shape: [Int], _ kind: ElementKind = .f32) throws(WeightsError) -> Layout {
        try Layout(shape: shape, kind: kind, tag: dnnl_format_tag_any)
    }

    fileprivate init?(adopting handle: ddn_desc?) {
        guard let handle else { return nil }
        self.handle = handle
    }

    deinit { ddn_desc_destroy(handle) }

    /// Bytes of a memory of this layout, padding included.
    var byteCount: Int { ddn_desc_size(handle) }

    static func == (left: borrowing Layout, right: borrowing Layout) -> Bool {
        ddn_desc_equal(left.handle, right.handle)
    }
}

/// Bytes aligned to a cache line, which is also the widest vector register.
final class AlignedBuffer {
    let bytes: UnsafeMutableRawBufferPointer

    init(byteCount: Int) {
        bytes = .allocate(byteCount: max(byteCount, 64), alignment: 64)
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit { bytes.deallocate() }
}

/// A tensor in memory (`dnnl_memory_t`): a layout over a buffer, which several memories may share.
final class TensorMemory {
    let layout: Layout
    let buffer: AlignedBuffer
    private let engine: Engine
    fileprivate let handle: dnnl_memory_t

    init(_ layout: consuming Layout, in buffer: AlignedBuffer? = nil, engine: Engine) throws(WeightsError) {
        let buffer = buffer ?? AlignedBuffer(byteCount: layout.byteCount)
        precondition(buffer.bytes.count >= layout.byteCount, "the buffer is too small for its tensor")
        var handle: dnnl_memory_t?
        try check(
            ddn_memory_create(&handle, layout.handle, engine.handle, buffer.bytes.baseAddress), "creating a memory")
        self.layout = layout
        self.buffer = buffer
        self.engine = engine
        self.handle = handle!
    }

    deinit { dnnl_memory_destroy(handle) }

    /// The elements of an f32 tensor as they lie in memory; row-major for a plain layout.
    var floats: UnsafeMutableBufferPointer<Float> { elements() }

    /// The elements as they lie in memory, whose type must be the layout's.
    func elements<Element: BitwiseCopyable>() -> UnsafeMutableBufferPointer<Element> {
        UnsafeMutableRawBufferPointer(rebasing: buffer.bytes.prefix(layout.byteCount)).bindMemory(to: Element.self)
    }
}

/// A primitive descriptor (`dnnl_primitive_desc_t`): an operation with its layouts chosen, not yet compiled.
struct OperationPlan: ~Copyable {
    private let handle: dnnl_primitive_desc_t
    private let engine: Engine
    /// For error messages, e.g. "layer2.0.conv1".
    let name: String

    /// What a convolution does to its result after adding the bias.
    struct Fusion {
        /// Adds so many times what the destination held before, and so completes a residual block in place.
        var sumScale: Float?
        /// Factors of the output channels, of a convolution of integers.
        var scales: [Float]?
        /// Cuts negative values off, after the sum.
        var relu = false
    }

    /// A convolution with bias for inference; strides and padding are the same on both axes and on both sides.
    ///
    /// - Parameter algorithm: `dnnl_convolution_winograd` is there for some shapes only, on some CPUs.
    static func convolution(
        named name: String, algorithm: dnnl_alg_kind_t, source: borrowing Layout, weights: borrowing Layout,
        bias: borrowing Layout, destination: borrowing Layout, stride: Int, padding: Int, fusion: Fusion, engine: Engine
    ) throws(WeightsError) -> OperationPlan {
        let attributes = try Attributes.make(fusion)
        let strides = [Int64](repeating: Int64(stride), count: 2)
        let paddings = [Int64](repeating: Int64(padding), count: 2)
        var plan: dnnl_primitive_desc_t?
        let status = ddn_convolution_forward(
            &plan, engine.handle, dnnl_forward_inference, algorithm, source.handle, weights.handle, bias.handle,
            destination.handle, strides, paddings, paddings, attributes.handle)
        return try OperationPlan(plan, status, name, engine)
    }

    /// A max pooling for inference, the same on both axes.
    static func maxPooling(
        named name: String, source: borrowing Layout, destination: borrowing Layout, kernel: Int, stride: Int,
        padding: Int, engine: Engine
    ) throws(WeightsError) -> OperationPlan {
        let attributes = try Attributes.make()
        let strides = [Int64](repeating: Int64(stride), count: 2)
        let kernels = [Int64](repeating: Int64(kernel), count: 2)
        let paddings = [Int64](repeating: Int64(padding), count: 2)
        var plan: dnnl_primitive_desc_t?
        let status = ddn_pooling_forward(
            &plan, engine.handle, dnnl_forward_inference, dnnl_pooling_max, source.handle, destination.handle, strides,
            kernels, paddings, paddings, attributes.handle)
        return try OperationPlan(plan, status, name, engine)
    }

    /// A copy from one layout to another.
    static func reorder(
        named name: String, from source: borrowing Layout, to destination: borrowing Layout, engine: Engine
    ) throws(WeightsError) -> OperationPlan {
        let attributes = try Attributes.make()
        var plan: dnnl_primitive_desc_t?
        let status = ddn_reorder(&plan, engine.handle, source.handle, destination.handle, attributes.handle)
        return try OperationPlan(plan, status, name, engine)
    }

    private init(
        _ plan: dnnl_primitive_desc_t?, _ status: dnnl_status_t, _ name: String, _ engine: Engine
    ) throws(WeightsError) {
        try check(status, "planning \(name)")
        handle = plan!
        self.engine = engine
        self.name = name
    }

    deinit { dnnl_primitive_desc_destroy(handle) }

    /// The layout that the operation chose for an argument.
    func layout(of argument: Argument) throws(WeightsError) -> Layout {
        let query =
            switch argument {
            case .source: dnnl_query_src_md
            case .weights: dnnl_query_weights_md
            case .destination: dnnl_query_dst_md
            case .scratchpad: dnnl_query_scratchpad_md
            case .bias, .scales: preconditionFailure("a vector has one layout only")
            }
        guard let layout = Layout(adopting: ddn_pd_desc(handle, query, 0)) else {
            throw .engine(operation: "asking for the layout of \(name)", status: "no answer")
        }
        return layout
    }

    /// The implementation's name, e.g. `jit:avx2`.
    var implementation: String { String(cString: ddn_pd_implementation(handle)) }

    /// Compiles the operation (`dnnl_primitive_create`).
    func compile() throws(WeightsError) -> dnnl_primitive_t {
        var primitive: dnnl_primitive_t?
        // oneDNN generates machine code; a process that may not make memory executable fails exactly here (measured).
        try check(
            dnnl_primitive_create(&primitive, handle),
            "compiling \(name) (it needs executable memory: under systemd MemoryDenyWriteExecute=no)")
        return primitive!
    }
}

/// A step of a network, bound to its memories.
protocol NetworkOperation: AnyObject {
    /// For error messages and profiles.
    var name: String { get }
    /// Which code computes it, in oneDNN's words, e.g. `jit:avx2`.
    var implementation: String { get }
    /// What it writes.
    var destination: TensorMemory? { get }
    /// Runs the operation to its end.
    func run() throws(WeightsError)
}

/// What an operation's memory is for.
enum Argument {
    case source, weights, bias, destination, scratchpad
    /// Factors of the output channels, where this oneDNN takes them as an argument.
    case scales

    fileprivate var index: CInt {
        switch self {
        case .source: DNNL_ARG_SRC_0
        case .weights: DNNL_ARG_WEIGHTS_0
        case .bias: DNNL_ARG_BIAS
        case .destination: DNNL_ARG_DST_0
        case .scratchpad: DNNL_ARG_SCRATCHPAD
        case .scales: ddn_arg_weight_scales()
        }
    }
}

/// Primitive attributes (`dnnl_primitive_attr_t`): fused post-operations, and working memory brought by the caller,
/// without which a primitive may run only on the thread that made it.
private struct Attributes: ~Copyable {
    let handle: dnnl_primitive_attr_t

    private init() throws(WeightsError) {
        var attributes: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&attributes), "creating attributes")
        handle = attributes!
    }

    static func make(_ fusion: OperationPlan.Fusion = .init()) throws(WeightsError) -> Attributes {
        let attributes = try Attributes()
        try check(
            dnnl_primitive_attr_set_scratchpad_mode(attributes.handle, dnnl_scratchpad_mode_user), "setting attributes")
        if let scales = fusion.scales {
            try check(
                ddn_attr_set_channel_scales(attributes.handle, CInt(scales.count), scales), "setting attributes")
        }
        guard fusion.sumScale != nil || fusion.relu else { return attributes }
        var operations: dnnl_post_ops_t?
        try check(dnnl_post_ops_create(&operations), "creating attributes")
        defer { dnnl_post_ops_destroy(operations) }
        if let scale = fusion.sumScale { try check(ddn_post_ops_append_sum(operations, scale), "fusing a sum") }
        if fusion.relu { try check(ddn_post_ops_append_relu(operations), "fusing a ReLU") }
        try check(dnnl_primitive_attr_set_post_ops(attributes.handle, operations), "setting attributes")
        return attributes
    }

    deinit { dnnl_primitive_attr_destroy(handle) }
}

/// A compiled operation (`dnnl_primitive_t`) bound to its memories: `run()` only passes pointers.
final class Operation: NetworkOperation {
    let name: String
    let implementation: String
    let destination: TensorMemory?
    private let engine: Engine
    private let primitive: dnnl_primitive_t
    private let memories: [TensorMemory]
    private let arguments: UnsafeMutableBufferPointer<dnnl_exec_arg_t>

    /// Binds a plan to memories, whose layouts must be the plan's; they are kept alive. Not thread-safe: operations
    /// that share a scratchpad or any other memory must run one after the other.
    init(
        _ plan: consuming OperationPlan, _ memories: [(Argument, TensorMemory)], scratchpad: Scratchpad, engine: Engine
    ) throws(WeightsError) {
        let working = try TensorMemory(
            plan.layout(of: .scratchpad), in: scratchpad.buffer(for: plan.layout(of: .scratchpad)), engine: engine)
        let bound = memories + [(.scratchpad, working)]
        name = plan.name
        implementation = plan.implementation
        destination = memories.first { $0.0 == .destination }?.1
        self.engine = engine
        self.memories = bound.map(\.1)
        primitive = try plan.compile()
        arguments = .allocate(capacity: bound.count)
        _ = arguments.initialize(from: bound.map { dnnl_exec_arg_t(arg: $0.index, memory: $1.handle) })
    }

    deinit {
        dnnl_primitive_destroy(primitive)
        arguments.deallocate()
    }

    /// Runs the operation to its end (`dnnl_primitive_execute`; a CPU stream needs no wait).
    func run() throws(WeightsError) {
        try check(
            dnnl_primitive_execute(primitive, engine.stream, CInt(arguments.count), arguments.baseAddress),
            "running \(name)")
    }
}

/// The working memory that operations share because they run one after the other.
final class Scratchpad {
    private var current: AlignedBuffer?

    /// A buffer that is large enough; operations bound earlier keep the smaller one that they were given.
    fileprivate func buffer(for layout: borrowing Layout) -> AlignedBuffer {
        if let current, current.bytes.count >= layout.byteCount { return current }
        let larger = AlignedBuffer(byteCount: layout.byteCount)
        current = larger
        return larger
    }
}
