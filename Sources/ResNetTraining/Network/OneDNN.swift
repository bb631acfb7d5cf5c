import CDNNL
import Synchronization

/// A call into oneDNN that did not succeed: a shape or data type this CPU has no implementation for, or no memory.
struct OneDNNError: Error, CustomStringConvertible {
    let call: String
    let status: dnnl_status_t

    var description: String {
        "oneDNN refused \(call) (status \(status.rawValue)); check that libdnnl is installed for this CPU."
    }
}

func check(_ status: dnnl_status_t, _ call: @autoclosure () -> String) throws {
    guard status == dnnl_success else { throw OneDNNError(call: call(), status: status) }
}

/// The CPU engine, one stream on it, and the scratchpad that all primitives share.
///
/// Everything made from one context runs on one thread at a time; that thread may change between runs, because the
/// scratchpad is ours and not the library's thread-local one.
final class ComputeContext {
    let engine: dnnl_engine_t
    let stream: dnnl_stream_t
    /// OpenMP threads.
    let threads: Int
    /// Whether the processor multiplies bf16 matrices in tiles (AMX); oneDNN's convolutions do so where a pixel's channels lie
    /// side by side.
    let hasTiles = ddn_cpu_has_bfloat16_tiles()
    /// For copies of a layer's tensors in another layout, which nobody reads after the layer.
    let copies = (SharedStorage(), SharedStorage())
    private let attributes: dnnl_primitive_attr_t
    private var scratchpadSize = 0
    private var scratchpad: UnsafeMutableRawPointer?

    /// - Parameter threads: OpenMP threads of every primitive run from the calling thread.
    init(threads: Int) throws {
        self.threads = threads
        omp_set_num_threads(Int32(threads))
        var engine: dnnl_engine_t?
        try check(dnnl_engine_create(&engine, dnnl_cpu, 0), "dnnl_engine_create")
        self.engine = engine!
        var stream: dnnl_stream_t?
        try check(
            dnnl_stream_create(&stream, self.engine, UInt32(dnnl_stream_default_flags.rawValue)), "dnnl_stream_create")
        self.stream = stream!
        attributes = try ComputeContext.makeAttributes()
    }

    deinit {
        dnnl_primitive_attr_destroy(attributes)
        dnnl_stream_destroy(stream)
        dnnl_engine_destroy(engine)
        free(scratchpad)
    }

    /// Attributes that ask for a scratchpad of the caller's; the caller destroys them.
    private static func makeAttributes() throws -> dnnl_primitive_attr_t {
        var attributes: dnnl_primitive_attr_t?
        try check(dnnl_primitive_attr_create(&attributes), "dnnl_primitive_attr_create")
        try check(
            dnnl_primitive_attr_set_scratchpad_mode(attributes!, dnnl_scratchpad_mode_user),
            "dnnl_primitive_attr_set_scratchpad_mode")
        return attributes!
    }

    /// Runs `create` with the shared attributes, plus a ReLU after the operation, or an addition to what the output held, if asked
    /// for.
    func withAttributes<R>(
        thenReLU: Bool = false, adding: Bool = false, _ create: (dnnl_primitive_attr_t) throws -> R
    ) throws -> R {
        guard thenReLU || adding else { return try create(attributes) }
        let own = try ComputeContext.makeAttributes()
        defer { dnnl_primitive_attr_destroy(own) }
        var operations: dnnl_post_ops_t?
        try check(dnnl_post_ops_create(&operations), "dnnl_post_ops_create")
        defer { dnnl_post_ops_destroy(operations!) }
        if adding { try check(ddn_post_ops_append_sum(operations!, 1), "dnnl_post_ops_append_sum") }
        if thenReLU { try check(ddn_post_ops_append_relu(operations!), "dnnl_post_ops_append_eltwise") }
        try check(dnnl_primitive_attr_set_post_ops(own, operations!), "dnnl_primitive_attr_set_post_ops")
        return try create(own)
    }

    func requireScratchpad(_ bytes: Int) {
        guard bytes > scratchpadSize else { return }
        free(scratchpad)
        scratchpad = alignedStorage(bytes)
        scratchpadSize = bytes
    }

    var scratchpadPointer: UnsafeMutableRawPointer? { scratchpad }
}

