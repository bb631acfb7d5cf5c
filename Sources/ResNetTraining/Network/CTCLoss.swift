import Glibc

/// Connectionist temporal classification: the negative log likelihood of a label sequence, summed over its alignments,
/// and the gradient of that.
///
/// Source: Graves, Fernandez, Gomez and Schmidhuber, "Connectionist temporal classification: labelling unsegmented
/// sequence data with recurrent neural networks" (2006), in the log domain. A state's emission is the sum of its set's
/// outputs (`CTCTarget`). Cost: columns x (2 labels + 1) states, a few microseconds an utterance; the buffers are kept.
struct CTCLoss {
    private let classes: Int
    private var states: [OutputSet] = []
    /// Whether a path may stay in a state.
    private var stays: [Bool] = []
    private var emissions: [Double] = []
    private var forward: [Double] = []
    private var backward: [Double] = []
    private var logPosteriors: [Double] = []

    /// - Parameter classes: outputs a column, the blank among them.
    init(classes: Int) { self.classes = classes }

    /// The loss of one utterance, in nats.
    ///
    /// - Parameters:
    ///   - logits: [columns, classes], row-major.
    ///   - target: what they are to say.
    ///   - scale: what the gradient is multiplied by.
    ///   - gradient: [columns, classes], filled with the loss's gradient by the logits.
    /// - Returns: nil, and a gradient of 0, where the columns are too few to say it.
    mutating func loss(
        logits: UnsafeBufferPointer<Float>, target: CTCTarget, scale: Float, gradient: UnsafeMutableBufferPointer<Float>
    ) -> Double? {
        let columns = logits.count / classes
        precondition(logits.count == columns * classes && gradient.count == logits.count)
        gradient.update(repeating: 0)
        guard columns >= max(target.columnsMin, 1) else { return nil }
        prepare(target, columns)
        computeEmissions(logits, columns)
        runForward(columns)
        let count = states.count
        let last = (columns - 1) * count
        let total =
            count == 1 ? forward[last] : Self.logSum(forward[last + count - 1], forward[last + count - 2])
        guard total.isFinite else { return nil }
        runBackward(columns)
        for column in 0..<columns { addGradient(column, total, scale, gradient) }
        return -total
    }

    private mutating func prepare(_ target: CTCTarget, _ columns: Int) {
        states.removeAll(keepingCapacity: true)
        stays.removeAll(keepingCapacity: true)
        for index in target.labels.indices {
            states += [target.gaps[index], target.labels[index]]
            stays += [true, !target.goesOnInGap(index)]
        }
        states.append(target.gaps[target.gaps.count - 1])
        stays.append(true)
        let needed = columns * states.count
        for path in [\Self.emissions, \Self.forward, \Self.backward] where self[keyPath: path].count < needed {
            self[keyPath: path] = [Double](repeating: 0, count: needed)
        }
        if logPosteriors.count < columns * classes {
            logPosteriors = [Double](repeating: 0, count: columns * classes)
        }
    }

    private mutating func computeEmissions(_ logits: UnsafeBufferPointer<Float>, _ columns: Int) {
        let members = states.map(\.outputs)
        for column in 0..<columns {
            let row = column * classes
            let peak = Double(logits[row..<row + classes].max()!)
            var sum = 0.0
            for k in 0..<classes { sum += exp(Double(logits[row + k]) - peak) }
            let logTotal = peak + log(sum)
            for k in 0..<classes { logPosteriors[row + k] = Double(logits[row + k]) - logTotal }
            for (state, outputs) in members.enumerated() {
                var value = -Double.infinity
                for output in outputs { value = Self.logSum(value, logPosteriors[row + output]) }
                emissions[column * states.count + state] = value
            }
        }
    }

    /// Whether a path may go from a label to the next without saying the gap between: not where both share an output.
    private func skips(into state: Int) -> Bool {
        state >= 2 && state % 2 == 1 && states[state].isDisjoint(with: states[state - 2])
    }

    private mutating func runForward(_ columns: Int) {
        let count = states.count
        for state in 0..<count { forward[state] = state < 2 ? emissions[state] : -.infinity }
        for column in 1..<max(columns, 1) {
            let (now, before) = (column * count, (column - 1) * count)
            for state in 0..<count {
                var value = stays[state] ? forward[before + state] : -.infinity
                if state > 0 { value = Self.logSum(value, forward[before + state - 1]) }
                if skips(into: state) { value = Self.logSum(value, forward[before + state - 2]) }
                forward[now + state] = value + emissions[now + state]
            }
        }
    }

    /// What follows a state at a column, its own emission there left out.
    private mutating func runBackward(_ columns: Int) {
        let count = states.count
        let last = (columns - 1) * count
        for state in 0..<count { backward[last + state] = state >= count - 2 ? 0 : -.infinity }
        for column in stride(from: columns - 2, through: 0, by: -1) {
            let (now, next) = (column * count, (column + 1) * count)
            for state in 0..<count {
                var value = stays[state] ? backward[next + state] + emissions[next + state] : -.infinity
                if state + 1 < count {
                    value = Self.logSum(value, backward[next + state + 1] + emissions[next + state + 1])
                }
                if state + 2 < count, skips(into: state + 2) {
                    value = Self.logSum(value, backward[next + state + 2] + emissions[next + state + 2])
                }
                backward[now + state] = value
            }
        }
    }

    /// posterior(k) less the share of the paths that say k here.
    private func addGradient(
        _ column: Int, _ total: Double, _ scale: Float, _ gradient: UnsafeMutableBufferPointer<Float>
    ) {
        let (row, base) = (column * classes, column * states.count)
        for k in 0..<classes { gradient[row + k] = Float(exp(logPosteriors[row + k])) * scale }
        for (state, set) in states.enumerated() {
            let occupancy = forward[base + state] + backward[base + state] - total
            guard occupancy > -80 else { continue }
            for output in set.outputs {
                let share = exp(occupancy + logPosteriors[row + output] - emissions[base + state])
                gradient[row + output] -= Float(share) * scale
            }
        }
    }

    @inline(__always)
    private static func logSum(_ a: Double, _ b: Double) -> Double {
        let high = max(a, b)
        guard high > -.infinity else { return high }
        return high + log1p(exp(min(a, b) - high))
    }
}
