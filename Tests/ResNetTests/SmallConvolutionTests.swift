import CSmallConvolution
import Testing

@testable import ResNet

/// The project's own convolutions of small maps against plain loops.
struct SmallConvolutionTests {
    struct Shape: CustomTestStringConvertible {
        var inputs: Int
        var outputs: Int
        var height: Int
        var width: Int
        var kernel: Int
        var stride: Int
        var padding: Int

        var testDescription: String {
            "inputs \(inputs), outputs \(outputs), height \(height), width \(width), kernel \(kernel), stride \(stride), "
                + "padding \(padding)"
        }
        var outputHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
        var outputWidth: Int { (width + 2 * padding - kernel) / stride + 1 }
        var positions: Int { outputHeight * outputWidth }
        var kernelShape: [Int] { [outputs, inputs, kernel, kernel] }
        var extents: dsc_shape {
            dsc_shape(
                input_height: CInt(height), input_width: CInt(width), input_channels: CInt(inputs),
                output_height: CInt(outputHeight), output_width: CInt(outputWidth), output_channels: CInt(outputs),
                kernel: CInt(kernel), stride: CInt(stride), padding: CInt(padding))
        }

        /// The indices of what is multiplied for an output at a position: of the source, channels last, and of the kernel.
        func terms(output: Int, position: Int) -> [(source: Int, weight: Int)] {
            var result: [(Int, Int)] = []
            for tap in 0..<kernel * kernel {
                let y = position / outputWidth * stride + tap / kernel - padding
                let x = position % outputWidth * stride + tap % kernel - padding
                guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
                for input in 0..<inputs {
                    result.append(
                        ((y * width + x) * inputs + input, (output * inputs + input) * kernel * kernel + tap))
                }
            }
            return result
        }
    }

    /// The network's last two stages with fewer channels, then runs of every length from 1 to 6, one that is all padding, and larger
    /// maps, whose runs go by position.
    static let shapes: [Shape] = [
        Shape(inputs: 64, outputs: 64, height: 2, width: 3, kernel: 3, stride: 1, padding: 1),
        Shape(inputs: 32, outputs: 128, height: 3, width: 6, kernel: 3, stride: 2, padding: 1),
        Shape(inputs: 32, outputs: 64, height: 3, width: 6, kernel: 3, stride: 1, padding: 1),
        Shape(inputs: 16, outputs: 64, height: 5, width: 12, kernel: 3, stride: 2, padding: 1),
        Shape(inputs: 64, outputs: 128, height: 3, width: 6, kernel: 1, stride: 2, padding: 0),
        Shape(inputs: 4, outputs: 64, height: 1, width: 1, kernel: 3, stride: 1, padding: 1),
        Shape(inputs: 12, outputs: 64, height: 1, width: 5, kernel: 3, stride: 1, padding: 1),
        Shape(inputs: 8, outputs: 64, height: 4, width: 4, kernel: 5, stride: 3, padding: 2),
        Shape(inputs: 4, outputs: 192, height: 2, width: 2, kernel: 1, stride: 1, padding: 3),
        Shape(inputs: 8, outputs: 64, height: 10, width: 24, kernel: 3, stride: 1, padding: 1),
        Shape(inputs: 4, outputs: 64, height: 11, width: 13, kernel: 3, stride: 2, padding: 1),
        Shape(inputs: 4, outputs: 64, height: 6, width: 9, kernel: 5, stride: 1, padding: 4),
    ]

    private func memory(_ shape: [Int], _ kind: ElementKind, _ engine: Engine) throws -> TensorMemory {
        try TensorMemory(.channelsLast(shape, kind), engine: engine)
    }

    @Test(.enabled(if: dsc_supports_f32(false)), arguments: shapes, [false, true])
    func halvesArePlainLoops(shape: Shape, wide: Bool) throws {
        guard dsc_supports_f32(wide) else { return }
        var generator = LCG(seed: 21)
        let source = generator.values(shape.inputs * shape.height * shape.width)
        let weights = generator.values(shape.kernelShape.reduce(1, *)).map { Float(Float16($0)) }
        let halves = try #require(ElementType.halves(weights))
        let kernel = HalfConvolution(
            shape: shape.kernelShape, weights: halves, scales: generator.values(shape.outputs),
            bias: generator.values(shape.outputs))
        let before = generator.values(shape.positions * shape.outputs)
        let engine = try Engine()
        for (adds, relu) in [(false, false), (false, true), (true, true)] {
            let from = try memory([1, shape.inputs, shape.height, shape.width], .f32, engine)
            let to = try memory([1, shape.outputs, shape.outputHeight, shape.outputWidth], .f32, engine)
            _ = from.floats.update(fromContentsOf: source)
            _ = to.floats.update(fromContentsOf: before)
            try SmallConvolution(
                named: "small", kernel, shape.extents, from: from, to: to, adds: adds, relu: relu, wide: wide
            ).run()
            var largest = 0.0
            for position in 0..<shape.positions {
                for output in 0..<shape.outputs {
                    let sum = shape.terms(output: output, position: position)
                        .reduce(0.0) { $0 + Double(source[$1.source]) * Double(weights[$1.weight]) }
                    let index = position * shape.outputs + output
                    var expected = sum * Double(kernel.scales[output]) + Double(kernel.bias[output])
                    if adds { expected += Double(before[index]) }
                    if relu { expected = max(expected, 0) }
                    largest = max(largest, abs(expected - Double(to.floats[index])))
                }
            }
            #expect(largest < 1e-4, "adds \(adds), relu \(relu)")
        }
    }

