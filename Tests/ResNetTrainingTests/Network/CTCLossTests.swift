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
        var loose = CTCTarget(gap: [blank, c])
        loose.append(c, gap: [blank, c])
        loose.append(a, gap: blank)
        return [
            target([]), target([a]), target([a, b]), target([a, a]), target([a, b, a]), target([b, b, b]),
            target([[a, b]]), target([[a, b], c]), target([[a, b], a]), loose,
        ]
    }()

    /// Whether a path says a target: labels and gaps in order, a gap left out only between labels that share nothing.
    static func says(_ path: [Int], _ target: CTCTarget) -> Int {
        var states: [OutputSet] = [target.gaps[0]]
        for (label, gap) in zip(target.labels, target.gaps.dropFirst()) { states += [label, gap] }
        // How many ways there are through the states: sets that overlap give one path several.
        var ways = states.indices.map { $0 < 2 && states[$0].contains(OutputSet(path[0])) ? 1 : 0 }
        for output in path.dropFirst() {
            ways = states.indices.map { state in
                guard states[state].contains(OutputSet(output)) else { return 0 }
                var sum = ways[state] + (state > 0 ? ways[state - 1] : 0)
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
        let columns = logits.count / classes
        let posteriors = (0..<columns).map { column -> [Double] in
            let row = logits[column * classes..<(column + 1) * classes].map { exp(Double($0)) }
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

    @Test(arguments: targets)
    func gradientIsTheFiniteDifference(target: CTCTarget) throws {
        var generator = LCG(seed: 6)
        let logits = generator.values(6 * Self.classes).map { 4 * $0 }
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

    @Test func tooFewColumnsHaveNoLossAndNoGradient() {
        let (loss, gradient) = Self.loss([Float](repeating: 1, count: 2 * Self.classes), Self.targets[3])
        #expect(loss == nil)
        #expect(gradient.allSatisfy { $0 == 0 })
    }
}
