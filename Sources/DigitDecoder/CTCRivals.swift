import Glibc

/// How probable the sequences are that differ from a given one at one place, each as a multiple of the given one's probability.
///
/// All are sums over alignments. The paths of such a rival are those of the given sequence up to the place, one label (or none),
/// and those of the given sequence behind it: so the forward and backward sums of the given sequence serve for all rivals, and what
/// is left is one pass over the columns a gap, for all labels at once. Against a lattice for each of the 13 L + 12 + 12 L rivals
/// this is the difference between a tenth of a millisecond and twenty.
///
/// The sums are linear, in units of the given sequence's likeliest path: what is notable lies near 1, what is too small for a
/// `Double` would change no share, and what is too large makes the share 0.
public struct CTCRivals: Sendable {
    /// The rivals of each label of the sequence, in order.
    public private(set) var places: [LabelRivals] = []

    /// Paths that go from the sequence's part before a gap into a column, ...
    private struct Entry {
        /// ... from the blank there, or from the beginning of the utterance,
        var fromBlank = 0.0
        /// ... and from the label before the gap.
        var fromLabel = 0.0
    }

    /// Paths that go on from a column into the sequence's part behind a gap, ...
    private struct Exit {
        /// ... into the blank there, or to the end of the utterance,
        var intoBlank = 0.0
        /// ... and into the label behind the gap.
        var intoLabel = 0.0
    }

    /// A number for each label; that of the blank and of those behind it are 0.
    typealias Lanes = SIMD16<Double>

    /// [gaps][columns + 1]: a gap lies before each label, and one behind the last.
    private var entries: [Entry] = []
    private var exits: [Exit] = []
    /// [columns] probabilities of the labels, against the likeliest path's.
    private var emissions: [Lanes] = []
    /// [columns + 1] log probability of the likeliest path before a column.
    private var units: [Double] = []
    /// [gaps] label between: the sequence with one label more.
    private var inserted: [Lanes] = []

    /// Rivals to be weighed again and again.
    public init() {}

    /// Weighs all rivals of an aligned sequence.
    ///
    /// - Parameters:
    ///   - alignment: a possible one of these posteriors.
    ///   - posteriors: at most 16 labels beside the blank.
    public mutating func weigh(_ alignment: borrowing CTCAlignment, _ posteriors: borrowing ColumnPosteriors) {
        precondition(posteriors.blank <= Lanes.scalarCount, "labels for 16 lanes")
        precondition(alignment.logProbability > -.infinity, "a possible sequence")
        places.removeAll(keepingCapacity: true)
        inserted.removeAll(keepingCapacity: true)
        let count = alignment.labels.count
        guard count > 0 else { return }
        findUnits(alignment)
        findEmissions(posteriors)
        findEntriesAndExits(alignment, posteriors)
        for gap in 0...count {
            let (here, next) = through(gap, alignment)
            inserted.append(here)
            guard gap < count else { break }
            var rivals = LabelRivals(label: alignment.labels[gap])
            for label in 0..<Lanes.scalarCount { rivals.instead[label] = Self.finite(next[label]) }
            rivals.instead[rivals.label] = 1
            rivals.absent = without(gap, alignment)
            places.append(rivals)
        }
        shareOut(alignment.labels)
    }

    /// Counts each sequence once, and divides it among the labels that it speaks against.
    ///
    /// A label more between two others speaks against both, half and half. A run of equal labels with one more or one less is the same
    /// sequence wherever in the run that happens, and nothing tells which of them is wrong: each bears an equal part.
    private mutating func shareOut(_ labels: [Int]) {
        var first = 0
        while first < labels.count {
            var end = first + 1
            while end < labels.count, labels[end] == labels[first] { end += 1 }
            let part = 1 / Double(end - first)
            for place in first..<end {
                places[place].absent *= part
                places[place].doubled = Self.finite(inserted[first][labels[first]]) * part
                places[place].runLength = end - first
            }
            first = end
        }
        for gap in 0...labels.count {
            var others = inserted[gap]
            if gap > 0 { others[labels[gap - 1]] = 0 }
            if gap < labels.count { others[labels[gap]] = 0 }
            let isInner = gap > 0 && gap < labels.count
            let weight = Self.finite(others.sum()) * (isInner ? 0.5 : 1)
            if gap > 0 { places[gap - 1].beside += weight }
            if gap < labels.count { places[gap].beside += weight }
        }
    }

