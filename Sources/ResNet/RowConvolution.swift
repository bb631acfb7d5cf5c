import CDNNL
import CSmallConvolution

/// A convolution of maps of any width, see `row_convolution.h`: its weights, and no memory of any width.
final class RowConvolution {
    /// For error messages.
    let name: String
    /// Channels of its result.
    let outputs: Int
    private let kernel: (rows: Int, stride: Int, timeStride: Int, padding: Int)
    private let pointer: OpaquePointer

    /// A kernel of numbers of `Weight`, row-major [outputs, inputs, kernel, kernel], with a factor and a bias an
    /// output.
    private init<Weight: BitwiseCopyable>(
        _ convolution: ResNet18Topology.Convolution, _ numbers: drc_numbers, _ vectors: drc_vectors,
        _ finish: drc_finish, _ weights: [Weight], _ scales: [Float], _ bias: [Float]
    ) throws(WeightsError) {
        precondition(weights.count == convolution.weightShape.reduce(1, *))
        precondition(scales.count == convolution.outputs && bias.count == convolution.outputs)
        let shape = drc_shape(
            inputs: CInt(convolution.inputs), outputs: CInt(convolution.outputs), kernel_rows: CInt(convolution.kernel),
            kernel_columns: CInt(convolution.kernel), row_stride: CInt(convolution.stride),
            column_stride: CInt(convolution.timeStride), padding: CInt(convolution.padding))
        let made = weights.withUnsafeBytes {
            drc_create(shape, numbers, vectors, finish, $0.baseAddress, scales, bias)
        }
        guard let made else { throw .engine(operation: "planning \(convolution.name)", status: "out of memory") }
        name = convolution.name
        outputs = convolution.outputs
        kernel = (convolution.kernel, convolution.stride, convolution.timeStride, convolution.padding)
        pointer = made
    }

    /// In single precision, to single precision or bf16.
    convenience init(
        _ convolution: ResNet18Topology.Convolution, _ folded: FoldedConvolution, to result: drc_result = drc_to_f32,
        adds: Bool = false, relu: Bool, vectors: drc_vectors
    ) throws(WeightsError) {
        try self.init(
            convolution, drc_f32, vectors, .init(result: result, adds: adds, relu: relu, addend_scale: 1),
            folded.weights, Array(repeating: 1, count: folded.bias.count), folded.bias)
    }

    /// In single precision with weights in halves.
    convenience init(
        _ convolution: ResNet18Topology.Convolution, _ halves: HalfConvolution, to result: drc_result = drc_to_f32,
        adds: Bool = false, relu: Bool, vectors: drc_vectors
    ) throws(WeightsError) {
        try self.init(
            convolution, drc_f16, vectors, .init(result: result, adds: adds, relu: relu, addend_scale: 1),
            halves.weights, halves.scales, halves.bias)
    }

    /// In bf16, with the weights rounded to it.
    convenience init(
        _ convolution: ResNet18Topology.Convolution, bf16 folded: FoldedConvolution, adds: Bool, relu: Bool,
        vectors: drc_vectors
    ) throws(WeightsError) {
        // Adding just under half of the last place, or exactly half where the kept part is odd, rounds to even.
        let uppers = folded.weights.map { UInt16(($0.bitPattern + 0x7FFF + ($0.bitPattern >> 16 & 1)) >> 16) }
        try self.init(
            convolution, drc_bf16, vectors, .init(result: drc_to_bf16, adds: adds, relu: relu, addend_scale: 1),
            uppers, Array(repeating: 1, count: folded.bias.count), folded.bias)
    }

    /// In 8-bit integers.
    convenience init(
        _ convolution: ResNet18Topology.Convolution, _ quantized: QuantizedConvolution, adds: Bool,
        vectors: drc_vectors
    ) throws(WeightsError) {
        try self.init(
            convolution, drc_s8, vectors,
            .init(result: drc_to_u8, adds: adds, relu: true, addend_scale: quantized.shortcutScale),
            quantized.weights, quantized.scales, quantized.bias)
    }

    /// In 16-bit integers, to 8-bit ones: for the first layer, see `FoldedConvolution.integers16`.
    convenience init(
        _ convolution: ResNet18Topology.Convolution, integers16 folded: FoldedConvolution, vectors: drc_vectors
    ) throws(WeightsError) {
        let (weights, scales) = folded.integers16()
        try self.init(
            convolution, drc_s16, vectors, .init(result: drc_to_u8, adds: false, relu: true, addend_scale: 0), weights,
            scales, folded.bias)
    }

    deinit { drc_destroy(pointer) }

    /// Which convolution runs after this one, whose weights are asked for early; it must live as long.
    func precedes(_ next: RowConvolution) { drc_set_next(pointer, next.pointer) }

    /// The extents of its result.
    func outputExtents(rows: Int, columns: Int) -> (rows: Int, columns: Int) {
        let (height, width) = (rows + 2 * kernel.padding - kernel.rows, columns + 2 * kernel.padding - kernel.rows)
        return (height / kernel.stride + 1, width / kernel.timeStride + 1)
    }

    /// Computes `destination`, whose extents are those for the source.
    ///
    /// - Parameters:
    ///   - factor: what the sums are multiplied by, beside the scales.
    ///   - threads: how many of OpenMP's; the numbers are the same with any.
    func run(from source: RowMap, to destination: RowMap, factor: Float = 1, threads: Int = 1) {
        var job = Job(
            pointer: pointer, source: source.place, destination: destination.place, factor: factor,
            partCount: drc_part_count(pointer, CInt(destination.rows)))
        guard threads > 1 else { return job.run(0..<job.partCount) }
        // `GOMP_parallel` runs the function on each of the threads and returns when all have ended it.
        withUnsafeMutablePointer(to: &job) { job in
            GOMP_parallel(
                { pointer in
                    let job = pointer!.assumingMemoryBound(to: Job.self)
                    // OpenMP may give fewer threads than asked for.
                    let (index, count) = (omp_get_thread_num(), omp_get_num_threads())
                    let parts = job.pointee.partCount
                    job.pointee.run(parts * index / count..<parts * (index + 1) / count)
                }, job, UInt32(threads), 0)
        }
    }

    private struct Job {
        let pointer: OpaquePointer
        let source: drc_map
        let destination: drc_map
        let factor: Float
        let partCount: CInt

        func run(_ parts: Range<CInt>) {
            withUnsafePointer(to: source) { source in
                withUnsafePointer(to: destination) { destination in
                    drc_run(pointer, source, destination, factor, parts.lowerBound, parts.upperBound)
                }
            }
        }
    }
}

extension FoldedConvolution {
    /// The kernel in integers of up to 16 bits, each output's by a step of its own, so that no sum of products with
    /// inputs of 14 bits and a sign leaves 32 bits.
    ///
    /// As exact as halves: for an input of few channels, whose values are real numbers.
    func integers16() -> (weights: [Int16], steps: [Float]) {
        let sumMaximum: Float = 131_000
        let count = weights.count / bias.count
        var integers: [Int16] = []
        integers.reserveCapacity(weights.count)
        let steps = bias.indices.map { output in
            let kernel = weights[output * count..<(output + 1) * count]
            let largest = kernel.reduce(0) { max($0, abs($1)) }
            let sum = kernel.reduce(0) { $0 + abs($1) }
            // Rounding may make each of the integers larger by a half.
            let found = max(largest / 32767, sum / (sumMaximum - Float(count)))
            let step = found > 1e-30 ? found : 1
            integers.append(contentsOf: kernel.map { Int16(($0 / step).rounded(.toNearestOrEven)) })
            return step
        }
        return (integers, steps)
    }
}
