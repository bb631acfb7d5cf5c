import CDNNL
import Testing

@testable import ResNetTraining

/// Batch norm against its definition in double precision, and its gradients against finite differences of that.
struct BatchNormTests {
    static let shapes = [[2, 8, 3, 5], [4, 16, 2, 3], [3, 5, 1, 7], [2, 24, 3, 1]]

    @Test(arguments: shapes, Arrangement.allCases)
    func gradientsAreFiniteDifferences(shape: [Int], arrangement: Arrangement) throws {
        for thenReLU in [false, true] { try check(shape, arrangement, thenReLU: thenReLU) }
    }

    private func check(_ shape: [Int], _ arrangement: Arrangement, thenReLU: Bool) throws {
        let context = try ComputeContext(threads: 1)
        var generator = LCG(seed: 6)
        let count = shape.reduce(1, *)
        let x = generator.values(count).map { 2 * $0 + 0.3 }
        let g = generator.values(count)
        let scale = generator.values(shape[1]).map { 1 + 0.5 * $0 }
        let shift = generator.values(shape[1]).map { 0.5 * $0 }

        let input = try Tensor(shape, arrangement, context)
        let inputGradient = try Tensor(shape, arrangement, context)
        var outputGradient: Tensor?
        let layer = try BatchNorm(
            name: "norm", input: input, shape: shape, thenReLU: thenReLU,
            outputGradient: { layout in
                let tensor = try Tensor(layout, context)
                outputGradient = tensor
                return tensor
            }, inputGradient: inputGradient, context)
        try input.set(x, shape: shape, context)
        try layer.scale.load(scale)
        try layer.shift.load(shift)
        try layer.forward()
        try outputGradient!.set(g, shape: shape, context)
        try layer.backward()

        func norm(_ x: [Double], _ scale: [Double], _ shift: [Double]) -> [Double] {
            let y = Self.reference(x, scale, shift, shape).output
            return thenReLU ? y.map { max($0, 0) } : y
        }
        let (xd, gd, scaleD, shiftD) = (x.doubles, g.doubles, scale.doubles, shift.doubles)
        let about = "\(shape), \(arrangement), ReLU \(thenReLU), \(layer.implementations)"
        // A few dozen values a channel in f32: measured under 2e-6.
        let tolerance = 2e-5
        let output = try layer.output.values(shape: shape, context)
        let outputDifference = relativeDifference(output, norm(xd, scaleD, shiftD))
        #expect(outputDifference < tolerance, "output, \(about)")
        let dx = finiteDifferences(at: xd, weights: gd) { norm($0, scaleD, shiftD) }
        let dxDifference = relativeDifference(try inputGradient.values(shape: shape, context), dx)
        #expect(dxDifference < tolerance, "input gradient, \(about)")
        let dScale = finiteDifferences(at: scaleD, weights: gd) { norm(xd, $0, shiftD) }
        let dScaleDifference = relativeDifference(try layer.scale.gradientValues(), dScale)
        #expect(dScaleDifference < tolerance, "scale gradient, \(about)")
        let dShift = finiteDifferences(at: shiftD, weights: gd) { norm(xd, scaleD, $0) }
        let dShiftDifference = relativeDifference(try layer.shift.gradientValues(), dShift)
        #expect(dShiftDifference < tolerance, "shift gradient, \(about)")

        // Running statistics begin at 0 and 1, and take a tenth of the batch's; the variance is the unbiased one.
        let (_, mean, variance) = Self.reference(xd, scaleD, shiftD, shape)
        let size = Double(count / shape[1])
        let meanDifference = relativeDifference(layer.runningMean.values, mean.map { 0.1 * $0 })
        #expect(meanDifference < tolerance, "running mean, \(about)")
        let expected = variance.map { 0.9 + 0.1 * $0 * size / (size - 1) }
        let varianceDifference = relativeDifference(layer.runningVariance.values, expected)
        #expect(varianceDifference < tolerance, "running variance, \(about)")
    }

    /// Fixed statistics are constants: the output is a line, and its slope the input's gradient.
    @Test(arguments: shapes, Arrangement.allCases)
    func fixedStatisticsAreUsedAndStay(shape: [Int], arrangement: Arrangement) throws {
        let context = try ComputeContext(threads: 1)
        var generator = LCG(seed: 7)
        let x = generator.values(shape.reduce(1, *))
        let g = generator.values(x.count)
        let (scale, shift) = (generator.values(shape[1]), generator.values(shape[1]))
        let mean = generator.values(shape[1])
        let variance = generator.values(shape[1]).map { 1.5 + $0 }
        let input = try Tensor(shape, arrangement, context)
        let inputGradient = try Tensor(shape, arrangement, context)
        var outputGradient: Tensor?
        let layer = try BatchNorm(
            name: "norm", input: input, shape: shape, thenReLU: false, statistics: .fixed,
            outputGradient: { layout in
                let tensor = try Tensor(layout, context)
                outputGradient = tensor
                return tensor
            }, inputGradient: inputGradient, context)
        try input.set(x, shape: shape, context)
        try layer.scale.load(scale)
        try layer.shift.load(shift)
        layer.runningMean.values = mean
        layer.runningVariance.values = variance
        try layer.forward()
        try outputGradient!.set(g, shape: shape, context)
        try layer.backward()

        let area = shape[2] * shape[3]
        var (output, dx) = (x.doubles, g.doubles)
        var (dScale, dShift) = ([Double](repeating: 0, count: shape[1]), [Double](repeating: 0, count: shape[1]))
        for i in x.indices {
            let c = i / area % shape[1]
            let deviation = (Double(variance[c]) + 1e-5).squareRoot()
            let normalised = (Double(x[i]) - Double(mean[c])) / deviation
            output[i] = normalised * Double(scale[c]) + Double(shift[c])
            dx[i] = Double(g[i]) * Double(scale[c]) / deviation
            dScale[c] += Double(g[i]) * normalised
            dShift[c] += Double(g[i])
        }
        let about = "\(shape), \(arrangement), \(layer.implementations)"
        #expect(relativeDifference(try layer.output.values(shape: shape, context), output) < 2e-5, "output, \(about)")
        #expect(
            relativeDifference(try inputGradient.values(shape: shape, context), dx) < 2e-5, "input gradient, \(about)")
        #expect(relativeDifference(try layer.scale.gradientValues(), dScale) < 2e-5, "scale gradient, \(about)")
        #expect(relativeDifference(try layer.shift.gradientValues(), dShift) < 2e-5, "shift gradient, \(about)")
        #expect(layer.runningMean.values == mean && layer.runningVariance.values == variance)
    }

    private static func reference(
        _ x: [Double], _ scale: [Double], _ shift: [Double], _ shape: [Int]
    ) -> (output: [Double], mean: [Double], variance: [Double]) {
        let area = shape[2] * shape[3]
        var output = x
        var means: [Double] = []
        var variances: [Double] = []
        for c in 0..<shape[1] {
            let indices = (0..<shape[0]).flatMap { n in (0..<area).map { (n * shape[1] + c) * area + $0 } }
            let size = Double(indices.count)
            let mean = indices.reduce(0) { $0 + x[$1] } / size
            let variance = indices.reduce(0) { $0 + (x[$1] - mean) * (x[$1] - mean) } / size
            let factor = scale[c] / (variance + 1e-5).squareRoot()
            for i in indices { output[i] = (x[i] - mean) * factor + shift[c] }
            means.append(mean)
            variances.append(variance)
        }
        return (output, means, variances)
    }
}