/// Zeroed storage on a 64-byte boundary (a cache line, and the widest vector oneDNN loads).
func alignedStorage(_ bytes: Int) -> UnsafeMutableRawPointer {
    var pointer: UnsafeMutableRawPointer?
    precondition(posix_memalign(&pointer, 64, max(bytes, 64)) == 0, "out of memory for \(bytes) bytes")
    memset(pointer!, 0, max(bytes, 64))
    return pointer!
}

/// Runs `body` for 0 ..< `count`, on as many of OpenMP's threads at once.
///
/// The primitives' own threads, because those spin for a while after each primitive: threads of another kind would compete
/// with them for the cores. oneDNN calls inside stay on the thread that makes them.
func inParallel(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1 else { return body(0) }
    withoutActuallyEscaping(body) { body in
        let job = ParallelJob(count, body)
        job.order.store(1, ordering: .releasing)
        GOMP_parallel(
            { pointer in
                let job = Unmanaged<ParallelJob>.fromOpaque(pointer!).takeUnretainedValue()
                _ = job.order.load(ordering: .acquiring)
                // OpenMP may give fewer threads than asked for.
                let (first, step) = (Int(omp_get_thread_num()), Int(omp_get_num_threads()))
                for i in stride(from: first, to: job.count, by: step) { job.body(i) }
                job.order.wrappingAdd(1, ordering: .releasing)
            }, Unmanaged.passUnretained(job).toOpaque(), UInt32(count), 0)
        _ = job.order.load(ordering: .acquiring)
    }
}

/// What the threads of a parallel region share.
private final class ParallelJob {
    let count: Int
    let body: (Int) -> Void
    /// Orders what happens before, in and after the region, as OpenMP's barriers do already. Those are unknown to the thread
    /// sanitizer, which would take every reading of what was written before the region for a race.
    let order = Atomic<Int>(0)

    init(_ count: Int, _ body: @escaping (Int) -> Void) {
        self.count = count
        self.body = body
    }
}

/// Storage that tensors share because none is read after the next is written: it stays in cache.
final class SharedStorage {
    private final class Buffer {
        let pointer: UnsafeMutableRawPointer
        let byteCount: Int

        init(byteCount: Int) {
            pointer = alignedStorage(byteCount)
            self.byteCount = byteCount
        }

        deinit { free(pointer) }
    }
    private var current: Buffer?

    /// A tensor here; those made earlier keep the smaller storage that they were given.
    func tensor(_ layout: Layout, _ context: ComputeContext) throws -> Tensor {
        let buffer: Buffer
        if let current, current.byteCount >= layout.byteCount {
            buffer = current
        } else {
            buffer = Buffer(byteCount: layout.byteCount)
            current = buffer
        }
        return try Tensor(layout, at: buffer.pointer, owner: buffer, context)
    }
}

/// An owned memory descriptor: dimensions, data type and layout.
final class Layout {
    let handle: ddn_desc

    init(owning handle: ddn_desc) { self.handle = handle }

    init(_ dimensions: [Int], _ type: dnnl_data_type_t, _ tag: dnnl_format_tag_t) throws {
        var out: ddn_desc?
        try check(
            ddn_desc_create(&out, Int32(dimensions.count), dimensions.map { dnnl_dim_t($0) }, type, tag),
            "a memory descriptor of \(dimensions)")
        handle = out!
    }

    /// The axes in any order; strides in elements.
    init(_ dimensions: [Int], _ type: dnnl_data_type_t = dnnl_f32, strides: [Int]) throws {
        var out: ddn_desc?
        try check(
            ddn_desc_create_strided(
                &out, Int32(dimensions.count), dimensions.map { dnnl_dim_t($0) }, type,
                strides.map { dnnl_dim_t($0) }), "a memory descriptor of \(dimensions)")
        handle = out!
    }

    deinit { ddn_desc_destroy(handle) }

    var byteCount: Int { Int(ddn_desc_size(handle)) }
    func isSame(as other: Layout) -> Bool { ddn_desc_equal(handle, other.handle) }
}

/// A tensor in memory: a layout and its storage.
///
/// A class, since primitives keep references to the same tensor as input and output; `storage` may be shared between
/// tensors whose lifetimes do not overlap within a step.
final class Tensor {
    let layout: Layout
    let memory: dnnl_memory_t
    let storage: UnsafeMutableRawPointer
    private let owner: AnyObject?
    private let ownsStorage: Bool

