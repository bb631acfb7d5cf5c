import CDNNL
import Testing

@testable import ResNetTraining

/// Max pooling, the end of a residual block, and sums of gradients.
struct ElementwiseTests {
    @Test(arguments: [[2, 64, 20, 48], [1, 8, 5, 7], [2, 16, 4, 4], [3, 8, 3, 6], [2, 8, 2, 3], [2, 5, 9, 4]])
    func maxPoolingAndItsGradientAreThePlainLoops(shape: [Int]) throws {
        let (height, width) = (shape[2], shape[3])
        let (outputHeight, outputWidth) = ((height - 1) / 2 + 1, (width - 1) / 2 + 1)
        let outputShape = [shape[0], shape[1], outputHeight, outputWidth]
        var generator = LCG(seed: 7)
        // All below zero: padding must not count as zero.
        let x = generator.values(shape.reduce(1, *)).map { $0 - 2 }
        let g = generator.values(outputShape.reduce(1, *))
        var y = [Double](repeating: -.infinity, count: g.count)
        var dx = [Double](repeating: 0, count: x.count)
        for plane in 0..<shape[0] * shape[1] {
            for i in 0..<outputHeight * outputWidth {
                var best = -1
                for row in max(0, i / outputWidth * 2 - 1)...min(height - 1, i / outputWidth * 2 + 1) {
                    for column in max(0, i % outputWidth * 2 - 1)...min(width - 1, i % outputWidth * 2 + 1) {
                        let from = (plane * height + row) * width + column
                        if best < 0 || x[from] > x[best] { best = from }
                    }
                }
                let target = plane * outputHeight * outputWidth + i
                y[target] = Double(x[best])
                dx[best] += Double(g[target])
            }
        }

        for arrangement in Arrangement.allCases {
            let context = try ComputeContext(threads: 1)
            let input = try Tensor(shape, arrangement, context)
            let inputGradient = try Tensor(shape, arrangement, context)
            var outputGradient: Tensor?
            let layer = try MaxPool(
                input: input, shape: shape, type: dnnl_f32,
                outputGradient: { layout in
                    let tensor = try Tensor(layout, context)
                    outputGradient = tensor
                    return tensor
                }, inputGradient: inputGradient, context)
            try input.set(x, shape: shape, context)
            try layer.forward()
            let output = try layer.output.values(shape: outputShape, context)
            #expect(output.doubles == y, "\(shape), \(arrangement)")
            try outputGradient!.set(g, shape: outputShape, context)
            try layer.backward()
            // At most four windows meet in an element.
            let difference = relativeDifference(try inputGradient.values(shape: shape, context), dx)
            #expect(difference < 1e-6, "\(shape), \(arrangement)")
        }
    }

    @Test func maxPoolingsGradientIsFiniteDifferences() throws {
        let shape = [1, 8, 4, 5]
        let outputShape = [1, 8, 2, 3]
        let context = try ComputeContext(threads: 1)
        var generator = LCG(seed: 8)
        let x = generator.values(160)
        let g = generator.values(48)
        let input = try Tensor(shape, .blockedBy8, context)
        let inputGradient = try Tensor(shape, .blockedBy8, context)
        var outputGradient: Tensor?
        let layer = try MaxPool(
            input: input, shape: shape, type: dnnl_f32,
            outputGradient: { layout in
                let tensor = try Tensor(layout, context)
                outputGradient = tensor
                return tensor
            }, inputGradient: inputGradient, context)
        func output(_ x: [Float]) throws -> [Float] {
            try input.set(x, shape: shape, context)
            try layer.forward()
            return try layer.output.values(shape: outputShape, context)
        }
        _ = try output(x)
        try outputGradient!.set(g, shape: outputShape, context)
        try layer.backward()
        let gradient = try inputGradient.values(shape: shape, context)
        for i in x.indices {
            var (above, below) = (x, x)
            // A power of two adds and divides without rounding; no two values here are that close together.
            above[i] += 0x1p-14
            below[i] -= 0x1p-14
            let (up, down) = (try output(above), try output(below))
            let slope = g.indices.reduce(0) { $0 + g[$1] * (up[$1] - down[$1]) } / 0x1p-13
            #expect(abs(slope - gradient[i]) < 2e-3, "element \(i)")
        }
    }

    @Test(arguments: [[2, 64, 3, 6], [3, 5, 2, 3], [1, 16, 1, 1]], Arrangement.allCases)
    func residualSumAndItsGradientAreTheirDefinition(shape: [Int], arrangement: Arrangement) throws {
        // With oneDNN 2.6 this layer damages the heap on blocked tensors whose channels do not fill the last block; the
        // network's all do.
        if shape[1] % 16 != 0, arrangement == .blockedBy8 || arrangement == .blockedBy16 { return }
        let context = try ComputeContext(threads: 1)
        var generator = LCG(seed: 9)
        let count = shape.reduce(1, *)
        let (a, b, g) = (generator.values(count), generator.values(count), generator.values(count))
        let main = try Tensor(shape, arrangement, context)
        let shortcut = try Tensor(shape, arrangement, context)
        let gradient = try Tensor(shape, arrangement, context)
        let layer = try AddReLU(main: main, shortcut: shortcut, gradient: { _ in gradient }, context)
        try main.set(a, shape: shape, context)
        try shortcut.set(b, shape: shape, context)
        try layer.forward()
        let sums = zip(a, b).map { $0 + $1 }
        #expect(try layer.output.values(shape: shape, context) == sums.map { max($0, 0) }, "\(shape), \(arrangement)")
        try gradient.set(g, shape: shape, context)
        try layer.backward()
        // The same for both terms, and in place; the blocks read it as either.
        let found = try gradient.values(shape: shape, context)
        #expect(found == zip(g, sums).map { $1 > 0 ? $0 : 0 }, "\(shape), \(arrangement)")
        func residual(_ terms: [Double]) -> [Double] { (0..<count).map { max(terms[$0] + terms[$0 + count], 0) } }
        if count < 100 {
            let slopes = finiteDifferences(at: (a + b).doubles, weights: g.doubles, of: residual)
            #expect(relativeDifference(found + found, slopes) < 1e-6, "\(shape), \(arrangement)")
        }
    }

    @Test(arguments: Arrangement.allCases)
    func gradientsOfOneTensorAddUp(arrangement: Arrangement) throws {
        let shape = [2, 5, 3, 4]
        let context = try ComputeContext(threads: 1)
        var generator = LCG(seed: 10)
        let (a, b) = (generator.values(120), generator.values(120))
        let source = try Tensor(shape, arrangement, context)
        let target = try Tensor(shape, arrangement, context)
        try source.set(a, shape: shape, context)
        try target.set(b, shape: shape, context)
        try Accumulate(source, into: target, context).run()
        #expect(try target.values(shape: shape, context) == zip(a, b).map { $0 + $1 })
        #expect(try source.values(shape: shape, context) == a)
    }
}
