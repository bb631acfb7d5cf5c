import Glibc

/// Where the labels of a sequence lie in an utterance, summed over all paths that read as it.
///
/// The forward-backward algorithm of CTC. The states of a sequence of L labels are 2L + 1: blanks at even places, its
/// labels at odd ones. Source: Graves et al., "Connectionist temporal classification" (2006), section 4.1.
///
/// The sums are linear, in units of the likeliest path: what is notable lies near 1, and what is too small for a
/// `Double` is not. That takes neither exponentials nor logarithms for a state, three multiplications and some sums in
/// `columns * (2L + 1)` states. Of a very improbable sequence alone, where paths may differ by more than a `Double`
/// holds, the sums are made in the log domain; its probability is exact then, and so are occupancies unless notable
/// paths begin or end exp(700) apart. The buffers are kept, so that the next alignment does not allocate.
public struct CTCAlignment: Sendable {
    /// The sequence that was aligned.
    public private(set) var labels: [Int] = []
    /// Columns of the utterance.
    public private(set) var columnCount = 0
    /// The log probability of the sequence; minus infinity where it does not fit into the columns.
    public private(set) var logProbability = -Double.infinity
    /// Where each label lies, in order; empty where the sequence is impossible. Spans do not overlap.
    public internal(set) var spans: [LabelSpan] = []

    /// [columns][states] sums over the paths up to a column, its own probability included, in units of the likeliest
    /// path's.
    private(set) var forward: [Double] = []
    /// [columns][states] sums over the paths behind a column, its own probability not included.
    private(set) var backward: [Double] = []
    /// [columns][labelCount] probabilities of the labels and the blank, in units of the likeliest path's.
    private(set) var emissions: [Double] = []
    /// [columns] the same of the labels, for all at once; 0 in the other lanes.
    private(set) var emissionLanes: [SIMD16<Double>] = []
    /// Labels of a column, the blank included.
    private(set) var labelCount = 0
    /// The sum over all paths.
    private(set) var total = 0.0
    /// [columns] log probability of the likeliest path up to a column, its own probability included.
    private var units: [Double] = []
    /// What `findSpans` works with.
    var peakSums: [Double] = []
    var peakIsHere: [Bool] = []

    /// A likeliest path above this leaves room for all sums of notable paths in linear numbers: none of their
    /// beginnings and ends is less probable than it, nor more than 1, and a `Double` reaches from exp(-708) to
    /// exp(709). Ten seconds of which nothing is clear lie above.
    private static let linearMinimum = -600.0

    /// An alignment to be used again and again.
    public init() {}

    /// Blanks and labels of the sequence.
    var stateCount: Int { 2 * labels.count + 1 }

    /// Aligns a label sequence; probability, spans and occupancies are then here to read.
    ///
    /// - Parameters:
    ///   - labels: indices of labels, without blanks.
    ///   - posteriors: at most 16 labels, the blank included.
    /// - Returns: the log probability of the sequence.
    @discardableResult
    public mutating func align(_ labels: [Int], to posteriors: ColumnPosteriors) -> Double {
        precondition(labels.allSatisfy { (0..<posteriors.blank).contains($0) }, "labels, no blanks")
        precondition(posteriors.labelCount <= SIMD16<Double>.scalarCount, "labels and blank for 16 lanes")
        self.labels.removeAll(keepingCapacity: true)
        self.labels.append(contentsOf: labels)
        columnCount = posteriors.columnCount
        labelCount = posteriors.labelCount
        spans.removeAll(keepingCapacity: true)
        guard columnCount > 0 else {
            logProbability = labels.isEmpty ? 0 : -.infinity
            return logProbability
        }
        let best = findUnits(posteriors)
        guard best > -.infinity else {
            logProbability = -.infinity
            return logProbability
        }
        findEmissions(posteriors)
        if best > Self.linearMinimum {
            goForward()
            goBackward()
            let end = columnCount * stateCount
            total = labels.isEmpty ? forward[end - 1] : forward[end - 1] + forward[end - 2]
            logProbability = best + log(total)
        } else {
            CTCLogSums.forward(labels, posteriors, into: &forward)
            CTCLogSums.backward(labels, posteriors, into: &backward)
            logProbability = CTCLogSums.end(forward, isEmpty: labels.isEmpty)
            total = exp(logProbability - best)
            for column in 0..<columnCount {
                for cell in column * stateCount..<(column + 1) * stateCount {
                    forward[cell] = Self.weight(forward[cell] - units[column])
                    backward[cell] = Self.weight(backward[cell] - (best - units[column]))
                }
            }
        }
        findSpans()
        return logProbability
    }

