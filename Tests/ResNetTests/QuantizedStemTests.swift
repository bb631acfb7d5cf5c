import CSmallConvolution
import Testing

@testable import ResNet

/// The first layers in integers against plain loops.
struct QuantizedStemTests {
    /// A convolution of one input channel and the pooling behind it.
    struct Layers: CustomTestStringConvertible {
        var height: Int
        var width: Int
        var outputs = 64
        var kernel = 7
        var stride = 2
        var padding = 3
        var pooling = (kernel: 3, stride: 2, padding: 1)

        var testDescription: String {
            "\(height) x \(width), outputs \(outputs), kernel \(kernel), stride \(stride), padding \(padding), "
                + "pooling \(pooling)"
        }
        var convolved: (height: Int, width: Int) {
            ((height + 2 * padding - kernel) / stride + 1, (width + 2 * padding - kernel) / stride + 1)
        }
        var pooled: (height: Int, width: Int) {
            let extent = { (input: Int) in (input + 2 * pooling.padding - pooling.kernel) / pooling.stride + 1 }
            return (extent(convolved.height), extent(convolved.width))
        }
        var extents: dsc_shape {
            dsc_shape(
                input_height: CInt(height), input_width: CInt(width), input_channels: 1,
                output_height: CInt(convolved.height), output_width: CInt(convolved.width),
                output_channels: CInt(outputs), kernel: CInt(kernel), stride: CInt(stride), padding: CInt(padding))
        }

        /// What the layers give before anything is rounded, [position, output].
        func values(_ window: [Float], _ weights: [Float], _ bias: [Float]) -> [Double] {
            var map = [Double](repeating: 0, count: convolved.height * convolved.width * outputs)
            for y in 0..<convolved.height {
                for x in 0..<convolved.width {
                    for output in 0..<outputs {
                        var sum = Double(bias[output])
                        for tap in 0..<kernel * kernel {
                            let (row, column) = (
                                y * stride + tap / kernel - padding, x * stride + tap % kernel - padding
                            )
                            guard (0..<height).contains(row), (0..<width).contains(column) else { continue }
                            let weight = weights[output * kernel * kernel + tap]
                            sum += Double(window[row * width + column]) * Double(weight)
                        }
                        map[(y * convolved.width + x) * outputs + output] = sum
                    }
                }
            }
            var result: [Double] = []
            for y in 0..<pooled.height {
                for x in 0..<pooled.width {
                    for output in 0..<outputs {
                        var largest = 0.0
                        for tap in 0..<pooling.kernel * pooling.kernel {
                            let row = y * pooling.stride + tap / pooling.kernel - pooling.padding
                            let column = x * pooling.stride + tap % pooling.kernel - pooling.padding
                            guard (0..<convolved.height).contains(row), (0..<convolved.width).contains(column) else {
                                continue
                            }
                            largest = max(largest, map[(row * convolved.width + column) * outputs + output])
                        }
                        result.append(min(largest, 255))
                    }
                }
            }
            return result
        }
    }

    /// The network's own on a smaller window, then runs of every length, kernels of even and odd width, blocks of outputs, a
    /// single value, and a window whose rows are no multiple of a vector.
    static let layers: [Layers] = [
        Layers(height: 12, width: 24), Layers(height: 9, width: 31, outputs: 128),
        Layers(height: 5, width: 17, kernel: 4, stride: 1, padding: 1, pooling: (2, 2, 0)),
        Layers(height: 6, width: 10, kernel: 3, stride: 3, padding: 2, pooling: (1, 1, 0)),
        Layers(height: 1, width: 1, kernel: 1, stride: 1, padding: 0, pooling: (1, 1, 0)),
    ]

