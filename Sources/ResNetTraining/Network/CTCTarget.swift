/// A set of the network's outputs, one bit each.
public struct OutputSet: OptionSet, Sendable, Hashable {
    /// Bit k stands for output k, k below 32.
    public let rawValue: UInt32

    /// A set by its bits.
    public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// One output alone.
    public init(_ output: Int) { rawValue = 1 << UInt32(output) }

    /// The outputs in it, in their order.
    var outputs: [Int] { (0..<32).filter { rawValue >> UInt32($0) & 1 == 1 } }
}

/// What an utterance's columns are to say, in order: labels with gaps around them.
///
/// Plain CTC has one output for each label and the blank for each gap. Here both are sets, of which any member may be
/// said at any column: a spelled "o" is `oh` or `other`, and behind the first word of talk, whose words nobody counted,
/// a gap may say `other` too. Such a label takes one column, the gap behind it the rest, so that no path is counted
/// twice: with two ways through the states the loss would reward saying `other` everywhere.
public struct CTCTarget: Sendable, Hashable {
    /// The labels, first to last.
    public private(set) var labels: [OutputSet]
    /// What may be said before, between and behind them; one more than there are labels.
    public private(set) var gaps: [OutputSet]

    /// A target without a label: nothing but what `gap` holds is said.
    public init(gap: OutputSet) {
        labels = []
        gaps = [gap]
    }

    /// Adds a label, and the gap behind it.
    public mutating func append(_ label: OutputSet, gap: OutputSet) {
        labels.append(label)
        gaps.append(gap)
    }

    /// Whether the gap behind a label may say what the label may.
    func goesOnInGap(_ label: Int) -> Bool { !gaps[label + 1].isDisjoint(with: labels[label]) }

    /// The fewest columns that can say it: one a label, and one more between two that share an output.
    public var columnsMin: Int {
        labels.count + zip(labels, labels.dropFirst()).count { !$0.isDisjoint(with: $1) }
    }
}
