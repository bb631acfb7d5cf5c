import ResNet

/// The fully convolutional network in plain loops, from its description: nothing of it is the package's but the
/// weights.
struct UtteranceReference {
    /// [channels][rows][columns]
    struct Map {
        var channels: Int
        var rows: Int
        var columns: Int
        var values: [Double]

        init(channels: Int, rows: Int, columns: Int) {
            (self.channels, self.rows, self.columns) = (channels, rows, columns)
            values = Array(repeating: 0, count: channels * rows * columns)
        }
    }

    let weights: WeightsFile
    let framesPerColumn: Int

    /// [columns][classes] for frames [T][40].
    func logits(_ frames: [Float]) -> [[Float]] {
        let count = frames.count / 40
        var map = Map(channels: 1, rows: 40, columns: count)
        for frame in 0..<count {
            for band in 0..<40 { map.values[band * count + frame] = Double(frames[frame * 40 + band]) }
        }
        map = relu(convolve("conv1", "bn1", map, kernel: 7, stride: (2, 2), padding: 3))
        map = pool(map)
        for layer in 1...4 {
            for block in 0..<2 {
                let name = "layer\(layer).\(block)"
                let halves = layer > 1 && block == 0
                let stride = (halves ? 2 : 1, halves && layer == 2 && framesPerColumn == 8 ? 2 : 1)
                var shortcut = map
                if halves {
                    shortcut = convolve(
                        "\(name).downsample.0", "\(name).downsample.1", map, kernel: 1, stride: stride, padding: 0)
                }
                let inner = relu(
                    convolve("\(name).conv1", "\(name).bn1", map, kernel: 3, stride: stride, padding: 1))
                map = convolve("\(name).conv2", "\(name).bn2", inner, kernel: 3, stride: (1, 1), padding: 1)
                for i in map.values.indices { map.values[i] += shortcut.values[i] }
                map = relu(map)
            }
        }
        return classify(map)
    }

    private func values(_ name: String) -> [Float] { weights.tensors[name]?.values ?? [] }

    private func relu(_ map: Map) -> Map {
        var result = map
        for i in result.values.indices where result.values[i] < 0 { result.values[i] = 0 }
        return result
    }

    /// A convolution, strides along frequency and time, and the batch norm behind it. Weights of 0 are passed over.
    private func convolve(
        _ name: String, _ norm: String, _ source: Map, kernel: Int, stride: (Int, Int), padding: Int
    ) -> Map {
        let weight = values("\(name).weight")
        let (gamma, beta) = (values("\(norm).weight"), values("\(norm).bias"))
        let (mean, variance) = (values("\(norm).running_mean"), values("\(norm).running_var"))
        var result = Map(
            channels: gamma.count, rows: (source.rows + 2 * padding - kernel) / stride.0 + 1,
            columns: (source.columns + 2 * padding - kernel) / stride.1 + 1)
        source.values.withUnsafeBufferPointer { from in
            result.values.withUnsafeMutableBufferPointer { to in
                for index in weight.indices where weight[index] != 0 {
                    let (tap, pair) = (index % (kernel * kernel), index / (kernel * kernel))
                    let (output, input) = (pair / source.channels, pair % source.channels)
                    let factor = Double(weight[index])
                    for y in 0..<result.rows {
                        let row = y * stride.0 + tap / kernel - padding
                        guard row >= 0, row < source.rows else { continue }
                        let (first, line) = (
                            (input * source.rows + row) * source.columns, (output * result.rows + y) * result.columns
                        )
                        var column = tap % kernel - padding
                        for x in 0..<result.columns {
                            if column >= 0, column < source.columns { to[line + x] += factor * from[first + column] }
                            column += stride.1
                        }
                    }
                }
            }
        }
        for i in result.values.indices {
            let channel = i / (result.rows * result.columns)
            let deviation = (Double(variance[channel]) + 1e-5).squareRoot()
            result.values[i] =
                (result.values[i] - Double(mean[channel])) / deviation * Double(gamma[channel]) + Double(beta[channel])
        }
        return result
    }

    private func pool(_ source: Map) -> Map {
        var result = Map(channels: source.channels, rows: (source.rows + 1) / 2, columns: (source.columns + 1) / 2)
        for i in result.values.indices {
            let (line, x) = (i / result.columns, i % result.columns)
            let (channel, y) = (line / result.rows, line % result.rows)
            var largest = -Double.infinity
            for row in max(2 * y - 1, 0)...min(2 * y + 1, source.rows - 1) {
                for column in max(2 * x - 1, 0)...min(2 * x + 1, source.columns - 1) {
                    largest = max(largest, source.values[(channel * source.rows + row) * source.columns + column])
                }
            }
            result.values[i] = largest
        }
        return result
    }

    private func classify(_ map: Map) -> [[Float]] {
        let (weight, bias) = (values("fc.weight"), values("fc.bias"))
        return (0..<map.columns).map { column in
            let features = (0..<map.channels).map { channel in
                (0..<map.rows).reduce(0.0) { $0 + map.values[(channel * map.rows + $1) * map.columns + column] }
                    / Double(map.rows)
            }
            return bias.indices.map { label in
                Float(
                    features.indices.reduce(Double(bias[label])) {
                        $0 + Double(weight[label * map.channels + $1]) * features[$1]
                    })
            }
        }
    }
}

/// A network of 13 outputs from one sequence of the LCG whose kernels are zeros but for each output's own choice of
/// some inputs, which keeps the plain loops short. Activations keep their size through the layers.
func sparseNetwork(inHalves: Bool) -> WeightsFile {
    var generator = LCG(seed: 31)
    var weights = WeightsFile()
    for (name, shape) in ResNet18Topology.parameters(classCount: 13) {
        let count = shape.reduce(1, *)
        var values = [Float](repeating: 0, count: count)
        if shape.count == 4 {
            let (pairs, taps) = (shape[0] * shape[1], shape[2] * shape[3])
            // Of 64 inputs and more 8 in the mean are used, of one that one.
            let share = min(8 / Float(shape[1]), 1)
            let scale = (6 / (share * Float(shape[1] * taps))).squareRoot()
            for pair in 0..<pairs where (generator.next() + 1) / 2 < share {
                for tap in 0..<taps { values[pair * taps + tap] = generator.next() * scale }
            }
        } else {
            let isNorm = !name.hasPrefix("fc")
            let (scale, offset): (Float, Float) =
                name.hasSuffix("running_var") || (isNorm && name.hasSuffix(".weight")) ? (0.3, 0.8) : (0.25, 0)
            for i in 0..<count { values[i] = generator.next() * scale + offset }
        }
        if inHalves, shape.count == 4 { values = values.map { Float(Float16($0)) } }
        weights.tensors[name] = WeightTensor(shape: shape, values: values)
    }
    return weights
}
