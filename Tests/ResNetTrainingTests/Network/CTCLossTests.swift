import Foundation
import Testing

@testable import ResNetTraining

/// The CTC loss against the sum over every path, and its gradient against finite differences of that.
struct CTCLossTests {
    /// Outputs 0, 1, 2 and the blank, 3.
    static let classes = 4
    static let blank = OutputSet(3)

    static func target(_ labels: [OutputSet], gap: OutputSet = blank) -> CTCTarget {
        var target = CTCTarget(gap: gap)
        for label in labels { target.append(label, gap: gap) }
        return target
    }

    static let targets: [CTCTarget] = {
        let (a, b, c) = (OutputSet(0), OutputSet(1), OutputSet(2))
        var loose = CTCTarget(gap: blank)
        loose.append(c, gap: [blank, c])
        loose.append(a, gap: blank)
        return [
            target([]), target([a]), target([a, b]), target([a, a]), target([a, b, a]), target([b, b, b]),
            target([[a, b]]), target([[a, b], c]), target([[a, b], a]), loose,
        ]
    }()

    /// The ways in which a path says a target, 0 or 1: labels and gaps in order, a gap left out only between labels
    /// that share nothing, and one column for a label that its gap may go on with.
    static func says(_ path: [Int], _ target: CTCTarget) -> Int {
        var states: [OutputSet] = [target.gaps[0]]
        for (label, gap) in zip(target.labels, target.gaps.dropFirst()) { states += [label, gap] }
        var ways = states.indices.map { $0 < 2 && states[$0].contains(OutputSet(path[0])) ? 1 : 0 }
        for output in path.dropFirst() {
            ways = states.indices.map { state in
                guard states[state].contains(OutputSet(output)) else { return 0 }
                let stays = state % 2 == 0 || states[state + 1].isDisjoint(with: states[state])
                var sum = (stays ? ways[state] : 0) + (state > 0 ? ways[state - 1] : 0)
                if state > 1, state % 2 == 1, states[state].isDisjoint(with: states[state - 2]) {
                    sum += ways[state - 2]
                }
                return sum
            }
        }
        return ways.suffix(2).reduce(0, +)
    }

    /// - log of the probability, by all paths.
    static func bruteForce(_ logits: [Float], _ target: CTCTarget) -> Double {
        bruteForce(logits.map { Double($0) }, target)
    }

    static func bruteForce(_ logits: [Double], _ target: CTCTarget) -> Double {
        let columns = logits.count / classes
        let posteriors = (0..<columns).map { column -> [Double] in
            let row = logits[column * classes..<(column + 1) * classes].map { exp($0) }
            return row.map { $0 / row.reduce(0, +) }
        }
        var total = 0.0
        for number in 0..<Int(pow(Double(classes), Double(columns))) {
            var (rest, path, probability) = (number, [Int](), 1.0)
            for column in 0..<columns {
                path.append(rest % classes)
                probability *= posteriors[column][rest % classes]
                rest /= classes
            }
            total += probability * Double(says(path, target))
        }
        return -log(total)
    }

    private static func loss(_ logits: [Float], _ target: CTCTarget, scale: Float = 1) -> (Double?, [Float]) {
        var ctc = CTCLoss(classes: classes)
        var gradient = [Float](repeating: 9, count: logits.count)
        let loss = logits.withUnsafeBufferPointer { logits in
            gradient.withUnsafeMutableBufferPointer { gradient in
                ctc.loss(logits: logits, target: target, scale: scale, gradient: gradient)
            }
        }
        return (loss, gradient)
    }

    /// With two ways for one path the loss would be under its probability's, and reward that path.
    @Test(arguments: targets)
    func noPathIsCountedTwice(target: CTCTarget) {
        for number in 0..<256 {
            let path = (0..<4).map { number >> (2 * $0) & 3 }
            #expect(Self.says(path, target) <= 1, "\(path) says \(target)")
        }
    }

    @Test(arguments: targets, [3, 5])
    func lossIsTheSumOverAllPaths(target: CTCTarget, columns: Int) throws {
        var generator = LCG(seed: 5)
        let logits = generator.values(columns * Self.classes).map { 4 * $0 }
        guard columns >= target.columnsMin else {
            #expect(Self.loss(logits, target).0 == nil)
            return
        }
        let found = try #require(Self.loss(logits, target).0)
        let wanted = Self.bruteForce(logits, target)
        #expect(abs(found - wanted) < 1e-9 * max(1, wanted), "\(target), \(columns) columns")
    }

    @Test(arguments: targets.filter { $0.columnsMin <= 4 })
    func gradientIsTheFiniteDifference(target: CTCTarget) throws {
        var generator = LCG(seed: 6)
        let logits = generator.values(4 * Self.classes).map { 4 * $0 }
        let gradient = Self.loss(logits, target, scale: 0.5).1
        for i in logits.indices {
            let step: Float = 0.01
            var (up, down) = (logits, logits)
            up[i] += step
            down[i] -= step
            let difference = (Self.bruteForce(up, target) - Self.bruteForce(down, target)) / Double(up[i] - down[i])
            #expect(abs(Double(gradient[i]) - 0.5 * difference) < 1e-4, "\(target), logit \(i)")
        }
    }

    private struct Golden: Decodable {
        var seed: UInt32
        var columns: Int
        var labels: [Int]
        var loss: Double
        var indices: [Int]
        var gradient: [Double]
    }

    @Test func lossAndGradientArePyTorchs() throws {
        let url = Bundle.module.bundleURL.appending(path: "Golden").appending(path: "ctc.json")
        for golden in try JSONDecoder().decode([Golden].self, from: try Data(contentsOf: url)) {
            var generator = LCG(seed: golden.seed)
            let logits = generator.values(golden.columns * 13).map { 4 * $0 }
            var target = CTCTarget(gap: .blank)
            for label in golden.labels { target.append(OutputSet(label), gap: .blank) }
            var ctc = CTCLoss(classes: 13)
            var gradient = [Float](repeating: 9, count: logits.count)
            let loss = logits.withUnsafeBufferPointer { logits in
                gradient.withUnsafeMutableBufferPointer {
                    ctc.loss(logits: logits, target: target, scale: 1, gradient: $0)
                }
            }
            let found = try #require(loss)
            #expect(abs(found - golden.loss) < 1e-9 * golden.loss, "\(golden.labels)")
            for (index, value) in zip(golden.indices, golden.gradient) {
                #expect(abs(Double(gradient[index]) - value) < 1e-6, "\(golden.labels), logit \(index)")
            }
        }
    }

    @Test func tooFewColumnsHaveNoLossAndNoGradient() {
        let (loss, gradient) = Self.loss([Float](repeating: 1, count: 2 * Self.classes), Self.targets[3])
        #expect(loss == nil)
        #expect(gradient.allSatisfy { $0 == 0 })
    }
}
