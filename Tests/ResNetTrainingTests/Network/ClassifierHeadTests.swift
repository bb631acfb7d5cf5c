import CDNNL
import Foundation
import Testing

@testable import ResNetTraining

/// Pooling, the fully connected layer and the loss against their definition in double precision, and every gradient
/// against finite differences of that.
struct ClassifierHeadTests {
    @Test(arguments: [Float(0), 0.1, 1], Arrangement.allCases)
    func gradientsAreFiniteDifferencesOfTheLoss(smoothing: Float, arrangement: Arrangement) throws {
        for (batch, channels, height, width, classes) in [(3, 8, 2, 3, 11), (2, 16, 1, 1, 2), (4, 5, 3, 2, 4)] {
            let shape = [batch, channels, height, width]
            let area = height * width
            let about = "\(shape), \(classes) classes, smoothing \(smoothing), \(arrangement)"
            let context = try ComputeContext(threads: 1)
            var generator = LCG(seed: 12)
            let x = generator.values(shape.reduce(1, *)).map { 3 * $0 }
            let w = generator.values(classes * channels)
            let b = generator.values(classes)
            let labels = (0..<batch).map { Int32(($0 * 7 + 1) % classes) }

            let input = try Tensor(shape, arrangement, context)
            let gradient = try Tensor(shape, arrangement, context)
            let head = try ClassifierHead(
                input: input, shape: shape, classes: classes, gradient: { _ in gradient }, context)
            try input.set(x, shape: shape, context)
            try head.weight.load(w)
            try head.bias.load(b)
            // Twice: gradients are of the last step alone.
            var found: Float = 0
            for _ in 0..<2 {
                try head.forward()
                found = head.loss(labels: labels, smoothing: smoothing)
                try head.backward()
            }

            func logits(_ x: [Double], _ w: [Double], _ b: [Double]) -> [Double] {
                (0..<batch * classes).map { i in
                    let (n, k) = (i / classes, i % classes)
                    return (0..<channels).reduce(b[k]) { sum, c in
                        let start = (n * channels + c) * area
                        return sum + x[start..<start + area].reduce(0, +) / Double(area) * w[k * channels + c]
                    }
                }
            }
            func loss(_ x: [Double], _ w: [Double], _ b: [Double]) -> [Double] {
                let logits = logits(x, w, b)
                var total = 0.0
                for n in 0..<batch {
                    let row = Array(logits[n * classes..<(n + 1) * classes])
                    let logSum = log(row.reduce(0) { $0 + exp($1) })
                    for k in 0..<classes {
                        let target =
                            Double(smoothing) / Double(classes) + (k == Int(labels[n]) ? 1 - Double(smoothing) : 0)
                        total -= target * (row[k] - logSum)
                    }
                }
                return [total / Double(batch)]
            }
            let (xd, wd, bd) = (x.doubles, w.doubles, b.doubles)
            let tolerance = 2e-6
            #expect(relativeDifference(head.logits, logits(xd, wd, bd)) < tolerance, "logits, \(about)")
            #expect(relativeDifference([found], loss(xd, wd, bd)) < tolerance, "loss, \(about)")
            let dx = finiteDifferences(at: xd, weights: [1]) { loss($0, wd, bd) }
            let dxDifference = relativeDifference(try gradient.values(shape: shape, context), dx)
            #expect(dxDifference < tolerance, "input gradient, \(about)")
            let dw = finiteDifferences(at: wd, weights: [1]) { loss(xd, $0, bd) }
            let dwDifference = relativeDifference(try head.weight.gradientValues(), dw)
            #expect(dwDifference < tolerance, "weight gradient, \(about)")
            let db = finiteDifferences(at: bd, weights: [1]) { loss(xd, wd, $0) }
            #expect(relativeDifference(try head.bias.gradientValues(), db) < tolerance, "bias gradient, \(about)")
        }
    }

