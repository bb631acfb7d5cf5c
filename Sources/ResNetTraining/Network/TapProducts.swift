import CDNNL
import Glibc

/// A convolution as matrix products (`dnnl_sgemm`), one or a few for every tap of the kernel.
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
struct TapProducts {
    /// One product: rows of the input and of the output, both from these offsets (in elements) on.
    private struct Run {
        var weight: Int
        var input: Int
        var output: Int
        var rows: Int
        var isFirstOfTap: Bool
    }
    private let runs: [Run]
    private let inputs: dnnl_dim_t
    private let outputs: dnnl_dim_t
    private let inputCount: Int
    private let outputCount: Int

    init(inputShape: [Int], outputShape: [Int], kernel: Int, stride: Int) {
        let (batch, padding) = (inputShape[0], kernel / 2)
        let (channelsIn, channelsOut) = (inputShape[1], outputShape[1])
        inputs = dnnl_dim_t(channelsIn)
        outputs = dnnl_dim_t(channelsOut)
        inputCount = inputShape.reduce(1, *)
        outputCount = outputShape.reduce(1, *)
        /// Output positions along an axis whose input under the tap is inside the map.
        func inside(_ tap: Int, axis: Int) -> [Int] {
            (0..<outputShape[axis]).filter { (0..<inputShape[axis]).contains($0 * stride + tap - padding) }
        }
        var runs: [Run] = []
        for tapRow in 0..<kernel {
            for tapColumn in 0..<kernel {
                var isFirst = true
                let columns = inside(tapColumn, axis: 3)
                for row in inside(tapRow, axis: 2) {
                    // With stride 1 a row's positions follow each other in the input as in the output.
                    let starts = stride == 1 ? Array(columns.prefix(1)) : columns
                    for column in starts {
                        let inputRow = row * stride + tapRow - padding
                        let inputColumn = column * stride + tapColumn - padding
                        runs.append(
                            Run(
                                weight: (tapRow * kernel + tapColumn) * channelsIn * channelsOut,
                                input: (inputRow * inputShape[3] + inputColumn) * batch * channelsIn,
                                output: (row * outputShape[3] + column) * batch * channelsOut,
                                rows: (stride == 1 ? columns.count : 1) * batch, isFirstOfTap: isFirst))
                        isFirst = false
                    }
                }
            }
        }
        self.runs = runs
    }

    /// [height, width, batch, channels] in memory, for a shape in the usual order.
    static func layout(_ shape: [Int]) throws -> Layout {
        try Layout(shape, strides: [shape[1], 1, shape[3] * shape[0] * shape[1], shape[0] * shape[1]])
    }

    /// [kernel, kernel, outputs, inputs] in memory, for a shape [outputs, inputs, kernel, kernel].
    static func weightLayout(_ shape: [Int]) throws -> Layout {
        try Layout(shape, strides: [shape[1], 1, shape[3] * shape[0] * shape[1], shape[0] * shape[1]])
    }

    func forward(input: Tensor, weights: Tensor, output: Tensor) throws {
        memset(output.storage, 0, outputCount * MemoryLayout<Float>.size)
        for run in runs {
            try check(
                dnnl_sgemm(
                    Self.plain, Self.transposed, dnnl_dim_t(run.rows), outputs, inputs, 1, input.floats + run.input,
                    inputs, weights.floats + run.weight, inputs, 1, output.floats + run.output, outputs), "dnnl_sgemm")
        }
    }

    func inputGradient(outputGradient: Tensor, weights: Tensor, inputGradient: Tensor) throws {
        memset(inputGradient.storage, 0, inputCount * MemoryLayout<Float>.size)
        for run in runs {
            try check(
                dnnl_sgemm(
                    Self.plain, Self.plain, dnnl_dim_t(run.rows), inputs, outputs, 1,
                    outputGradient.floats + run.output, outputs, weights.floats + run.weight, inputs, 1,
                    inputGradient.floats + run.input, inputs), "dnnl_sgemm")
        }
    }

    func weightGradient(input: Tensor, outputGradient: Tensor, weightGradient: Tensor) throws {
        for run in runs {
            try check(
                dnnl_sgemm(
                    Self.transposed, Self.plain, outputs, inputs, dnnl_dim_t(run.rows), 1,
                    outputGradient.floats + run.output, outputs, input.floats + run.input, inputs,
                    run.isFirstOfTap ? 0 : 1, weightGradient.floats + run.weight, inputs), "dnnl_sgemm")
        }
    }

    static let implementation = "products by tap"
    private static let plain = CChar(UInt8(ascii: "N"))
    private static let transposed = CChar(UInt8(ascii: "T"))
}
