import CDNNL

/// A 2-D convolution without bias, with its two gradients.
///
/// Each of the three is oneDNN's convolution, or products by tap (`TapProducts`) where those are faster. The weights' master
/// copy is in f32 in the gradient's layout; where the forward pass or the input gradient wants another layout (or bf16),
/// that copy is refreshed once a step.
final class Convolution {
    /// One of the three with the reorders around it.
    private struct Pass {
        var before: [Reorder] = []
        var after: Reorder?
        let implementation: String
        let body: () throws -> Void

        func run() throws {
            for reorder in before { try reorder.run() }
            try body()
            try after?.run()
        }
    }

    let output: Tensor
    let weight: Parameter
    private let refreshWeights: [Reorder]
    private let forwardPass: Pass
    private let weightGradient: Pass
    private let inputGradient: Pass?

    /// - Parameters:
    ///   - input: [batch, channels, height, width] activations.
    ///   - stride: along the height, and along the width too unless `timeStride` says otherwise.
    ///   - outputGradient: makes (or finds) the tensor that the loss gradient of the output will stand in.
    ///   - inputGradient: the same for the input; nil for the first layer, whose input gradient nobody reads.
    init(
        name: String, input: Tensor, inputShape: [Int], channels: Int, kernel: Int, stride: Int, timeStride: Int? = nil,
        type: dnnl_data_type_t, outputGradient: (Layout) throws -> Tensor,
        inputGradient: ((Layout) throws -> Tensor)?, _ context: ComputeContext
    ) throws {
        let padding = kernel / 2
        let timeStride = timeStride ?? stride
        let outputShape = [
            inputShape[0], channels, (inputShape[2] + 2 * padding - kernel) / stride + 1,
            (inputShape[3] + 2 * padding - kernel) / timeStride + 1,
        ]
        let weightShape = [channels, inputShape[1], kernel, kernel]
        let strides = [dnnl_dim_t(stride), dnnl_dim_t(timeStride)]
        let pad = [dnnl_dim_t](repeating: dnnl_dim_t(padding), count: 2)
        let anyWeights = try Layout(weightShape, type, dnnl_format_tag_any)
        func forwardPlan(_ tag: dnnl_format_tag_t) throws -> Plan {
            let layout = try Layout(outputShape, type, tag)
            return try context.withAttributes { attributes in
                try Plan("the convolution \(name)") {
                    ddn_convolution_forward(
                        &$0, context.engine, dnnl_forward_training, dnnl_convolution_direct, input.layout.handle,
                        anyWeights.handle, nil, layout.handle, strides, pad, pad, attributes)
                }
            }
        }
        let isTiled = type == dnnl_bf16 && context.hasTiles
        var forward = try forwardPlan(isTiled ? dnnl_acdb : dnnl_format_tag_any)
        let outputLayout = forward.layout(dnnl_query_dst_md)!
        // One input channel fills no tile: oneDNN has only its reference loops for that, and blocked layouts.
        if isTiled && forward.implementation.hasPrefix("ref") { forward = try forwardPlan(dnnl_format_tag_any) }
        let output = try Tensor(outputLayout, context)
        self.output = output
        let gradient = try outputGradient(output.layout)

        // Measured for AVX2, for f32 with AVX-512, and with tiles. One input channel is no matrix.
        let area = outputShape[2] * outputShape[3]
        let isSmall = area <= 18
        let tapsPay =
            inputShape[1] >= 16
            && (isTiled
                ? area <= 60 : type == dnnl_f32 && (isSmall || !forward.implementation.contains("avx512")))
        // Two more copies a pass are worth it from the third stage on.
        let tapsPayForActivations = tapsPay && isSmall
        let taps = TapProducts(
            inputShape: inputShape, outputShape: outputShape, kernel: kernel, stride: stride, timeStride: timeStride,
            threads: context.threads)
        let products: any ProductsByTap =
            tapsPay && isTiled
            ? try TiledTapProducts(taps, withActivations: tapsPayForActivations, context) : taps

        // The weight gradient stays in f32 whatever the activations are: sums over a batch lose too much in bf16.
        let anyWeightGradient = try Layout(weightShape, dnnl_f32, dnnl_format_tag_any)
        let backwardWeights =
            try tapsPay
            ? nil
            : Convolution.fastest([(input, inputShape), (gradient, outputShape)], type, context) { layouts in
                try context.withAttributes { attributes in
                    try Plan("the weight gradient of \(name)") {
                        ddn_convolution_backward_weights(
                            &$0, context.engine, layouts[0].handle, anyWeightGradient.handle, layouts[1].handle,
                            strides, pad, pad, forward.handle, attributes)
                    }
                }
            }
        let weight = try Parameter(
            name: name + ".weight", shape: weightShape,
            layout: backwardWeights?.plan.layout(dnnl_query_diff_weights_md)! ?? TapProducts.weightLayout(weightShape),
            decays: true, context)
        self.weight = weight
        // The output's gradient by tap, which the weight gradient leaves to the input gradient.
        var tapGradient: Tensor?
        if let backwardWeights {
            let operation = try Operation(
                backwardWeights.plan, context,
                [
                    (DNNL_ARG_SRC, backwardWeights.tensors[0]), (DNNL_ARG_DIFF_DST, backwardWeights.tensors[1]),
                    (DNNL_ARG_DIFF_WEIGHTS, weight.gradient),
                ])
            weightGradient = Pass(
                before: backwardWeights.reorders, implementation: operation.implementation, body: operation.run)
        } else {
            let x = try context.copies.0.tensor(try TapProducts.layout(inputShape, type), context)
            let g = try context.copies.1.tensor(try TapProducts.layout(outputShape, type), context)
            tapGradient = g
            weightGradient = Pass(
                before: [try Reorder(from: input, to: x, context), try Reorder(from: gradient, to: g, context)],
                implementation: products.implementation
            ) { try products.weightGradient(input: x, outputGradient: g, weightGradient: weight.gradient) }
        }

        var reorders: [Reorder] = []
        func copy(_ layout: Layout) throws -> Tensor {
            if layout.isSame(as: weight.value.layout) { return weight.value }
            let tensor = try Tensor(layout, context)
            reorders.append(try Reorder(from: weight.value, to: tensor, context))
            return tensor
        }

        // What both passes by tap multiply by.
        let tapWeights = tapsPayForActivations ? try copy(TapProducts.weightLayout(weightShape, type)) : nil

        if let tapWeights {
            let x = try context.copies.0.tensor(try TapProducts.layout(inputShape, type), context)
            let y = try context.copies.1.tensor(try TapProducts.layout(outputShape), context)
            forwardPass = Pass(
                before: [try Reorder(from: input, to: x, context)], after: try Reorder(from: y, to: output, context),
                implementation: products.implementation
            ) { try products.forward(input: x, weights: tapWeights, output: y) }
        } else {
            let planned = forward.layout(dnnl_query_dst_md)!
            let isPlanned = planned.isSame(as: output.layout)
            let y = isPlanned ? output : try context.copies.1.tensor(planned, context)
            let operation = try Operation(
                forward, context,
                [
                    (DNNL_ARG_SRC, input), (DNNL_ARG_WEIGHTS, try copy(forward.layout(dnnl_query_weights_md)!)),
                    (DNNL_ARG_DST, y),
                ])
            forwardPass = Pass(
                after: isPlanned ? nil : try Reorder(from: y, to: output, context),
                implementation: operation.implementation, body: operation.run)
        }

        if let inputGradient, let tapWeights, let g = tapGradient {
            let target = try inputGradient(input.layout)
            let dx = try context.copies.0.tensor(try TapProducts.layout(inputShape), context)
            self.inputGradient = Pass(
                after: try Reorder(from: dx, to: target, context), implementation: products.implementation
            ) { try products.inputGradient(outputGradient: g, weights: tapWeights, inputGradient: dx) }
        } else if let inputGradient {
            let target = try inputGradient(input.layout)
            let backwardData = try Convolution.fastest(
                [(gradient, outputShape), (target, inputShape)], type, context
            ) { layouts in
                try context.withAttributes { attributes in
                    try Plan("the input gradient of \(name)") {
                        ddn_convolution_backward_data(
                            &$0, context.engine, layouts[1].handle, anyWeights.handle, layouts[0].handle, strides, pad,
                            pad, forward.handle, attributes)
                    }
                }
            }
            let operation = try Operation(
                backwardData.plan, context,
                [
                    (DNNL_ARG_DIFF_DST, backwardData.tensors[0]),
                    (DNNL_ARG_WEIGHTS, try copy(backwardData.plan.layout(dnnl_query_weights_md)!)),
                    (DNNL_ARG_DIFF_SRC, backwardData.tensors[1]),
                ])
            let isPlain = !backwardData.reorders.isEmpty
            self.inputGradient = Pass(
                before: Array(backwardData.reorders.prefix(1)),
                after: isPlain ? try Reorder(from: backwardData.tensors[1], to: target, context) : nil,
                implementation: operation.implementation, body: operation.run)
        } else {
            self.inputGradient = nil
        }
        refreshWeights = reorders
    }