    /// Logits a column: the mean is over the height alone, and the loss is CTC's, of two utterances in one row and one
    /// in another.
    @Test(arguments: Arrangement.allCases)
    func gradientsOfColumnsAreFiniteDifferences(arrangement: Arrangement) throws {
        let (batch, channels, height, width, classes) = (2, 5, 2, 6, 4)
        let shape = [batch, channels, height, width]
        let context = try ComputeContext(threads: 1)
        var generator = LCG(seed: 14)
        let x = generator.values(shape.reduce(1, *)).map { 3 * $0 }
        let w = generator.values(classes * channels)
        let b = generator.values(classes)
        let targets = [
            PlacedTarget(row: 0, columns: 0..<2, target: CTCLossTests.target([OutputSet(0)])),
            PlacedTarget(row: 0, columns: 3..<6, target: CTCLossTests.target([OutputSet(1), OutputSet(1)])),
            PlacedTarget(
                row: 1, columns: 1..<5, target: CTCLossTests.target([OutputSet(2), [OutputSet(0), OutputSet(1)]])),
        ]
        let input = try Tensor(shape, arrangement, context)
        let gradient = try Tensor(shape, arrangement, context)
        let head = try ClassifierHead(
            input: input, shape: shape, classes: classes, perColumn: true, gradient: { _ in gradient }, context)
        try input.set(x, shape: shape, context)
        try head.weight.load(w)
        try head.bias.load(b)
        var found: Float = 0
        for _ in 0..<2 {
            try head.forward()
            found = head.loss(utterances: targets)
            try head.backward()
        }
        func logits(_ x: [Double], _ w: [Double], _ b: [Double]) -> [Double] {
            (0..<batch * width * classes).map { i in
                let (n, column, k) = (i / (width * classes), i / classes % width, i % classes)
                return (0..<channels).reduce(b[k]) { sum, c in
                    let values = (0..<height).map { x[((n * channels + c) * height + $0) * width + column] }
                    return sum + values.reduce(0, +) / Double(height) * w[k * channels + c]
                }
            }
        }
        func loss(_ x: [Double], _ w: [Double], _ b: [Double]) -> [Double] {
            let all = logits(x, w, b)
            let losses = targets.map { placed in
                let first = (placed.row * width + placed.columns.lowerBound) * classes
                return CTCLossTests.bruteForce(
                    Array(all[first..<first + placed.columns.count * classes]), placed.target)
            }
            return [losses.reduce(0, +) / Double(targets.count)]
        }
        let (xd, wd, bd) = (x.doubles, w.doubles, b.doubles)
        let tolerance = 5e-6
        #expect(relativeDifference(head.logits, logits(xd, wd, bd)) < tolerance, "\(arrangement)")
        #expect(relativeDifference([found], loss(xd, wd, bd)) < tolerance, "\(arrangement)")
        let dx = finiteDifferences(at: xd, weights: [1]) { loss($0, wd, bd) }
        let dxDifference = relativeDifference(try gradient.values(shape: shape, context), dx)
        #expect(dxDifference < tolerance, "\(arrangement)")
        let dw = finiteDifferences(at: wd, weights: [1]) { loss(xd, $0, bd) }
        #expect(relativeDifference(try head.weight.gradientValues(), dw) < tolerance, "\(arrangement)")
        let db = finiteDifferences(at: bd, weights: [1]) { loss(xd, wd, $0) }
        #expect(relativeDifference(try head.bias.gradientValues(), db) < tolerance, "\(arrangement)")
    }

    @Test func lossOfHugeLogitsIsFinite_andCountsOfRightAnswersAreRight() throws {
        let context = try ComputeContext(threads: 1)
        let input = try Tensor([2, 2, 1, 1], .rowMajor, context)
        let gradient = try Tensor([2, 2, 1, 1], .rowMajor, context)
        let head = try ClassifierHead(
            input: input, shape: [2, 2, 1, 1], classes: 2, gradient: { _ in gradient }, context)
        try input.set([1000, 0, 0, 1000], shape: [2, 2, 1, 1], context)
        try head.weight.load([1, 0, 0, 1])
        try head.forward()
        #expect(head.loss(labels: [0, 1], smoothing: 0) == 0)
        #expect(head.correct(labels: [0, 1]) == 2)
        #expect(head.loss(labels: [1, 1], smoothing: 0) == 500)
        #expect(head.correct(labels: [1, 1]) == 1)
        #expect(head.correct(labels: [1, 0]) == 0)
    }
}
