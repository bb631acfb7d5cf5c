/// A convolution's kernel and bias with the batch norm behind it multiplied in.
///
/// In inference batch norm is y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, which is linear in the
/// convolution's output: each output channel's kernel is scaled and its bias is beta - mean * scale.
struct FoldedConvolution {
    /// [outputs, inputs, kernel, kernel], as `weights` is arranged row-major.
    let shape: [Int]
    let weights: [Float]
    /// One value an output.
    let bias: [Float]

    init(shape: [Int], weights: [Float], bias: [Float]) {
        precondition(weights.count == shape.reduce(1, *) && bias.count == shape[0])
        self.shape = shape
        self.weights = weights
        self.bias = bias
    }

    /// Folds a convolution of the network; `weights` must have passed `ResNet18Topology.validate`.
    init(_ convolution: ResNet18Topology.Convolution, of weights: WeightsFile) throws(WeightsError) {
        let name = "\(convolution.name).weight"
        guard let tensor = weights.tensors[name] else { throw .missingTensor(name: name) }
        var kernel = tensor.values
        let norm = try FoldedNorm(convolution, of: weights)
        let count = kernel.count / convolution.outputs
        kernel.withUnsafeMutableBufferPointer { kernel in
            for output in 0..<convolution.outputs {
                let scale = norm.scales[output]
                for i in output * count..<(output + 1) * count { kernel[i] *= scale }
            }
        }
        self.init(shape: convolution.weightShape, weights: kernel, bias: norm.bias)
    }

    /// The same with its outputs multiplied.
    func scaled(by factor: Float) -> FoldedConvolution {
        FoldedConvolution(shape: shape, weights: weights.map { $0 * factor }, bias: bias.map { $0 * factor })
    }
}
