import Testing

@testable import ResNet

/// Layers on oneDNN against plain loops over many shapes.
struct LayerTests {
    /// One convolution or pooling on a [batch, inputs, height, width] tensor.
    struct Shape: CustomTestStringConvertible {
        var batch = 1
        var inputs: Int
        var outputs = 0
        var height: Int
        var width: Int
        var kernel: Int
        var stride: Int
        var padding: Int

        var testDescription: String {
            "batch \(batch), inputs \(inputs), outputs \(outputs), height \(height), width \(width), kernel \(kernel), "
                + "stride \(stride), padding \(padding)"
        }
        var outputHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
        var outputWidth: Int { (width + 2 * padding - kernel) / stride + 1 }
    }

    /// The network's kinds of convolution at small extents, and channel counts that do not fill a vector.
    static let convolutions: [Shape] = [
        Shape(inputs: 1, outputs: 64, height: 40, width: 96, kernel: 7, stride: 2, padding: 3),
        Shape(batch: 2, inputs: 1, outputs: 16, height: 9, width: 13, kernel: 7, stride: 2, padding: 3),
        Shape(inputs: 1, outputs: 5, height: 7, width: 8, kernel: 3, stride: 1, padding: 0),
        Shape(inputs: 3, outputs: 7, height: 6, width: 5, kernel: 3, stride: 1, padding: 1),
        Shape(batch: 3, inputs: 8, outputs: 16, height: 5, width: 12, kernel: 3, stride: 1, padding: 1),
        Shape(batch: 2, inputs: 16, outputs: 32, height: 10, width: 24, kernel: 3, stride: 2, padding: 1),
        Shape(inputs: 16, outputs: 32, height: 5, width: 7, kernel: 3, stride: 2, padding: 1),
        Shape(inputs: 16, outputs: 32, height: 10, width: 24, kernel: 1, stride: 2, padding: 0),
        Shape(batch: 2, inputs: 17, outputs: 9, height: 3, width: 5, kernel: 1, stride: 2, padding: 0),
        Shape(inputs: 64, outputs: 64, height: 2, width: 3, kernel: 3, stride: 1, padding: 1),
        // Winograd's algorithm, where oneDNN has it; edges that its tiles of 2 x 2 do not fill.
        Shape(inputs: 64, outputs: 64, height: 10, width: 24, kernel: 3, stride: 1, padding: 1),
        Shape(batch: 2, inputs: 32, outputs: 16, height: 5, width: 7, kernel: 3, stride: 1, padding: 1),
        Shape(inputs: 13, outputs: 11, height: 4, width: 4, kernel: 5, stride: 3, padding: 2),
        Shape(inputs: 24, outputs: 8, height: 1, width: 1, kernel: 1, stride: 1, padding: 0),
    ]

    enum Fusion: CaseIterable { case none, relu, sumThenRelu }

    @Test(arguments: convolutions, Fusion.allCases)
    func convolutionIsThePlainLoops(shape: Shape, fusion: Fusion) throws {
        var generator = LCG(seed: 11)
        let values = generator.values(shape.batch * shape.inputs * shape.height * shape.width)
        let kernelShape = [shape.outputs, shape.inputs, shape.kernel, shape.kernel]
        let kernel = FoldedConvolution(
            shape: kernelShape, weights: generator.values(kernelShape.reduce(1, *)),
            bias: generator.values(shape.outputs))
        let resultShape = [shape.batch, shape.outputs, shape.outputHeight, shape.outputWidth]
        let addend = generator.values(resultShape.reduce(1, *))

        var builder = NetworkBuilder(engine: try Engine())
        let input = try builder.input(shape: [shape.batch, shape.inputs, shape.height, shape.width])
        let sum = fusion == .sumThenRelu ? try builder.input(shape: resultShape) : nil
        var source = input
        let value = try builder.convolution(
            named: "convolution", of: &source, kernel: kernel, stride: shape.stride, padding: shape.padding,
            adding: sum,
            relu: fusion != .none)
        let result = try builder.plain(value)
        #expect(result.shape == resultShape)

        input.fill(values)
        sum?.fill(addend)
        for operation in builder.operations { try operation.run() }

        var expected = convolve(values, kernel, shape)
        if fusion == .sumThenRelu { for i in expected.indices { expected[i] += addend[i] } }
        if fusion != .none { for i in expected.indices { expected[i] = max(expected[i], 0) } }
        #expect(largestDifference(result.content, expected) < 1e-4, "\(shape.testDescription), \(fusion)")
    }