    func forward() throws {
        for reorder in refreshWeights { try reorder.run() }
        try forwardPass.run()
    }

    func backward() throws {
        try weightGradient.run()
        try inputGradient?.run()
    }

    /// The plan over the tensors' own layouts, or, where oneDNN has only its reference loops for those, over plain copies.
    ///
    /// oneDNN 2.6's AVX2 code leaves out the weight gradients of one input channel and of maps under about 4 x 4, and
    /// strided 1 x 1 input gradients of odd maps. Its reference loops take minutes for what its matrix-product path,
    /// which wants plain layouts, does in milliseconds (measured on the stem and the last stage).
    private static func fastest(
        _ tensors: [(tensor: Tensor, shape: [Int])], _ type: dnnl_data_type_t, _ context: ComputeContext,
        _ plan: ([Layout]) throws -> Plan
    ) throws -> (plan: Plan, tensors: [Tensor], reorders: [Reorder]) {
        let blocked = try plan(tensors.map(\.tensor.layout))
        guard blocked.implementation.hasPrefix("ref") else { return (blocked, tensors.map(\.tensor), []) }
        let layouts = try tensors.map { try Layout($0.shape, type, dnnl_abcd) }
        let plain = try plan(layouts)
        guard !plain.implementation.hasPrefix("ref") else { return (blocked, tensors.map(\.tensor), []) }
        let copies = try layouts.map { try Tensor($0, context) }
        let reorders = try zip(tensors, copies).map { try Reorder(from: $0.tensor, to: $1, context) }
        return (plain, copies, reorders)
    }

    /// Implementations of forward, weight gradient and input gradient, for benchmarks and bug reports.
    var implementations: [String] {
        [forwardPass.implementation, weightGradient.implementation] + (inputGradient.map { [$0.implementation] } ?? [])
    }
}
