/// The states of a label sequence: blanks at even places, labels at odd ones.
struct CTCStates {
    private let labels: [Int]
    private let columnCount: Int

    init(_ labels: [Int], columnCount: Int) {
        self.labels = labels
        self.columnCount = columnCount
    }

    var count: Int { 2 * labels.count + 1 }

    /// The label of a state.
    @inline(__always)
    func label(_ state: Int, blank: Int) -> Int { state.isMultiple(of: 2) ? blank : labels[state / 2] }

    /// Whether a path may go to a state from the one two before it, without the blank between them.
    @inline(__always)
    func mayPassBlank(_ state: Int) -> Bool {
        state >= 3 && !state.isMultiple(of: 2) && labels[state / 2] != labels[state / 2 - 1]
    }

    /// The states in which a path from the first column to the last can be in a column, and two more at either end:
    /// those of a sequence without one of the labels (see `CTCRivals`).
    func reachable(_ column: Int) -> Range<Int> {
        let first = max(0, count - 2 * (columnCount - column) - 2)
        return first..<max(first, min(count, 2 * column + 4))
    }
}

/// Forward and backward sums of a label sequence in the log domain: exact for any sequence, and some ten times as dear
/// as the linear ones of `CTCAlignment`.
public enum CTCLogSums {
    /// The log probability that a label sequence has in an utterance; minus infinity where it does not fit into the
    /// columns.
    ///
    /// - Parameter labels: indices of labels, without blanks.
    public static func logProbability(of labels: [Int], in posteriors: ColumnPosteriors) -> Double {
        guard posteriors.columnCount > 0 else { return labels.isEmpty ? 0 : -.infinity }
        var sums: [Double] = []
        forward(labels, posteriors, into: &sums)
        return end(sums, isEmpty: labels.isEmpty)
    }

    /// The sum over all paths, from the forward sums: they end in the last label or in the blank behind it.
    static func end(_ forward: [Double], isEmpty: Bool) -> Double {
        let last = forward[forward.count - 1]
        return isEmpty ? last : logAdd(last, forward[forward.count - 2])
    }

    /// Writes log sums over the paths up to each column and state, the column's own probability included.
    static func forward(_ labels: [Int], _ posteriors: ColumnPosteriors, into sums: inout [Double]) {
        let states = CTCStates(labels, columnCount: posteriors.columnCount)
        let count = states.count
        sums.removeAll(keepingCapacity: true)
        sums.append(contentsOf: repeatElement(-.infinity, count: posteriors.columnCount * count))
        sums[0] = posteriors[0, posteriors.blank]
        if count > 1 { sums[1] = posteriors[0, labels[0]] }
        for column in 1..<posteriors.columnCount {
            let before = (column - 1) * count
            for state in states.reachable(column) {
                var sum = sums[before + state]
                if state >= 1 { sum = logAdd(sum, sums[before + state - 1]) }
                if states.mayPassBlank(state) { sum = logAdd(sum, sums[before + state - 2]) }
                sums[before + count + state] =
                    sum + posteriors[column, states.label(state, blank: posteriors.blank)]
            }
        }
    }

    /// Writes log sums over the paths behind each column and state, the column's own probability not included.
    static func backward(_ labels: [Int], _ posteriors: ColumnPosteriors, into sums: inout [Double]) {
        let states = CTCStates(labels, columnCount: posteriors.columnCount)
        let count = states.count
        let end = posteriors.columnCount * count
        sums.removeAll(keepingCapacity: true)
        sums.append(contentsOf: repeatElement(-.infinity, count: end))
        sums[end - 1] = 0
        if count > 1 { sums[end - 2] = 0 }
        for column in stride(from: posteriors.columnCount - 2, through: 0, by: -1) {
            let behind = (column + 1) * count
            func into(_ state: Int, _ sums: [Double]) -> Double {
                sums[behind + state] + posteriors[column + 1, states.label(state, blank: posteriors.blank)]
            }
            for state in states.reachable(column) {
                var sum = into(state, sums)
                if state + 1 < count { sum = logAdd(sum, into(state + 1, sums)) }
                if state + 2 < count, states.mayPassBlank(state + 2) { sum = logAdd(sum, into(state + 2, sums)) }
                sums[behind - count + state] = sum
            }
        }
    }
}
