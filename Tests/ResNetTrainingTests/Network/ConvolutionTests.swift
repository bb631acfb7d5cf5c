import CDNNL
import Testing

@testable import ResNetTraining

/// The convolution's forward pass and both gradients against plain loops in double precision, over many shapes.
struct ConvolutionTests {
    struct Shape: CustomTestStringConvertible {
        var batch: Int
        var inputs: Int
        var outputs: Int
        var height: Int
        var width: Int
        var kernel: Int
        var stride: Int
        /// Along the width; as along the height where nothing is said.
        var timeStride: Int?

        var testDescription: String {
            "batch \(batch), inputs \(inputs), outputs \(outputs), height \(height), width \(width), kernel \(kernel), "
                + "stride \(stride) x \(timeStride ?? stride)"
        }
        var padding: Int { kernel / 2 }
        var outputHeight: Int { (height + 2 * padding - kernel) / stride + 1 }
        var outputWidth: Int { (width + 2 * padding - kernel) / (timeStride ?? stride) + 1 }
        var input: [Int] { [batch, inputs, height, width] }
        var output: [Int] { [batch, outputs, outputHeight, outputWidth] }
    }

    /// The network's kinds of convolution, its smallest maps (3 x 6 and 2 x 3), odd and even extents, and channel counts
    /// that do not fill a vector.
    static let shapes: [Shape] = [
        Shape(batch: 2, inputs: 1, outputs: 64, height: 20, width: 24, kernel: 7, stride: 2),
        Shape(batch: 3, inputs: 1, outputs: 16, height: 9, width: 13, kernel: 7, stride: 2),
        Shape(batch: 2, inputs: 8, outputs: 16, height: 10, width: 24, kernel: 3, stride: 1),
        Shape(batch: 3, inputs: 16, outputs: 16, height: 5, width: 12, kernel: 3, stride: 1),
        Shape(batch: 2, inputs: 64, outputs: 64, height: 3, width: 6, kernel: 3, stride: 1),
        Shape(batch: 3, inputs: 32, outputs: 64, height: 2, width: 3, kernel: 3, stride: 1),
        Shape(batch: 2, inputs: 16, outputs: 32, height: 10, width: 24, kernel: 3, stride: 2),
        Shape(batch: 2, inputs: 16, outputs: 32, height: 5, width: 12, kernel: 3, stride: 2),
        Shape(batch: 2, inputs: 32, outputs: 64, height: 3, width: 6, kernel: 3, stride: 2),
        Shape(batch: 2, inputs: 16, outputs: 32, height: 10, width: 24, kernel: 1, stride: 2),
        Shape(batch: 3, inputs: 32, outputs: 64, height: 5, width: 12, kernel: 1, stride: 2),
        Shape(batch: 2, inputs: 32, outputs: 64, height: 3, width: 6, kernel: 1, stride: 2),
        Shape(batch: 2, inputs: 5, outputs: 7, height: 6, width: 5, kernel: 3, stride: 1),
        Shape(batch: 4, inputs: 3, outputs: 11, height: 1, width: 1, kernel: 3, stride: 1),
        Shape(batch: 2, inputs: 16, outputs: 32, height: 5, width: 25, kernel: 3, stride: 2, timeStride: 1),
        Shape(batch: 2, inputs: 32, outputs: 64, height: 3, width: 6, kernel: 3, stride: 2, timeStride: 1),
        Shape(batch: 2, inputs: 16, outputs: 32, height: 5, width: 9, kernel: 1, stride: 2, timeStride: 1),
    ]

    /// One convolution with tensors to set and read.
    private struct Rig {
        let shape: Shape
        let context: ComputeContext
        let input: Tensor
        let inputGradient: Tensor
        let layer: Convolution
        let outputGradient: Tensor

        init(
            _ shape: Shape, _ arrangement: Arrangement, _ type: dnnl_data_type_t = dnnl_f32,
            inputHasGradient: Bool = true,
            threads: Int = 1
        ) throws {
            self.shape = shape
            let context = try ComputeContext(threads: threads)
            self.context = context
            input = try Tensor(shape.input, arrangement, context, type: type)
            let inputGradient = try Tensor(shape.input, arrangement, context, type: type)
            self.inputGradient = inputGradient
            var outputGradient: Tensor?
            layer = try Convolution(
                name: "convolution", input: input, inputShape: shape.input, channels: shape.outputs,
                kernel: shape.kernel, stride: shape.stride, timeStride: shape.timeStride, type: type,
                outputGradient: { layout in
                    let tensor = try Tensor(layout, context)
                    outputGradient = tensor
                    return tensor
                }, inputGradient: inputHasGradient ? { _ in inputGradient } : nil, context)
            self.outputGradient = outputGradient!
        }

