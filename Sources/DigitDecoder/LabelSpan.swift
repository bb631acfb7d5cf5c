/// Where a label of a sequence lies in an utterance.
public struct LabelSpan: Sendable, Hashable {
    /// The columns that are notably its own.
    public var columns: Range<Int>
    /// The column that is its own most probably.
    public var peak: Int

    /// A span of columns with its peak.
    public init(columns: Range<Int>, peak: Int) {
        self.columns = columns
        self.peak = peak
    }

    /// The frames of these columns.
    ///
    /// A column is centred at frame `column * framesPerColumn` and reaches half way to its neighbours.
    ///
    /// - Parameters:
    ///   - framesPerColumn: the network's stride in time.
    ///   - frameCount: frames of the utterance: no range reaches beyond.
    public func frames(framesPerColumn: Int, frameCount: Int) -> Range<Int> {
        let half = framesPerColumn / 2
        let first = min(max(columns.lowerBound * framesPerColumn - half, 0), frameCount)
        let end = min(max(columns.upperBound * framesPerColumn - half, first), frameCount)
        return first..<end
    }
}

extension CTCAlignment {
    /// A column is notably a label's where its occupancy is this part of that of the peak, and no column between is
    /// less. CTC's labels are a column or two long, whatever the sound: the span says where the label is, not where the
    /// word ends.
    private static let notable = 0.25

    /// Finds peaks, and the columns around them.
    mutating func findSpans() {
        spans.removeAll(keepingCapacity: true)
        findPeaks()
        for index in labels.indices {
            let peak = spans[index].peak
            let least = Self.notable * occupancy(index, column: peak)
            var first = peak
            while first > 0, isOwn(index, first - 1, least) { first -= 1 }
            var end = peak + 1
            while end < columnCount, isOwn(index, end, least) { end += 1 }
            spans[index].columns = first..<end
        }
    }

    /// Whether a column is notably a label's, and more so than its neighbours'.
    ///
    /// Only neighbours compete: a column of any other label lies beyond a neighbour's peak.
    private func isOwn(_ index: Int, _ column: Int, _ least: Double) -> Bool {
        let own = occupancy(index, column: column)
        guard own >= least, own > 0 else { return false }
        if index > 0 {
            guard column > spans[index - 1].peak, column >= spans[index - 1].columns.upperBound else { return false }
        }
        if index + 1 < labels.count {
            guard column < spans[index + 1].peak, own > occupancy(index + 1, column: column) else { return false }
        }
        return true
    }

    /// The columns, one for each label and in the labels' order, whose occupancies have the greatest sum; the earliest
    /// of equals.
    ///
    /// Each label's own maximum would not do: where two labels share a blurred stretch, these may be in the wrong
    /// order. Source: Käll, Krogh and Sonnhammer, "An HMM posterior decoder for sequence feature prediction" (2005).
    private mutating func findPeaks() {
        let count = labels.count
        peakSums.removeAll(keepingCapacity: true)
        peakSums.append(contentsOf: repeatElement(-.infinity, count: count + 1))
        peakSums[0] = 0
        peakIsHere.removeAll(keepingCapacity: true)
        peakIsHere.append(contentsOf: repeatElement(false, count: columnCount * (count + 1)))
        for column in 0..<columnCount {
            for index in stride(from: min(count, column + 1), to: 0, by: -1) {
                let sum = peakSums[index - 1] + occupancy(index - 1, column: column)
                guard sum > peakSums[index] else { continue }
                peakSums[index] = sum
                peakIsHere[column * (count + 1) + index] = true
            }
        }
        spans.append(contentsOf: repeatElement(LabelSpan(columns: 0..<0, peak: 0), count: count))
        var column = columnCount - 1
        for index in stride(from: count, to: 0, by: -1) {
            while !peakIsHere[column * (count + 1) + index] { column -= 1 }
            spans[index - 1] = LabelSpan(columns: column..<column + 1, peak: column)
            column -= 1
        }
    }
}
