/// The end of the network, in f32: global average pooling and the fully connected layer.
struct PooledClassifier: ~Copyable {
    /// Row-major [classes, 512], multiplied so that a sum over the positions serves as their average.
    private let weights: [Float]
    private let bias: [Float]
    private let pooled: UnsafeMutableBufferPointer<Float>

    deinit { pooled.deallocate() }

    /// - Parameters:
    ///   - weights: must have passed `ResNet18Topology.validate`.
    ///   - scale: what one unit of the features' sums stands for.
    init(_ weights: WeightsFile, scale: Float) throws(WeightsError) {
        guard let fullyConnected = weights.tensors["fc.weight"], let bias = weights.tensors["fc.bias"] else {
            throw .missingTensor(name: "fc.weight")
        }
        self.weights = fullyConnected.values.map { $0 * scale }
        self.bias = bias.values
        pooled = .allocate(capacity: ResNet18Topology.featureCount)
        pooled.initialize(repeating: 0)
    }

    /// The logits for features of one window: row-major [512, positions].
    func classify(_ features: UnsafeBufferPointer<Float>, into logits: inout MutableSpan<Float>, at offset: Int) {
        let positionCount = features.count / pooled.count
        for feature in pooled.indices {
            var sum: Float = 0
            for position in 0..<positionCount { sum += features[feature * positionCount + position] }
            pooled[feature] = sum
        }
        classify(into: &logits, at: offset)
    }

    /// The logits for features of one window: [positions, 512].
    func classify(_ features: UnsafeBufferPointer<UInt8>, into logits: inout MutableSpan<Float>, at offset: Int) {
        let positionCount = features.count / pooled.count
        for feature in pooled.indices {
            var sum: UInt32 = 0
            for position in 0..<positionCount { sum += UInt32(features[position * pooled.count + feature]) }
            pooled[feature] = Float(sum)
        }
        classify(into: &logits, at: offset)
    }

    private func classify(into logits: inout MutableSpan<Float>, at offset: Int) {
        weights.withUnsafeBufferPointer { weights in
            for output in bias.indices {
                // Eight partial sums: one alone would have to wait for each addition, and may not be reordered.
                var sums = SIMD8<Float>.zero
                for feature in stride(from: 0, to: pooled.count, by: 8) {
                    let weight = UnsafeRawPointer(weights.baseAddress! + output * pooled.count + feature)
                    let value = UnsafeRawPointer(pooled.baseAddress! + feature)
                    // Not `addProduct`: without FMA, which x86-64 need not have, that is a function call a lane.
                    sums +=
                        weight.loadUnaligned(as: SIMD8<Float>.self) * value.loadUnaligned(as: SIMD8<Float>.self)
                }
                logits[offset + output] = sums.sum() + bias[output]
            }
        }
    }
}