    /// The weights of one label at a gap: of that label more, and of it instead of the label behind the gap.
    private func through(_ gap: Int, _ alignment: borrowing CTCAlignment) -> (here: Lanes, next: Lanes) {
        let columnCount = alignment.columnCount
        let count = alignment.labels.count
        let row = gap * (columnCount + 1)
        let hasNext = gap < count
        let nextRow = hasNext ? row + columnCount + 1 : row
        // A label that equals its neighbour needs the blank between them.
        var mayFollow = Lanes(repeating: 1)
        var mayPrecede = Lanes(repeating: 1)
        var mayPrecedeNext = Lanes(repeating: 1)
        if gap > 0 { mayFollow[alignment.labels[gap - 1]] = 0 }
        if hasNext { mayPrecede[alignment.labels[gap]] = 0 }
        if gap + 1 < count { mayPrecedeNext[alignment.labels[gap + 1]] = 0 }
        var paths = Lanes.zero
        var here = Lanes.zero
        var next = Lanes.zero
        for column in 0..<columnCount {
            let entry = entries[row + column]
            paths = (paths + entry.fromBlank + mayFollow * entry.fromLabel) * emissions[column]
            let exit = exits[row + column + 1]
            here += paths * (exit.intoBlank + mayPrecede * exit.intoLabel)
            let nextExit = exits[nextRow + column + 1]
            next += paths * (nextExit.intoBlank + mayPrecedeNext * nextExit.intoLabel)
        }
        return (here, next)
    }

    /// The weight of the sequence without a label.
    private func without(_ place: Int, _ alignment: borrowing CTCAlignment) -> Double {
        let columnCount = alignment.columnCount
        let labels = alignment.labels
        let row = place * (columnCount + 1)
        let nextRow = row + columnCount + 1
        guard place + 1 < labels.count else {
            let entry = entries[row + columnCount]
            return Self.finite((entry.fromBlank + entry.fromLabel) * exits[nextRow + columnCount].intoBlank)
        }
        let needsBlank = place > 0 && labels[place - 1] == labels[place + 1]
        var sum = 0.0
        for column in 0..<columnCount {
            let entry = entries[row + column]
            sum += (entry.fromBlank + (needsBlank ? 0 : entry.fromLabel)) * exits[nextRow + column].intoLabel
        }
        return Self.finite(sum)
    }

    private mutating func findUnits(_ alignment: borrowing CTCAlignment) {
        units.removeAll(keepingCapacity: true)
        units.append(0)
        for column in 0..<alignment.columnCount {
            let cells = column * alignment.stateCount..<(column + 1) * alignment.stateCount
            var most = -Double.infinity
            var unit = 0.0
            for cell in cells {
                let sum = alignment.forward[cell] + alignment.backward[cell]
                guard sum > most else { continue }
                most = sum
                unit = alignment.forward[cell]
            }
            units.append(unit)
        }
    }

    private mutating func findEmissions(_ posteriors: borrowing ColumnPosteriors) {
        emissions.removeAll(keepingCapacity: true)
        for column in 0..<posteriors.columnCount {
            let step = units[column] - units[column + 1]
            var lanes = Lanes.zero
            for label in 0..<posteriors.blank { lanes[label] = Self.weight(posteriors[column, label] + step) }
            emissions.append(lanes)
        }
    }

    private mutating func findEntriesAndExits(
        _ alignment: borrowing CTCAlignment, _ posteriors: borrowing ColumnPosteriors
    ) {
        entries.removeAll(keepingCapacity: true)
        exits.removeAll(keepingCapacity: true)
        let columnCount = alignment.columnCount
        let states = alignment.stateCount
        for gap in 0...alignment.labels.count {
            for column in 0...columnCount {
                var entry = Entry()
                var exit = Exit()
                if column > 0 {
                    let before = (column - 1) * states + 2 * gap
                    entry.fromBlank = Self.weight(alignment.forward[before] - units[column])
                    if gap > 0 { entry.fromLabel = Self.weight(alignment.forward[before - 1] - units[column]) }
                } else if gap == 0 {
                    entry.fromBlank = 1
                }
                let unit = units[column] - alignment.logProbability
                if column < columnCount {
                    let behind = column * states + 2 * gap
                    exit.intoBlank = Self.weight(
                        alignment.backward[behind] + posteriors[column, posteriors.blank] + unit)
                    if gap < alignment.labels.count {
                        exit.intoLabel = Self.weight(
                            alignment.backward[behind + 1] + posteriors[column, alignment.labels[gap]] + unit)
                    }
                } else if gap == alignment.labels.count {
                    exit.intoBlank = Self.weight(unit)
                }
                entries.append(entry)
                exits.append(exit)
            }
        }
    }

    /// What is this far from the likeliest path; so limited that a product of two is finite.
    private static func weight(_ logarithm: Double) -> Double {
        logarithm < -300 ? 0 : exp(min(logarithm, 300))
    }

    private static func finite(_ ratio: Double) -> Double {
        ratio.isFinite ? min(ratio, LabelRivals.ratioMaximum) : LabelRivals.ratioMaximum
    }
}
