import CDNNL
import Glibc

/// The three passes of a convolution as matrix products by tap.
///
/// Activations and their gradients lie in `TapProducts.layout`, weights and theirs in `TapProducts.weightLayout`. Gradients and outputs
/// need not be cleared.
protocol ProductsByTap {
    /// For benchmarks and bug reports.
    var implementation: String { get }
    func forward(input: Tensor, weights: Tensor, output: Tensor) throws
    func inputGradient(outputGradient: Tensor, weights: Tensor, inputGradient: Tensor) throws
    func weightGradient(input: Tensor, outputGradient: Tensor, weightGradient: Tensor) throws
}

/// A convolution as matrix products in f32 (`dnnl_sgemm`), one or a few for every tap of the kernel.
///
/// Tensors lie position by position: [height, width, batch, channels]. Then the inputs that one tap sees along a row, and the
/// outputs it goes into, are each a dense matrix of (positions x batch) rows, with nothing to copy, and taps that fall into
/// the padding are left out: on a 2 x 3 map that is half the work.
///
/// Milliseconds at batch 64 on one AVX2 core (AMD EPYC, oneDNN 2.6), oneDNN's own convolution against this:
///
///     channels, map, stride   forward       input gradient   weight gradient
///     512->512   2 x 3   1    27.7   12.4   22.6   17.0      45.1   18.4
///     256->256   3 x 6   1    16.5   11.7   13.1   11.5      22.2   14.5
///     128->128   5 x 12  1    13.6   11.7   12.6   11.4      18.6   13.9
///     64->64    10 x 24  1    13.2   13.4   12.6   12.9      17.9   13.3
///     256->512   3 x 6   2    13.8    7.1   12.9    6.8      21.9    9.7
///     128->256   5 x 12  2     8.8    6.9    8.9    6.5      12.3    7.2
///     256->512 1x1 3 x 6 2     5.4    1.3    3.9    1.3       8.7    1.8
///
/// With AVX-512 (Xeon at 2.5 GHz) oneDNN's own took 23.0, 26.4 and 54.2 ms for 512->512 on 2 x 3 and 14.3, 14.7 and 20.3 ms for 256->256 on
/// 3 x 6; whole steps of training are half as fast again by tap on these two stages (83 and 124 windows a second, the best of several
/// rounds), and no faster with the larger maps by tap too.
struct TapProducts: ProductsByTap {
    /// One product: rows of the input and of the output, both from these offsets (in elements) on.
    struct Run {
        var weight: Int
        var input: Int
        var output: Int
        var rows: Int
        var isFirstOfTap: Bool
    }
    let runs: [Run]
    let inputs: Int
    let outputs: Int
    private let inputCount: Int
    private let outputCount: Int
    private let threads: Int

    /// - Parameter threads: each takes an equal part of the result's channels, through all products: one wait a pass, where
    ///   one for every product would cost more than the small ones take.
    init(inputShape: [Int], outputShape: [Int], kernel: Int, stride: Int, timeStride: Int, threads: Int) {
        self.threads = threads
        let (batch, padding) = (inputShape[0], kernel / 2)
        let (channelsIn, channelsOut) = (inputShape[1], outputShape[1])
        inputs = channelsIn
        outputs = channelsOut
        inputCount = inputShape.reduce(1, *)
        outputCount = outputShape.reduce(1, *)
        /// Output positions along an axis whose input under the tap is inside the map.
        func inside(_ tap: Int, axis: Int, stride: Int) -> [Int] {
            (0..<outputShape[axis]).filter { (0..<inputShape[axis]).contains($0 * stride + tap - padding) }
        }
        var runs: [Run] = []
        for tapRow in 0..<kernel {
            for tapColumn in 0..<kernel {
                var isFirst = true
                let columns = inside(tapColumn, axis: 3, stride: timeStride)
                for row in inside(tapRow, axis: 2, stride: stride) {
                    // With stride 1 a row's positions follow each other in the input as in the output.
                    let starts = timeStride == 1 ? Array(columns.prefix(1)) : columns
                    for column in starts {
                        let inputRow = row * stride + tapRow - padding
                        let inputColumn = column * timeStride + tapColumn - padding
                        runs.append(
                            Run(
                                weight: (tapRow * kernel + tapColumn) * channelsIn * channelsOut,
                                input: (inputRow * inputShape[3] + inputColumn) * batch * channelsIn,
                                output: (row * outputShape[3] + column) * batch * channelsOut,
                                rows: (timeStride == 1 ? columns.count : 1) * batch, isFirstOfTap: isFirst))
                        isFirst = false
                    }
                }
            }
        }
        self.runs = runs
    }

