/// A convolution's kernel as its file holds it, in IEEE halves, with the batch norm behind it as a factor and a bias an output.
///
/// The same function as `FoldedConvolution`, at half of its bytes: the factors are not multiplied in, which would leave halves no
/// more.
struct HalfConvolution {
    /// [outputs, inputs, kernel, kernel], as `weights` is arranged row-major.
    let shape: [Int]
    /// The bits of the halves.
    let weights: [UInt16]
    /// One value an output, which its sums are multiplied by.
    let scales: [Float]
    /// One value an output.
    let bias: [Float]

    init(shape: [Int], weights: [UInt16], scales: [Float], bias: [Float]) {
        precondition(weights.count == shape.reduce(1, *) && bias.count == shape[0] && scales.count == shape[0])
        self.shape = shape
        self.weights = weights
        self.scales = scales
        self.bias = bias
    }

    /// A convolution of the network; nil where a weight is not exactly a half. `weights` must have passed
    /// `ResNet18Topology.validate`.
    init?(_ convolution: ResNet18Topology.Convolution, of weights: WeightsFile) throws(WeightsError) {
        let name = "\(convolution.name).weight"
        guard let tensor = weights.tensors[name] else { throw .missingTensor(name: name) }
        guard let halves = tensor.halves else { return nil }
        let norm = try FoldedNorm(convolution, of: weights)
        self.init(shape: convolution.weightShape, weights: halves, scales: norm.scales, bias: norm.bias)
    }
}

/// A batch norm in inference, y = (x - mean) * gamma / sqrt(variance + epsilon) + beta, as a factor and a bias an output.
struct FoldedNorm {
    let scales: [Float]
    let bias: [Float]

    init(_ convolution: ResNet18Topology.Convolution, of weights: WeightsFile) throws(WeightsError) {
        func values(_ name: String) throws(WeightsError) -> [Float] {
            guard let tensor = weights.tensors["\(convolution.norm).\(name)"] else {
                throw .missingTensor(name: "\(convolution.norm).\(name)")
            }
            return tensor.values
        }
        let (gamma, beta) = (try values("weight"), try values("bias"))
        let (mean, variance) = (try values("running_mean"), try values("running_var"))
        let scales = zip(gamma, variance).map { $0 / ($1 + ResNet18Topology.normEpsilon).squareRoot() }
        self.scales = scales
        bias = beta.indices.map { beta[$0] - mean[$0] * scales[$0] }
    }
}