        /// Runs both passes; gradients hold rubbish before, since their storage is shared with other layers.
        func run(_ x: [Float], _ w: [Float], _ g: [Float]) throws -> (y: [Float], dw: [Float], dx: [Float]) {
            try input.set(x, shape: shape.input, context)
            try layer.weight.load(w)
            try layer.forward()
            let y = try layer.output.values(shape: shape.output, context)
            try inputGradient.set([Float](repeating: 1e9, count: x.count), shape: shape.input, context)
            try outputGradient.set(g, shape: shape.output, context)
            try layer.backward()
            return (y, try layer.weight.gradientValues(), try inputGradient.values(shape: shape.input, context))
        }
    }

    /// f32 sums of up to a few thousand terms: measured under 1e-6, a wrong tap or a missed border gives over 1e-2.
    static let tolerance = 1e-5

    @Test(arguments: shapes, Arrangement.allCases)
    func bothPassesAreThePlainLoops(shape: Shape, arrangement: Arrangement) throws {
        var generator = LCG(seed: 3)
        let x = generator.values(shape.input.reduce(1, *))
        let w = generator.values(shape.outputs * shape.inputs * shape.kernel * shape.kernel)
        let g = generator.values(shape.output.reduce(1, *))
        let rig = try Rig(shape, arrangement)
        let reference = Self.reference(shape, x, w, g)
        // Twice, since the second step must not see anything of the first.
        for pass in 1...2 {
            let found = try rig.run(x, w, g)
            let about = "pass \(pass), \(shape.testDescription), \(arrangement), \(rig.layer.implementations)"
            let differences = [
                relativeDifference(found.y, reference.y), relativeDifference(found.dw, reference.dw),
                relativeDifference(found.dx, reference.dx),
            ]
            #expect(differences[0] < Self.tolerance, "output of \(about)")
            #expect(differences[1] < Self.tolerance, "weight gradient of \(about)")
            #expect(differences[2] < Self.tolerance, "input gradient of \(about)")
        }
    }

    /// What the training runs do on a CPU with bf16: operands are exact here, so that only results are rounded, and the weights' gradient
    /// not at all.
    @Test(.enabled(if: ddn_cpu_has_bfloat16()), arguments: shapes, [1, 2])
    func bothPassesAreThePlainLoopsInBF16(shape: Shape, threads: Int) throws {
        var generator = LCG(seed: 15)
        let x = generator.values(shape.input.reduce(1, *)).halved
        let w = generator.values(shape.outputs * shape.inputs * shape.kernel * shape.kernel).halved
        let g = generator.values(shape.output.reduce(1, *)).halved
        let reference = Self.reference(shape, x, w, g)
        for arrangement in [Arrangement.rowMajor, .blockedBy16, .channelsLast] {
            let rig = try Rig(shape, arrangement, dnnl_bf16, threads: threads)
            for pass in 1...2 {
                let found = try rig.run(x, w, g)
                let about = "pass \(pass), \(shape.testDescription), \(arrangement), \(rig.layer.implementations)"
                // Half a step of bf16 is 1/512 of a value.
                #expect(relativeDifference(found.y, reference.y) < 0.004, "output of \(about)")
                #expect(relativeDifference(found.dw, reference.dw) < 1e-4, "weight gradient of \(about)")
                #expect(relativeDifference(found.dx, reference.dx) < 0.004, "input gradient of \(about)")
            }
        }
    }