    @Test(.enabled(if: dsc_supports_u8(false)), arguments: shapes, [false, true])
    func integersArePlainLoops(shape: Shape, wide: Bool) throws {
        guard dsc_supports_u8(wide) else { return }
        var generator = LCG(seed: 22)
        func integers<Element: FixedWidthInteger>(_ count: Int) -> [Element] {
            generator.values(count).map { Element(truncatingIfNeeded: Int($0 * 1e6)) }
        }
        let source: [UInt8] = integers(shape.inputs * shape.height * shape.width)
        let before: [UInt8] = integers(shape.positions * shape.outputs)
        // With AVX2 halved, so that a pair fits 16 bits: up to -64 and -64, of inputs up to 255.
        let weights = integers(shape.kernelShape.reduce(1, *)).map { (weight: Int8) in wide ? weight : weight / 2 }
        let kernel = QuantizedConvolution(
            shape: shape.kernelShape, weights: weights,
            // Results from under 0 to over 255.
            scales: generator.values(shape.outputs).map { abs($0) * 2e-3 + 1e-4 },
            bias: generator.values(shape.outputs).map { 100 * $0 + 60 }, shortcutScale: 0.37)
        let engine = try Engine()
        for adds in [false, true] {
            let from = try memory([1, shape.inputs, shape.height, shape.width], .u8, engine)
            let to = try memory([1, shape.outputs, shape.outputHeight, shape.outputWidth], .u8, engine)
            _ = from.elements().update(fromContentsOf: source)
            _ = to.elements().update(fromContentsOf: before)
            try SmallConvolution(named: "small", kernel, shape.extents, from: from, to: to, adds: adds, wide: wide)
                .run()
            let result: UnsafeMutableBufferPointer<UInt8> = to.elements()
            for position in 0..<shape.positions {
                for output in 0..<shape.outputs {
                    let sum = shape.terms(output: output, position: position)
                        .reduce(0) { $0 + Int(source[$1.source]) * Int(kernel.weights[$1.weight]) }
                    let index = position * shape.outputs + output
                    var value = Double(sum) * Double(kernel.scales[output]) + Double(kernel.bias[output])
                    if adds { value += Double(kernel.shortcutScale) * Double(before[index]) }
                    let error = abs(min(max(value, 0), 255) - Double(result[index]))
                    // Half a step, and what single precision may round at a tie.
                    #expect(error <= 0.5 + 1e-4, "output \(output) at \(position), adds \(adds)")
                }
            }
        }
    }

    /// What `QuantizedConvolution` may give for two neighbouring inputs, at inputs of 255.
    @Test(.enabled(if: dsc_supports_u8(false)), arguments: [(127, 1), (-127, -1), (127, -127), (64, 64), (-64, -64)])
    func largestPairsFit(pair: (Int8, Int8)) throws {
        let shape = Shape(inputs: 8, outputs: 64, height: 1, width: 2, kernel: 1, stride: 1, padding: 0)
        let sum = 4 * 255 * (Int(pair.0) + Int(pair.1))
        let kernel = QuantizedConvolution(
            shape: shape.kernelShape, weights: (0..<8 * 64).map { $0 % 2 == 0 ? pair.0 : pair.1 },
            scales: Array(repeating: 1e-3, count: 64), bias: Array(repeating: 130, count: 64), shortcutScale: 0)
        let engine = try Engine()
        let from = try memory([1, 8, 1, 2], .u8, engine)
        let to = try memory([1, 64, 1, 2], .u8, engine)
        _ = from.elements().update(fromContentsOf: Array(repeating: UInt8(255), count: 16))
        try SmallConvolution(named: "small", kernel, shape.extents, from: from, to: to, adds: false, wide: false).run()
        let expected = UInt8(min(max((Double(sum) * 1e-3 + 130).rounded(), 0), 255))
        let result: UnsafeMutableBufferPointer<UInt8> = to.elements()
        #expect(result.prefix(128).allSatisfy { $0 == expected }, "\(Array(result.prefix(4))), not \(expected)")
    }

    @Test(arguments: [InferencePrecision.f32, .int8])
    func shippedNetworkUsesThemWhereMapsAreSmall(precision: InferencePrecision) throws {
        let network = try ResNet18(weights: shippedNetwork.get(), precision: precision)
        let small = network.operations.filter { $0.implementation.hasPrefix("small") }.map(\.name)
        let positions = ["layer1": 240, "layer2": 60, "layer3": 18, "layer4": 6]
        let limit = SmallConvolution.positionLimit(precision == .f32 ? .f32 : .u8)
        let expected = ResNet18Topology.convolutions.map(\.name).filter {
            $0 == "conv1"
                ? precision == .int8 && QuantizedStem.isSupported
                : positions[String($0.prefix(6)), default: .max] <= limit
        }
        #expect(Set(small) == Set(expected))
    }

    @Test func weightsThatAreNoHalvesStayAsTheyAre() throws {
        let network = try ResNet18(weights: goldenNetwork)
        #expect(network.operations.allSatisfy { !$0.implementation.hasPrefix("small") })
    }
}
