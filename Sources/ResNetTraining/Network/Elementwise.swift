import CDNNL

/// Max pooling 3 x 3 with stride 2 and padding 1, torchvision's after the stem.
final class MaxPool {
    let output: Tensor
    private let forwardOperation: Operation
    private let backwardOperation: Operation

    init(
        input: Tensor, shape: [Int], type: dnnl_data_type_t, outputGradient: (Layout) throws -> Tensor,
        inputGradient: Tensor, _ context: ComputeContext
    ) throws {
        let outputShape = [shape[0], shape[1], (shape[2] - 1) / 2 + 1, (shape[3] - 1) / 2 + 1]
        let strides: [dnnl_dim_t] = [2, 2]
        let kernel: [dnnl_dim_t] = [3, 3]
        let padLow: [dnnl_dim_t] = [1, 1]
        // The far padding is what the output size needs: with an even input the last window ends inside it.
        let padHigh = [2, 3].map { axis in dnnl_dim_t((outputShape[axis] - 1) * 2 + 3 - 1 - shape[axis]) }
        let any = try Layout(outputShape, type, dnnl_format_tag_any)
        let forward = try context.withAttributes { attributes in
            try Plan("max pooling") {
                ddn_pooling_forward(
                    &$0, context.engine, dnnl_forward_training, dnnl_pooling_max, input.layout.handle, any.handle,
                    strides, kernel, padLow, padHigh, attributes)
            }
        }
        output = try Tensor(forward.layout(dnnl_query_dst_md)!, context)
        let gradient = try outputGradient(output.layout)
        let backward = try context.withAttributes { attributes in
            try Plan("the gradient of max pooling") {
                ddn_pooling_backward(
                    &$0, context.engine, dnnl_pooling_max, inputGradient.layout.handle, gradient.layout.handle, strides,
                    kernel, padLow, padHigh, forward.handle, attributes)
            }
        }
        let workspace = try Tensor(forward.layout(dnnl_query_workspace_md)!, context)
        forwardOperation = try Operation(
            forward, context, [(DNNL_ARG_SRC, input), (DNNL_ARG_DST, output), (DNNL_ARG_WORKSPACE, workspace)])
        backwardOperation = try Operation(
            backward, context,
            [(DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_SRC, inputGradient), (DNNL_ARG_WORKSPACE, workspace)])
    }

    func forward() throws { try forwardOperation.run() }
    func backward() throws { try backwardOperation.run() }
}

/// The end of a residual block: `output = max(0, main + shortcut)`.
final class AddReLU {
    let output: Tensor
    private let forwardOperation: Operation
    private let backwardOperation: Operation

    /// `gradient` holds the loss gradient of the output and receives, in place, that of the sum.
    init(main: Tensor, shortcut: Tensor, gradient: (Layout) throws -> Tensor, _ context: ComputeContext) throws {
        let output = try Tensor(main.layout, context)
        self.output = output
        let forward = try context.withAttributes(thenReLU: true) { attributes in
            try Plan("the residual sum") {
                ddn_binary(
                    &$0, context.engine, dnnl_binary_add, main.layout.handle, shortcut.layout.handle,
                    output.layout.handle, attributes)
            }
        }
        forwardOperation = try Operation(
            forward, context, [(DNNL_ARG_SRC_0, main), (DNNL_ARG_SRC_1, shortcut), (DNNL_ARG_DST, output)])

        let gradient = try gradient(output.layout)
        let hint = try context.withAttributes { attributes in
            try Plan("ReLU") {
                ddn_eltwise_forward(
                    &$0, context.engine, dnnl_forward_training, dnnl_eltwise_relu_use_dst_for_bwd, output.layout.handle,
                    attributes)
            }
        }
        let backward = try context.withAttributes { attributes in
            try Plan("the gradient of ReLU") {
                ddn_eltwise_backward(
                    &$0, context.engine, dnnl_eltwise_relu_use_dst_for_bwd, gradient.layout.handle,
                    output.layout.handle, hint.handle, attributes)
            }
        }
        backwardOperation = try Operation(
            backward, context,
            [(DNNL_ARG_DST, output), (DNNL_ARG_DIFF_DST, gradient), (DNNL_ARG_DIFF_SRC, gradient)])
    }

    func forward() throws { try forwardOperation.run() }
    func backward() throws { try backwardOperation.run() }
}

/// `target += source`, where two gradients of one tensor meet.
final class Accumulate {
    private let operation: Operation

    init(_ source: Tensor, into target: Tensor, _ context: ComputeContext) throws {
        let plan = try context.withAttributes { attributes in
            try Plan("a sum of gradients") {
                ddn_binary(
                    &$0, context.engine, dnnl_binary_add, target.layout.handle, source.layout.handle,
                    target.layout.handle, attributes)
            }
        }
        operation = try Operation(
            plan, context, [(DNNL_ARG_SRC_0, target), (DNNL_ARG_SRC_1, source), (DNNL_ARG_DST, target)])
    }

    func run() throws { try operation.run() }
}
