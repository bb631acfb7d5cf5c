/// How often each label was answered with each.
///
/// Rows are what the clips are, columns what was answered; label 10 is "not a digit", and every rejection, whatever its
/// reason, is an answer of 10. So a rejected digit counts as wrong and a rejected word as right.
public struct ConfusionMatrix: Sendable, Equatable {
    /// Rows and columns.
    public let labelCount: Int
    /// Counts, row after row.
    public private(set) var counts: [Int]

    /// An empty matrix.
    public init(labelCount: Int = LabelledClip.labelCount) {
        self.labelCount = labelCount
        counts = Array(repeating: 0, count: labelCount * labelCount)
    }

    /// Counts one answer; both in 0..<labelCount.
    public mutating func add(label: Int, answer: Int) {
        counts[label * labelCount + answer] += 1
    }

    /// How many clips of `label` were answered with `answer`.
    public subscript(label label: Int, answer answer: Int) -> Int { counts[label * labelCount + answer] }

    /// The counts as rows.
    public var rows: [[Int]] {
        (0..<labelCount).map { Array(counts[$0 * labelCount..<($0 + 1) * labelCount]) }
    }

    /// Clips of a label.
    public func clips(of label: Int) -> Int { (0..<labelCount).reduce(0) { $0 + self[label: label, answer: $1] } }

    /// Times a label was the answer.
    public func answers(of label: Int) -> Int { (0..<labelCount).reduce(0) { $0 + self[label: $1, answer: label] } }

    /// All clips.
    public var total: Int { counts.reduce(0, +) }

    /// Clips answered rightly.
    public var correct: Int { (0..<labelCount).reduce(0) { $0 + self[label: $1, answer: $1] } }
}