    /// [height, width, batch, channels] in memory, for a shape in the usual order.
    static func layout(_ shape: [Int], _ type: dnnl_data_type_t = dnnl_f32) throws -> Layout {
        try Layout(shape, type, strides: [shape[1], 1, shape[3] * shape[0] * shape[1], shape[0] * shape[1]])
    }

    /// [kernel, kernel, outputs, inputs] in memory, for a shape [outputs, inputs, kernel, kernel].
    static func weightLayout(_ shape: [Int], _ type: dnnl_data_type_t = dnnl_f32) throws -> Layout {
        try Layout(shape, type, strides: [shape[1], 1, shape[3] * shape[0] * shape[1], shape[0] * shape[1]])
    }

    func forward(input: Tensor, weights: Tensor, output: Tensor) {
        memset(output.storage, 0, outputCount * MemoryLayout<Float>.size)
        let (x, w, y) = (input.floats, weights.floats, output.floats)
        onSlices(of: outputs) { first, count in
            for run in runs {
                multiply(
                    run.rows, count, inputs, (x + run.input, inputs, Self.plain),
                    (w + run.weight + first * inputs, inputs, Self.transposed), into: (y + run.output + first, outputs))
            }
        }
    }

    func inputGradient(outputGradient: Tensor, weights: Tensor, inputGradient: Tensor) {
        memset(inputGradient.storage, 0, inputCount * MemoryLayout<Float>.size)
        let (g, w, dx) = (outputGradient.floats, weights.floats, inputGradient.floats)
        onSlices(of: inputs) { first, count in
            for run in runs {
                multiply(
                    run.rows, count, outputs, (g + run.output, outputs, Self.plain),
                    (w + run.weight + first, inputs, Self.plain), into: (dx + run.input + first, inputs))
            }
        }
    }

    func weightGradient(input: Tensor, outputGradient: Tensor, weightGradient: Tensor) {
        let (x, g, dw) = (input.floats, outputGradient.floats, weightGradient.floats)
        onSlices(of: outputs) { first, count in
            for run in runs {
                multiply(
                    count, inputs, run.rows, (g + run.output + first, outputs, Self.transposed),
                    (x + run.input, inputs, Self.plain), into: (dw + run.weight + first * inputs, inputs),
                    adding: !run.isFirstOfTap)
            }
        }
    }

    private func onSlices(of channels: Int, _ body: (_ first: Int, _ count: Int) -> Void) {
        inParallel(threads) { slice in
            let (first, end) = (channels * slice / threads, channels * (slice + 1) / threads)
            if end > first { body(first, end - first) }
        }
    }

    private typealias Matrix = (start: UnsafeMutablePointer<Float>, stride: Int, transposed: CChar)

    /// `result (+)= a * b` (`dnnl_sgemm`): `rows` x `columns`, summing over `depth`.
    private func multiply(
        _ rows: Int, _ columns: Int, _ depth: Int, _ a: Matrix, _ b: Matrix,
        into result: (start: UnsafeMutablePointer<Float>, stride: Int), adding: Bool = true
    ) {
        let status = dnnl_sgemm(
            a.transposed, b.transposed, dnnl_dim_t(rows), dnnl_dim_t(columns), dnnl_dim_t(depth), 1, a.start,
            dnnl_dim_t(a.stride), b.start, dnnl_dim_t(b.stride), adding ? 1 : 0, result.start, dnnl_dim_t(result.stride)
        )
        precondition(status == dnnl_success, "dnnl_sgemm refused \(rows) x \(columns) x \(depth)")
    }

    let implementation = "products by tap"
    private static let plain = CChar(UInt8(ascii: "N"))
    private static let transposed = CChar(UInt8(ascii: "T"))
}