    @Test(arguments: [
        Shape(inputs: 64, height: 20, width: 48, kernel: 3, stride: 2, padding: 1),
        Shape(batch: 2, inputs: 8, height: 5, width: 7, kernel: 3, stride: 2, padding: 1),
        Shape(inputs: 3, height: 4, width: 4, kernel: 2, stride: 2, padding: 0),
        Shape(batch: 3, inputs: 17, height: 1, width: 9, kernel: 3, stride: 1, padding: 1),
    ])
    func maxPoolingIsThePlainLoops(shape: Shape) throws {
        var generator = LCG(seed: 12)
        // All below zero: padding must not count as zero.
        let source = generator.values(shape.batch * shape.inputs * shape.height * shape.width).map { $0 - 2 }
        var builder = NetworkBuilder(engine: try Engine())
        let input = try builder.input(shape: [shape.batch, shape.inputs, shape.height, shape.width])
        let value = try builder.maxPooling(
            named: "pooling", of: input, kernel: shape.kernel, stride: shape.stride, padding: shape.padding)
        let result = try builder.plain(value)
        input.fill(source)
        for operation in builder.operations { try operation.run() }
        #expect(result.content == pool(source, shape), "\(shape.testDescription)")
    }

    @Test func batchNormIsFoldedAsItsDefinition() throws {
        let convolution = ResNet18Topology.stem
        let folded = try FoldedConvolution(convolution, of: goldenNetwork)
        func value(_ name: String, _ index: Int) throws -> Double {
            Double(try #require(goldenNetwork.tensors[name]).values[index])
        }
        for channel in [0, 17, 63] {
            let mean = try value("bn1.running_mean", channel)
            let variance = try value("bn1.running_var", channel)
            let gamma = try value("bn1.weight", channel)
            let beta = try value("bn1.bias", channel)
            let weight = try value("conv1.weight", channel * 49 + 20)
            // The norm of what the convolution gives for an input of x at this tap and 0 elsewhere.
            for x in [0.0, 1, -3] {
                let expected = (x * weight - mean) / (variance + 1e-5).squareRoot() * gamma + beta
                let found = x * Double(folded.weights[channel * 49 + 20]) + Double(folded.bias[channel])
                #expect(abs(found - expected) < 1e-6, "channel \(channel), x \(x)")
            }
        }
    }

    private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        guard a.count == b.count, !a.contains(where: \.isNaN) else { return .infinity }
        return zip(a, b).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    /// [batch, outputs, outputHeight, outputWidth], accumulated in Double.
    private func convolve(_ source: [Float], _ kernel: FoldedConvolution, _ shape: Shape) -> [Float] {
        var result: [Float] = []
        for n in 0..<shape.batch {
            for output in 0..<shape.outputs {
                for y in 0..<shape.outputHeight {
                    for x in 0..<shape.outputWidth {
                        var sum = Double(kernel.bias[output])
                        for input in 0..<shape.inputs {
                            for (row, column, tap) in taps(y, x, shape) {
                                let index = ((n * shape.inputs + input) * shape.height + row) * shape.width + column
                                let weight = (output * shape.inputs + input) * shape.kernel * shape.kernel + tap
                                sum += Double(source[index]) * Double(kernel.weights[weight])
                            }
                        }
                        result.append(Float(sum))
                    }
                }
            }
        }
        return result
    }

    private func pool(_ source: [Float], _ shape: Shape) -> [Float] {
        var result: [Float] = []
        for plane in 0..<shape.batch * shape.inputs {
            for y in 0..<shape.outputHeight {
                for x in 0..<shape.outputWidth {
                    result.append(
                        taps(y, x, shape).map { source[(plane * shape.height + $0.row) * shape.width + $0.column] }
                            .max() ?? .nan)
                }
            }
        }
        return result
    }

    /// The input positions under the kernel at an output position, padding left out, with their index in the kernel.
    private func taps(_ y: Int, _ x: Int, _ shape: Shape) -> [(row: Int, column: Int, tap: Int)] {
        var taps: [(row: Int, column: Int, tap: Int)] = []
        for i in 0..<shape.kernel {
            for j in 0..<shape.kernel {
                let row = y * shape.stride - shape.padding + i
                let column = x * shape.stride - shape.padding + j
                guard (0..<shape.height).contains(row), (0..<shape.width).contains(column) else { continue }
                taps.append((row, column, i * shape.kernel + j))
            }
        }
        return taps
    }
}

extension NetworkBuilder.Value {
    fileprivate func fill(_ values: [Float]) { _ = memory.floats.update(fromContentsOf: values) }
    /// The elements of a row-major value; its buffer may be larger than it.
    fileprivate var content: [Float] { Array(memory.floats.prefix(shape.reduce(1, *))) }
}
