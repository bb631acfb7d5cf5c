import Glibc

/// Where the labels of a sequence lie in an utterance, summed over all paths that read as it.
///
/// The forward-backward algorithm of CTC in the log domain. The states of a sequence of L labels are 2L + 1: blanks at even
/// places, its labels at odd ones. Source: Graves et al., "Connectionist temporal classification" (2006), section 4.1.
///
/// An alignment costs `columns * (2L + 1)` sums in each direction. The buffers are kept, so that the next one does not allocate.
public struct CTCAlignment: Sendable {
    /// The sequence that was aligned.
    public private(set) var labels: [Int] = []
    /// Columns of the utterance.
    public private(set) var columnCount = 0
    /// The log probability of the sequence; minus infinity where it does not fit into the columns.
    public private(set) var logProbability = -Double.infinity
    /// Where each label lies, in order; empty where the sequence is impossible. Spans do not overlap.
    public internal(set) var spans: [LabelSpan] = []

    /// [columns][states] log sums over the paths up to a column, its own probability included.
    private(set) var forward: [Double] = []
    /// [columns][states] log sums over the paths behind a column, its own probability not included.
    private(set) var backward: [Double] = []
    /// What `findSpans` works with.
    var peakSums: [Double] = []
    var peakIsHere: [Bool] = []

    /// An alignment to be used again and again.
    public init() {}

    /// Blanks and labels of the sequence.
    var stateCount: Int { 2 * labels.count + 1 }

    /// The log probability that a label sequence has in an utterance.
    public static func logProbability(of labels: [Int], in posteriors: ColumnPosteriors) -> Double {
        var alignment = CTCAlignment()
        alignment.labels = labels
        alignment.columnCount = posteriors.columnCount
        alignment.goForward(posteriors)
        return alignment.logProbability
    }

    /// Aligns a label sequence; probability, spans and occupancies are then here to read.
    ///
    /// - Parameter labels: indices of labels, without blanks.
    /// - Returns: the log probability of the sequence.
    @discardableResult
    public mutating func align(_ labels: [Int], to posteriors: ColumnPosteriors) -> Double {
        precondition(labels.allSatisfy { (0..<posteriors.blank).contains($0) }, "labels, no blanks")
        self.labels.removeAll(keepingCapacity: true)
        self.labels.append(contentsOf: labels)
        columnCount = posteriors.columnCount
        goForward(posteriors)
        guard logProbability > -.infinity else {
            spans.removeAll(keepingCapacity: true)
            return logProbability
        }
        goBackward(posteriors)
        findSpans()
        return logProbability
    }

    /// The probability that a column is a label's, 0...1, given that the sequence is right.
    ///
    /// - Parameter index: place of the label in the sequence.
    public func occupancy(_ index: Int, column: Int) -> Double {
        let cell = column * stateCount + 2 * index + 1
        return min(exp(forward[cell] + backward[cell] - logProbability), 1)
    }

    /// The label of a state.
    func label(_ state: Int, blank: Int) -> Int { state.isMultiple(of: 2) ? blank : labels[state / 2] }

    /// Whether a path may go to a state from the one two before it, without the blank between them.
    private func mayPassBlank(_ state: Int) -> Bool {
        state >= 3 && !state.isMultiple(of: 2) && labels[state / 2] != labels[state / 2 - 1]
    }

    private mutating func goForward(_ posteriors: ColumnPosteriors) {
        let count = stateCount
        Self.clear(&forward, columnCount * count)
        guard columnCount > 0 else {
            logProbability = labels.isEmpty ? 0 : -.infinity
            return
        }
        let blank = posteriors.blank
        forward[0] = posteriors[0, blank]
        if count > 1 { forward[1] = posteriors[0, labels[0]] }
        for column in 1..<columnCount {
            let before = (column - 1) * count
            for state in reachable(column) {
                var sum = forward[before + state]
                if state >= 1 { sum = logAdd(sum, forward[before + state - 1]) }
                if mayPassBlank(state) { sum = logAdd(sum, forward[before + state - 2]) }
                forward[before + count + state] = sum + posteriors[column, label(state, blank: blank)]
            }
        }
        let end = columnCount * count
        logProbability = count > 1 ? logAdd(forward[end - 1], forward[end - 2]) : forward[end - 1]
    }

    private mutating func goBackward(_ posteriors: ColumnPosteriors) {
        let count = stateCount
        let blank = posteriors.blank
        Self.clear(&backward, columnCount * count)
        guard columnCount > 0 else { return }
        backward[columnCount * count - 1] = 0
        if count > 1 { backward[columnCount * count - 2] = 0 }
        for column in stride(from: columnCount - 2, through: 0, by: -1) {
            let behind = (column + 1) * count
            func into(_ state: Int) -> Double {
                backward[behind + state] + posteriors[column + 1, label(state, blank: blank)]
            }
            for state in reachable(column) {
                var sum = into(state)
                if state + 1 < count { sum = logAdd(sum, into(state + 1)) }
                if state + 2 < count, mayPassBlank(state + 2) { sum = logAdd(sum, into(state + 2)) }
                backward[behind - count + state] = sum
            }
        }
    }

    /// The states in which a path from the first column to the last can be in a column, and two more at either end: those of a
    /// sequence without one of the labels (see `CTCRivals`).
    private func reachable(_ column: Int) -> Range<Int> {
        let first = max(0, stateCount - 2 * (columnCount - column) - 2)
        return first..<max(first, min(stateCount, 2 * column + 4))
    }

    private static func clear(_ values: inout [Double], _ count: Int) {
        values.removeAll(keepingCapacity: true)
        values.append(contentsOf: repeatElement(-.infinity, count: count))
    }
}
