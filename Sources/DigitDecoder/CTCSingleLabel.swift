import Glibc

/// The probabilities of the sequences that have exactly one label.
///
/// For an answer that must be one digit. All labels in one pass: with the blank's probability as the unit, the paths of
/// a label that end in a column are those that begin or go on there.
public enum CTCSingleLabel {
    /// The log probabilities that exactly one digit was said, 0...9 ("oh" is 0), and at last that anything else was: a
    /// word that is no digit, several words, or nothing. Their exponentials add up to 1.
    public static func clipLogits(_ posteriors: ColumnPosteriors) -> [Float] {
        var singles: [Double] = []
        logProbabilities(posteriors, into: &singles)
        singles[0] = logAdd(singles[UtteranceLabel.zero.rawValue], singles[UtteranceLabel.oh.rawValue])
        let digits = singles[..<UtteranceLabel.digitCount]
        let rest = max(1 - digits.reduce(0) { $0 + exp($1) }, restMinimum)
        return digits.map { Float($0) } + [Float(log(rest))]
    }

    /// What is left beside ten digits that fill everything, but for rounding.
    private static let restMinimum = 1e-12

    /// Writes the log probability of each one-label sequence, by label, the blank's left out; minus infinity without
    /// columns.
    public static func logProbabilities(_ posteriors: ColumnPosteriors, into result: inout [Double]) {
        let blank = posteriors.blank
        result.removeAll(keepingCapacity: true)
        var blanks = 0.0
        for column in 0..<posteriors.columnCount { blanks += posteriors[column, blank] }
        for label in 0..<blank {
            var ending = 0.0
            var total = 0.0
            for column in 0..<posteriors.columnCount {
                let row = column * posteriors.labelCount
                ending = (ending + 1) * posteriors.probabilities[row + label] / posteriors.probabilities[row + blank]
                total += ending
            }
            // Where a label is far likelier than the blank all the time, a `Double` does not hold it.
            result.append((total.isFinite ? log(total) : logSum(label, posteriors)) + blanks)
        }
    }

    /// The same of one label in the log domain, without the blanks.
    private static func logSum(_ label: Int, _ posteriors: ColumnPosteriors) -> Double {
        var ending = -Double.infinity
        var total = -Double.infinity
        for column in 0..<posteriors.columnCount {
            ending = logAdd(ending, 0) + posteriors[column, label] - posteriors[column, posteriors.blank]
            total = logAdd(total, ending)
        }
        return total
    }
}
