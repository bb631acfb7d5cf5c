/// How probable the sequences are that differ from a given one at one place, each as a multiple of the given one's
/// probability.
///
/// All are sums over alignments. The paths of such a rival are those of the given sequence up to the place, one label
/// (or none), and those of the given sequence behind it: so the forward and backward sums of the given sequence serve
/// for all rivals, and what is left is one pass over the columns for each gap, all labels at once. A lattice for each
/// of the 36 rivals of a label would take some hundred times as long.
public struct CTCRivals: Sendable {
    /// The rivals of each label of the sequence, in order.
    public private(set) var places: [LabelRivals] = []

    /// A number for each label.
    typealias Lanes = SIMD16<Double>

    /// A gap lies before each label, and one behind the last: the weights of the sequence with one label more there.
    private var inserted: [Lanes] = []

    /// Rivals to be weighed again and again.
    public init() {}

    /// Weighs all rivals of an aligned sequence.
    ///
    /// - Parameter alignment: of a possible sequence.
    public mutating func weigh(_ alignment: borrowing CTCAlignment) {
        precondition(alignment.logProbability > -.infinity, "a possible sequence")
        places.removeAll(keepingCapacity: true)
        inserted.removeAll(keepingCapacity: true)
        let count = alignment.labels.count
        guard count > 0 else { return }
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
    /// A label more between two others speaks against both, half and half. A run of equal labels with one more or one
    /// less is the same sequence wherever in the run that happens, and nothing tells which of them is wrong: each bears
    /// an equal part.
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
        let sums = GapSums(alignment)
        let nextGap = min(gap + 1, sums.labelCount)
        // A label that equals its neighbour needs the blank between them.
        var mayFollow = Lanes(repeating: 1)
        var mayPrecede = Lanes(repeating: 1)
        var mayPrecedeNext = Lanes(repeating: 1)
        if gap > 0 { mayFollow[alignment.labels[gap - 1]] = 0 }
        if gap < sums.labelCount { mayPrecede[alignment.labels[gap]] = 0 }
        if gap + 1 < sums.labelCount { mayPrecedeNext[alignment.labels[gap + 1]] = 0 }
        var paths = Lanes.zero
        var here = Lanes.zero
        var next = Lanes.zero
        for column in 0..<alignment.columnCount {
            let entry = sums.entry(gap, column, alignment)
            paths = (paths + entry.blank + mayFollow * entry.label) * alignment.emissionLanes[column]
            let exit = sums.exit(gap, column + 1, alignment)
            here += paths * (exit.blank + mayPrecede * exit.label)
            let nextExit = sums.exit(nextGap, column + 1, alignment)
            next += paths * (nextExit.blank + mayPrecedeNext * nextExit.label)
        }
        return (here, next)
    }

    /// The weight of the sequence without a label.
    private func without(_ place: Int, _ alignment: borrowing CTCAlignment) -> Double {
        let sums = GapSums(alignment)
        let columnCount = alignment.columnCount
        guard place + 1 < sums.labelCount else {
            let entry = sums.entry(place, columnCount, alignment)
            return Self.finite((entry.blank + entry.label) / alignment.total)
        }
        let needsBlank = place > 0 && alignment.labels[place - 1] == alignment.labels[place + 1]
        var sum = 0.0
        for column in 0..<columnCount {
            let entry = sums.entry(place, column, alignment)
            sum += (entry.blank + (needsBlank ? 0 : entry.label)) * sums.exit(place + 1, column, alignment).label
        }
        return Self.finite(sum)
    }

    private static func finite(_ ratio: Double) -> Double {
        ratio.isFinite ? min(ratio, LabelRivals.ratioMaximum) : LabelRivals.ratioMaximum
    }
}

/// The sums of an alignment at the gaps between its labels.
private struct GapSums {
    let labelCount: Int
    private let stateCount: Int
    private let columnCount: Int
    private let unit: Double

    init(_ alignment: borrowing CTCAlignment) {
        labelCount = alignment.labels.count
        stateCount = alignment.stateCount
        columnCount = alignment.columnCount
        unit = 1 / alignment.total
    }

    /// Paths that come into a column from the part before a gap: from the blank there, or the utterance's beginning;
    /// and from the label before it.
    @inline(__always)
    func entry(_ gap: Int, _ column: Int, _ alignment: borrowing CTCAlignment) -> (blank: Double, label: Double) {
        guard column > 0 else { return (gap == 0 ? 1 : 0, 0) }
        let before = (column - 1) * stateCount + 2 * gap
        return (alignment.forward[before], gap > 0 ? alignment.forward[before - 1] : 0)
    }

    /// Paths that go on from a column into the part behind a gap: into the blank there, or to the utterance's end; and
    /// into the label behind it. As parts of all paths.
    @inline(__always)
    func exit(_ gap: Int, _ column: Int, _ alignment: borrowing CTCAlignment) -> (blank: Double, label: Double) {
        guard column < columnCount else { return (gap == labelCount ? unit : 0, 0) }
        let behind = column * stateCount + 2 * gap
        let row = column * alignment.labelCount
        let intoBlank = alignment.backward[behind] * alignment.emissions[row + alignment.labelCount - 1] * unit
        guard gap < labelCount else { return (intoBlank, 0) }
        return (
            intoBlank, alignment.backward[behind + 1] * alignment.emissions[row + alignment.labels[gap]] * unit
        )
    }
}
