import CDNNL

/// Batch normalisation over N, H and W, with ReLU fused where the block has one next.
///
/// Running statistics follow PyTorch: momentum 0.1, the unbiased variance. Fixed ones normalise as inference does, and the
/// gradient takes them for the constants that they are (PyTorch's `eval()`).
final class BatchNorm {
    static let epsilon: Float = 1e-5
    static let momentum: Float = 0.1

    let output: Tensor
    let scale: Parameter
    let shift: Parameter
    let runningMean: Statistic
    let runningVariance: Statistic
    private let mean: Tensor
    private let variance: Tensor
    private let count: Int
    private let statistics: NormStatistics
    private let forwardOperation: Operation
    private let backwardOperation: Operation

    /// - Parameters:
    ///   - input: the convolution's output.
    ///   - statistics: what it normalises by.
    ///   - outputGradient: the tensor with the loss gradient of `output`.
    ///   - inputGradient: the tensor that receives the gradient of `input`.
    init(
        name: String, input: Tensor, shape: [Int], thenReLU: Bool, statistics: NormStatistics = .batch,
        outputGradient: (Layout) throws -> Tensor, inputGradient: Tensor, _ context: ComputeContext
    ) throws {
        self.statistics = statistics
        let isFixed = statistics == .fixed
        let channels = shape[1]
        count = shape[0] * shape[2] * shape[3]
        let vector = try Layout([channels], dnnl_f32, dnnl_a)
        scale = try Parameter(name: name + ".weight", shape: [channels], layout: vector, decays: false, context)
        shift = try Parameter(name: name + ".bias", shape: [channels], layout: vector, decays: false, context)
        runningMean = Statistic(name: name + ".running_mean", values: [Float](repeating: 0, count: channels))
        runningVariance = Statistic(name: name + ".running_var", values: [Float](repeating: 1, count: channels))
        mean = try Tensor(vector, context)
        variance = try Tensor(vector, context)
        output = try Tensor(input.layout, context)
        let gradient = try outputGradient(output.layout)

        let forward = try context.withAttributes { attributes in
            try Plan("the batch norm \(name)") {
                ddn_batch_normalization_forward(
                    &$0, context.engine, dnnl_forward_training, input.layout.handle, BatchNorm.epsilon, isFixed,
                    thenReLU, attributes)
            }
        }
        let backward = try context.withAttributes { attributes in
            try Plan("the gradient of batch norm \(name)") {
                ddn_batch_normalization_backward(
                    &$0, context.engine, gradient.layout.handle, input.layout.handle, BatchNorm.epsilon, isFixed,
                    thenReLU, forward.handle, attributes)
            }
        }
        // With ReLU fused, the workspace remembers which outputs were clipped.
        var workspace: [(Int32, Tensor)] = []
        if let layout = forward.layout(dnnl_query_workspace_md), layout.byteCount > 0 {
            workspace = [(DNNL_ARG_WORKSPACE, try Tensor(layout, context))]
        }
        let shared = [(DNNL_ARG_SRC, input), (DNNL_ARG_MEAN, mean), (DNNL_ARG_VARIANCE, variance)]
        forwardOperation = try Operation(
            forward, context,
            shared + workspace + [
                (DNNL_ARG_SCALE, scale.value), (DNNL_ARG_SHIFT, shift.value), (DNNL_ARG_DST, output),
            ])
        // The gradients do not depend on the shift: oneDNN 2.x insists on it all the same, 3.x refuses it.
        let unread = ddn_version_major() < 3 ? [(DNNL_ARG_SHIFT, shift.value)] : []
        backwardOperation = try Operation(
            backward, context,
            shared + workspace + unread + [
                (DNNL_ARG_SCALE, scale.value), (DNNL_ARG_DIFF_DST, gradient),
                (DNNL_ARG_DIFF_SRC, inputGradient), (DNNL_ARG_DIFF_SCALE, scale.gradient),
                (DNNL_ARG_DIFF_SHIFT, shift.gradient),
            ])
    }

    func forward() throws {
        if statistics == .fixed {
            mean.floats.update(from: runningMean.values, count: runningMean.values.count)
            variance.floats.update(from: runningVariance.values, count: runningVariance.values.count)
            return try forwardOperation.run()
        }
        try forwardOperation.run()
        let unbiased = Float(count) / Float(max(count - 1, 1))
        for c in runningMean.values.indices {
            runningMean.values[c] += BatchNorm.momentum * (mean.floats[c] - runningMean.values[c])
            runningVariance.values[c] +=
                BatchNorm.momentum * (variance.floats[c] * unbiased - runningVariance.values[c])
        }
    }

    func backward() throws { try backwardOperation.run() }

    var implementations: [String] { [forwardOperation.implementation, backwardOperation.implementation] }
}

/// What batch norms normalise by while a network is trained.
public enum NormStatistics: Sendable {
    /// The batch's own mean and variance, from which the running ones are collected: training from the beginning.
    case batch
    /// The running mean and variance, which stay as they are: for a few more steps of a trained network, on a batch that
    /// is not like what it was trained on (one speaker's).
    case fixed
}
