import CDNNL
import Glibc

/// `TapProducts` of bf16 matrices, for processors that multiply those in tiles (AMX): input, weights and the output's gradient are
/// bf16; the output, the input's gradient and the weights', which are sums of several products, f32.
///
/// oneDNN's own convolutions in tiles take one image's rows at a time: on a map of 2 x 3 most of a tile is empty. Here the rows are those
/// of all images.
///
/// Milliseconds at batch 64 on one AMX core (oneDNN 2.6), 512->512 channels on 2 x 3: oneDNN's own forward pass 13.7, input gradient 17.0,
/// weight gradient 41.9; the products here some 2, 2 and 3.
final class TiledTapProducts: ProductsByTap {
    private let taps: TapProducts
    private let forwardProducts: [Int: TiledProduct]
    private let inputProducts: [Int: TiledProduct]
    private let weightProducts: [Int: TiledProduct]

    /// - Parameter withActivations: whether the forward pass and the input gradient are wanted besides the weight gradient.
    init(_ taps: TapProducts, withActivations: Bool, _ context: ComputeContext) throws {
        self.taps = taps
        let rows = Set(taps.runs.map(\.rows))
        func products(_ make: (Int) throws -> TiledProduct) rethrows -> [Int: TiledProduct] {
            try Dictionary(uniqueKeysWithValues: rows.sorted().map { ($0, try make($0)) })
        }
        forwardProducts =
            withActivations
            ? try products { rows in
                // Transposed weights are slower to multiply by, but a second copy of them costs more.
                try TiledProduct(rows: rows, columns: taps.outputs, depth: taps.inputs, transposedB: true, context)
            } : [:]
        inputProducts =
            withActivations
            ? try products { try TiledProduct(rows: $0, columns: taps.inputs, depth: taps.outputs, context) } : [:]
        weightProducts = try products {
            try TiledProduct(rows: taps.outputs, columns: taps.inputs, depth: $0, transposedA: true, context)
        }
    }

    func forward(input: Tensor, weights: Tensor, output: Tensor) throws {
        memset(output.storage, 0, output.layout.byteCount)
        for run in taps.runs {
            try forwardProducts[run.rows]!.add(
                input.storage + run.input * 2, weights.storage + run.weight * 2, to: output.floats + run.output)
        }
    }

    func inputGradient(outputGradient: Tensor, weights: Tensor, inputGradient: Tensor) throws {
        memset(inputGradient.storage, 0, inputGradient.layout.byteCount)
        for run in taps.runs {
            try inputProducts[run.rows]!.add(
                outputGradient.storage + run.output * 2, weights.storage + run.weight * 2,
                to: inputGradient.floats + run.input)
        }
    }

    func weightGradient(input: Tensor, outputGradient: Tensor, weightGradient: Tensor) throws {
        memset(weightGradient.storage, 0, weightGradient.layout.byteCount)
        for run in taps.runs {
            try weightProducts[run.rows]!.add(
                outputGradient.storage + run.output * 2, input.storage + run.input * 2,
                to: weightGradient.floats + run.weight)
        }
    }

    let implementation = "products by tap, in tiles"
}

/// `result += a * b` of dense matrices anywhere in memory: `rows` x `columns` in f32, of bf16, summed over `depth`.
private final class TiledProduct {
    private let operation: Operation
    private let operands: [Tensor]

    /// - Parameters:
    ///   - transposedA: whether `a` lies as depth x rows.
    ///   - transposedB: whether `b` lies as columns x depth.
    init(
        rows: Int, columns: Int, depth: Int, transposedA: Bool = false, transposedB: Bool = false,
        _ context: ComputeContext
    ) throws {
        let a = try Layout([rows, depth], dnnl_bf16, transposedA ? dnnl_ba : dnnl_ab)
        let b = try Layout([depth, columns], dnnl_bf16, transposedB ? dnnl_ba : dnnl_ab)
        let c = try Layout([rows, columns], dnnl_f32, dnnl_ab)
        let plan = try context.withAttributes(adding: true) { attributes in
            try Plan("a product of matrices") {
                ddn_matmul(&$0, context.engine, a.handle, b.handle, c.handle, attributes)
            }
        }
        // Where they lie is said with each run.
        operands = try [a, b, c].map {
            try Tensor($0, at: UnsafeMutableRawPointer(bitPattern: 64)!, owner: nil, context)
        }
        operation = try Operation(
            plan, context,
            [(DNNL_ARG_SRC, operands[0]), (DNNL_ARG_WEIGHTS, operands[1]), (DNNL_ARG_DST, operands[2])])
    }

    func add(
        _ a: UnsafeMutableRawPointer, _ b: UnsafeMutableRawPointer, to result: UnsafeMutablePointer<Float>
    ) throws {
        for (operand, start) in zip(operands, [a, b, UnsafeMutableRawPointer(result)]) {
            try check(dnnl_memory_set_data_handle(operand.memory, start), "dnnl_memory_set_data_handle")
        }
        try operation.run()
    }
}