    private func run(
        _ layers: Layers, _ window: [Float], _ weights: [Float], _ bias: [Float], wide: Bool
    ) throws -> [UInt8] {
        let engine = try Engine()
        let kernel = FoldedConvolution(
            shape: [layers.outputs, 1, layers.kernel, layers.kernel], weights: weights, bias: bias)
        let source = try TensorMemory(.plain([1, 1, layers.height, layers.width]), engine: engine)
        let output = try TensorMemory(
            .channelsLast([1, layers.outputs, layers.pooled.height, layers.pooled.width], .u8), engine: engine)
        let pooling = dsc_pooling(
            output_height: CInt(layers.pooled.height), output_width: CInt(layers.pooled.width),
            kernel: CInt(layers.pooling.kernel), stride: CInt(layers.pooling.stride),
            padding: CInt(layers.pooling.padding))
        let stem = try QuantizedStem(kernel, layers.extents, pooling, from: source, to: output, wide: wide)
        _ = source.floats.update(fromContentsOf: window)
        try stem.run()
        let bytes: UnsafeMutableBufferPointer<UInt8> = output.elements()
        return Array(bytes.prefix(layers.pooled.height * layers.pooled.width * layers.outputs))
    }

    @Test(.enabled(if: dsc_supports_u8(false)), arguments: layers, [false, true])
    func integersAreAsGoodAsHalves(layers: Layers, wide: Bool) throws {
        guard dsc_supports_u8(wide) else { return }
        var generator = LCG(seed: 23)
        let window = generator.values(layers.height * layers.width).map { 4 * $0 }
        let taps = layers.kernel * layers.kernel
        // Results from under 0 to over 255; one output of nothing but zeros, one of weights that are all at the limit.
        var weights = generator.values(layers.outputs * taps).map { 30 * $0 }
        for tap in 0..<taps { (weights[tap], weights[taps + tap]) = (0, 8) }
        let bias = generator.values(layers.outputs).map { 60 * $0 + 40 }
        let found = try run(layers, window, weights, bias, wide: wide)
        let expected = layers.values(window, weights, bias)
        for (index, (found, expected)) in zip(found, expected).enumerated() {
            // Half a step, and the rounding of window and weights: 14 bits each of what a hundred steps are made of.
            #expect(abs(Double(found) - expected) <= 0.55, "element \(index)")
        }
    }

    @Test(.enabled(if: dsc_supports_u8(true)), arguments: [false, true])
    func bothWidthsGiveTheSame(louder: Bool) throws {
        var generator = LCG(seed: 24)
        let layers = Layers(height: 40, width: 96)
        let window = generator.values(layers.height * layers.width).map { louder ? 1e6 * $0 : $0 }
        let weights = generator.values(64 * 49).map { louder ? $0 * 1e-4 : $0 * 10 }
        let bias = generator.values(64).map { 60 * $0 }
        let wide = try run(layers, window, weights, bias, wide: true)
        #expect(try run(layers, window, weights, bias, wide: false) == wide)
        #expect(Set(wide).count > 100)
    }

    /// Every product of one sign and as large as it gets: a sum that left 32 bits would change its sign.
    @Test(.enabled(if: dsc_supports_u8(false)), arguments: [false, true])
    func largestSumsFit(wide: Bool) throws {
        guard dsc_supports_u8(wide) else { return }
        let layers = Layers(height: 14, width: 14)
        let ones = [Float](repeating: 1, count: 14 * 14)
        let weights = [Float](repeating: 200.0 / 49, count: 64 * 49)
        let found = try run(layers, ones, weights, [Float](repeating: 0, count: 64), wide: wide)
        #expect(found.max() == 200)
    }

    @Test(.enabled(if: dsc_supports_u8(false)))
    func silenceAndInfinityDoNotTrap() throws {
        let layers = Layers(height: 12, width: 24)
        let weights = [Float](repeating: 1, count: 64 * 49)
        let bias = [Float](repeating: 7, count: 64)
        for value: Float in [0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            let window = [Float](repeating: value, count: 12 * 24)
            let found = try run(layers, window, weights, bias, wide: dsc_supports_u8(true))
            if value == 0 { #expect(Set(found) == [7]) }
        }
    }
}