    /// The probability that a column is a label's, 0...1, given that the sequence is right.
    ///
    /// - Parameter index: place of the label in the sequence.
    public func occupancy(_ index: Int, column: Int) -> Double {
        let cell = column * stateCount + 2 * index + 1
        return min(forward[cell] * backward[cell] / total, 1)
    }

    /// The likeliest path's log probability up to each column: a Viterbi search, its scores in `forward`.
    ///
    /// - Returns: the log probability of the whole path; minus infinity where there is none.
    private mutating func findUnits(_ posteriors: ColumnPosteriors) -> Double {
        let states = CTCStates(labels, columnCount: columnCount)
        let count = states.count
        Self.fill(&forward, with: -.infinity, columnCount * count)
        forward[0] = posteriors[0, posteriors.blank]
        if count > 1 { forward[1] = posteriors[0, labels[0]] }
        for column in 1..<columnCount {
            let row = column * count
            for state in states.reachable(column) {
                let before = forward[row - count + bestBefore(state, row: row - count, states)]
                forward[row + state] = before + posteriors[column, states.label(state, blank: posteriors.blank)]
            }
        }
        let end = columnCount * count
        var state = count > 1 && forward[end - 2] > forward[end - 1] ? count - 2 : count - 1
        let best = forward[end - count + state]
        Self.fill(&units, with: best, columnCount)
        guard best > -.infinity else { return best }
        for column in stride(from: columnCount - 2, through: 0, by: -1) {
            state = bestBefore(state, row: column * count, states)
            units[column] = forward[column * count + state]
        }
        return best
    }

    /// The state of the row from which a path into this state comes most probably.
    private func bestBefore(_ state: Int, row: Int, _ states: CTCStates) -> Int {
        var best = state
        if state >= 1, forward[row + state - 1] > forward[row + best] { best = state - 1 }
        if states.mayPassBlank(state), forward[row + state - 2] > forward[row + best] { best = state - 2 }
        return best
    }

    private mutating func findEmissions(_ posteriors: ColumnPosteriors) {
        emissions.removeAll(keepingCapacity: true)
        emissionLanes.removeAll(keepingCapacity: true)
        for column in 0..<columnCount {
            let unit = exp((column > 0 ? units[column - 1] : 0) - units[column])
            var lanes = SIMD16<Double>.zero
            for label in 0..<labelCount {
                let emission = posteriors.probabilities[column * labelCount + label] * unit
                emissions.append(emission)
                if label < posteriors.blank { lanes[label] = emission }
            }
            emissionLanes.append(lanes)
        }
    }

    private mutating func goForward() {
        let blank = labelCount - 1
        let states = CTCStates(labels, columnCount: columnCount)
        let count = states.count
        Self.fill(&forward, with: 0, columnCount * count)
        forward[0] = emissions[blank]
        if count > 1 { forward[1] = emissions[labels[0]] }
        for column in 1..<columnCount {
            let row = column * count
            let emission = column * labelCount
            for state in states.reachable(column) {
                var sum = forward[row - count + state]
                if state >= 1 { sum += forward[row - count + state - 1] }
                if states.mayPassBlank(state) { sum += forward[row - count + state - 2] }
                forward[row + state] = sum * emissions[emission + states.label(state, blank: blank)]
            }
        }
    }

    private mutating func goBackward() {
        let blank = labelCount - 1
        let states = CTCStates(labels, columnCount: columnCount)
        let count = states.count
        Self.fill(&backward, with: 0, columnCount * count)
        backward[columnCount * count - 1] = 1
        if count > 1 { backward[columnCount * count - 2] = 1 }
        for column in stride(from: columnCount - 2, through: 0, by: -1) {
            let row = column * count
            let emission = (column + 1) * labelCount
            for state in states.reachable(column) {
                let next = row + count + state
                var sum = backward[next] * emissions[emission + states.label(state, blank: blank)]
                if state + 1 < count {
                    sum += backward[next + 1] * emissions[emission + states.label(state + 1, blank: blank)]
                }
                if state + 2 < count, states.mayPassBlank(state + 2) {
                    sum += backward[next + 2] * emissions[emission + states.label(state + 2, blank: blank)]
                }
                backward[row + state] = sum
            }
        }
    }

    /// What is this far from the likeliest path; limited to what a `Double` holds.
    private static func weight(_ logarithm: Double) -> Double { exp(min(logarithm, 700)) }

    private static func fill(_ values: inout [Double], with value: Double, _ count: Int) {
        values.removeAll(keepingCapacity: true)
        values.append(contentsOf: repeatElement(value, count: count))
    }
}