    init(_ layout: Layout, _ context: ComputeContext) throws {
        self.layout = layout
        storage = alignedStorage(layout.byteCount)
        owner = nil
        ownsStorage = true
        var memory: dnnl_memory_t?
        try check(ddn_memory_create(&memory, layout.handle, context.engine, storage), "dnnl_memory_create")
        self.memory = memory!
    }

    /// A tensor over storage that `owner` keeps alive.
    init(_ layout: Layout, at storage: UnsafeMutableRawPointer, owner: AnyObject?, _ context: ComputeContext) throws {
        self.layout = layout
        self.storage = storage
        self.owner = owner
        ownsStorage = false
        var memory: dnnl_memory_t?
        try check(ddn_memory_create(&memory, layout.handle, context.engine, storage), "dnnl_memory_create")
        self.memory = memory!
    }

    deinit {
        dnnl_memory_destroy(memory)
        if ownsStorage { free(storage) }
    }

    var floats: UnsafeMutablePointer<Float> { storage.assumingMemoryBound(to: Float.self) }
}

/// A primitive descriptor: an operation with its shapes fixed, layouts and implementation chosen.
final class Plan {
    let handle: dnnl_primitive_desc_t

    init(_ what: String, _ create: (inout dnnl_primitive_desc_t?) -> dnnl_status_t) throws {
        var out: dnnl_primitive_desc_t?
        try check(create(&out), what)
        handle = out!
    }

    deinit { dnnl_primitive_desc_destroy(handle) }

    var implementation: String { String(cString: ddn_pd_implementation(handle)) }

    func layout(_ query: dnnl_query_t, _ index: Int32 = 0) -> Layout? {
        ddn_pd_desc(handle, query, index).map(Layout.init(owning:))
    }
}

/// A primitive with its arguments bound once; running it allocates nothing.
final class Operation {
    let implementation: String
    private let primitive: dnnl_primitive_t
    private var arguments: [dnnl_exec_arg_t]
    private let tensors: [Tensor]
    private let context: ComputeContext
    private let scratchpadLayout: Layout?
    private var scratchpadMemory: dnnl_memory_t?

    init(_ plan: Plan, _ context: ComputeContext, _ bindings: [(Int32, Tensor)]) throws {
        implementation = plan.implementation
        self.context = context
        var out: dnnl_primitive_t?
        try check(dnnl_primitive_create(&out, plan.handle), "dnnl_primitive_create (\(implementation))")
        primitive = out!
        tensors = bindings.map(\.1)
        arguments = bindings.map { dnnl_exec_arg_t(arg: $0.0, memory: $0.1.memory) }
        scratchpadLayout = plan.layout(dnnl_query_scratchpad_md)
        guard let layout = scratchpadLayout, layout.byteCount > 0 else { return }
        context.requireScratchpad(layout.byteCount)
        var memory: dnnl_memory_t?
        try check(
            ddn_memory_create(&memory, layout.handle, context.engine, context.scratchpadPointer), "dnnl_memory_create")
        scratchpadMemory = memory
        arguments.append(dnnl_exec_arg_t(arg: DNNL_ARG_SCRATCHPAD, memory: memory))
    }

    deinit {
        if let scratchpadMemory { dnnl_memory_destroy(scratchpadMemory) }
        dnnl_primitive_destroy(primitive)
    }

    func run() throws {
        // Another primitive may have grown the shared scratchpad, and so moved it, since this one was made.
        if let scratchpadMemory {
            try check(
                dnnl_memory_set_data_handle(scratchpadMemory, context.scratchpadPointer), "dnnl_memory_set_data_handle")
        }
        try check(
            dnnl_primitive_execute(primitive, context.stream, Int32(arguments.count), arguments),
            "dnnl_primitive_execute (\(implementation))")
    }
}

/// A copy between two layouts, or nothing where both are the same tensor.
final class Reorder {
    private let operation: Operation

    init(from source: Tensor, to destination: Tensor, _ context: ComputeContext) throws {
        let plan = try context.withAttributes { attributes in
            try Plan("a reorder") {
                ddn_reorder(&$0, context.engine, source.layout.handle, destination.layout.handle, attributes)
            }
        }
        operation = try Operation(plan, context, [(DNNL_ARG_FROM, source), (DNNL_ARG_TO, destination)])
    }

    func run() throws { try operation.run() }
}