    /// The layer against itself: independent of the plain loops. A convolution is linear, so that a wide step costs no
    /// accuracy.
    @Test(arguments: shapes)
    func gradientsAreFiniteDifferencesOfTheForwardPass(shape: Shape) throws {
        var generator = LCG(seed: 4)
        let x = generator.values(shape.input.reduce(1, *))
        let w = generator.values(shape.outputs * shape.inputs * shape.kernel * shape.kernel)
        let g = generator.values(shape.output.reduce(1, *))
        let rig = try Rig(shape, shape.inputs == 1 ? .rowMajor : .blockedBy8)
        let gradient = try rig.run(x, w, g)
        func slope(_ change: (Float) -> (x: [Float], w: [Float])) throws -> Double {
            let (above, below) = (change(0.5), change(-0.5))
            let (up, down) = (try rig.run(above.x, above.w, g).y, try rig.run(below.x, below.w, g).y)
            return g.indices.reduce(0) { $0 + Double(g[$1]) * (Double(up[$1]) - Double(down[$1])) }
        }
        for sample in 0..<8 {
            let i = sample * 7919 % x.count
            let j = sample * 7919 % w.count
            let dx = try slope { step in (x.enumerated().map { $0 == i ? $1 + step : $1 }, w) }
            let dw = try slope { step in (x, w.enumerated().map { $0 == j ? $1 + step : $1 }) }
            let about = "\(shape.testDescription), \(rig.layer.implementations)"
            // Rounding of up to a thousand outputs near 10: 1e-6 each, in random directions.
            #expect(abs(dx - Double(gradient.dx[i])) < 1e-3, "input element \(i), \(about)")
            #expect(abs(dw - Double(gradient.dw[j])) < 1e-3, "weight \(j), \(about)")
        }
    }

    @Test(arguments: [2, 3])
    func threadsShareTheChannels(threads: Int) throws {
        for shape in [Self.shapes[3], Self.shapes[5], Self.shapes[8], Self.shapes[11]] {
            var generator = LCG(seed: 14)
            let x = generator.values(shape.input.reduce(1, *))
            let w = generator.values(shape.outputs * shape.inputs * shape.kernel * shape.kernel)
            let g = generator.values(shape.output.reduce(1, *))
            let rig = try Rig(shape, .blockedBy8, threads: threads)
            let (found, expected) = (try rig.run(x, w, g), Self.reference(shape, x, w, g))
            let about = "\(threads) threads, \(shape.testDescription), \(rig.layer.implementations)"
            #expect(relativeDifference(found.y, expected.y) < Self.tolerance, "output of \(about)")
            #expect(relativeDifference(found.dw, expected.dw) < Self.tolerance, "weight gradient of \(about)")
            #expect(relativeDifference(found.dx, expected.dx) < Self.tolerance, "input gradient of \(about)")
        }
    }

    @Test func firstLayerHasNoInputGradient() throws {
        let shape = Self.shapes[1]
        var generator = LCG(seed: 5)
        let x = generator.values(shape.input.reduce(1, *))
        let w = generator.values(shape.outputs * shape.kernel * shape.kernel)
        let g = generator.values(shape.output.reduce(1, *))
        let found = try Rig(shape, .rowMajor, inputHasGradient: false).run(x, w, g)
        #expect(relativeDifference(found.dw, Self.reference(shape, x, w, g).dw) < Self.tolerance)
        #expect(found.dx.allSatisfy { $0 == 1e9 })
    }

    /// Output, weight gradient and input gradient, each accumulated in double precision.
    private static func reference(
        _ shape: Shape, _ x: [Float], _ w: [Float], _ g: [Float]
    ) -> (y: [Double], dw: [Double], dx: [Double]) {
        var y = [Double](repeating: 0, count: g.count)
        var dw = [Double](repeating: 0, count: w.count)
        var dx = [Double](repeating: 0, count: x.count)
        let (xd, wd, gd) = (x.doubles, w.doubles, g.doubles)
        for n in 0..<shape.batch {
            for row in 0..<shape.outputHeight {
                for column in 0..<shape.outputWidth {
                    for (from, tap) in shape.taps(row, column) {
                        for input in 0..<shape.inputs {
                            let source = (n * shape.inputs + input) * shape.height * shape.width + from
                            for output in 0..<shape.outputs {
                                let target =
                                    ((n * shape.outputs + output) * shape.outputHeight + row) * shape.outputWidth
                                    + column
                                let weight = (output * shape.inputs + input) * shape.kernel * shape.kernel + tap
                                y[target] += xd[source] * wd[weight]
                                dw[weight] += xd[source] * gd[target]
                                dx[source] += wd[weight] * gd[target]
                            }
                        }
                    }
                }
            }
        }
        return (y, dw, dx)
    }
}

extension ConvolutionTests.Shape {
    /// The positions in an input plane under the kernel at an output position, padding left out, with their index in the
    /// kernel.
    fileprivate func taps(_ row: Int, _ column: Int) -> [(from: Int, tap: Int)] {
        var taps: [(from: Int, tap: Int)] = []
        for i in 0..<kernel {
            for j in 0..<kernel {
                let (y, x) = (row * stride - padding + i, column * stride - padding + j)
                guard (0..<height).contains(y), (0..<width).contains(x) else { continue }
                taps.append((y * width + x, i * kernel + j))
            }
        }
        return taps
    }
}
