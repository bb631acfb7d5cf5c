import Glibc

/// Logarithms of label probabilities along an utterance: [columns][labels], the blank last.
///
/// Made anew from logits with `assign`, which keeps the memory, so that decoding again and again does not allocate.
public struct ColumnPosteriors: Sendable, Equatable {
    /// Labels of a column, the blank included.
    public let labelCount: Int
    /// Columns.
    public private(set) var columnCount = 0
    /// Natural logarithms of probabilities, `logProbabilityMinimum`...0; `columnCount` rows of `labelCount`.
    public private(set) var logProbabilities: [Double] = []
    /// The probabilities themselves, not 0; as many.
    private(set) var probabilities: [Double] = []

    /// No label is less probable than this: sums over paths stay finite, and a label that the network lacks is as good
    /// as impossible.
    public static let logProbabilityMinimum = -200.0

    /// The index of the blank: the last label, as the network has it.
    public var blank: Int { labelCount - 1 }

    /// No columns yet.
    ///
    /// - Parameter labelCount: labels of a column, the blank included, at least 2.
    public init(labelCount: Int = UtteranceLabel.labelCount) {
        precondition(labelCount >= 2, "a label and the blank")
        self.labelCount = labelCount
    }

    /// The posteriors of these logits: see `assign`.
    public init(logits: [Float], labelCount: Int = UtteranceLabel.labelCount, temperature: Double = 1) {
        self.init(labelCount: labelCount)
        assign(logits: logits.span, temperature: temperature)
    }

    /// Log softmax of each row of logits over a temperature.
    ///
    /// - Parameters:
    ///   - logits: [columns][labelCount]. Not-a-number counts as minus infinity.
    ///   - temperature: divides the logits, over 0; above 1 it makes the probabilities more equal. Source: Guo et al.,
    ///     "On calibration of modern neural networks" (2017).
    public mutating func assign(logits: Span<Float>, temperature: Double = 1) {
        precondition(logits.count.isMultiple(of: labelCount), "rows of logits")
        precondition(temperature > 0, "a temperature over 0")
        columnCount = logits.count / labelCount
        logProbabilities.removeAll(keepingCapacity: true)
        probabilities.removeAll(keepingCapacity: true)
        let probabilityMinimum = exp(Self.logProbabilityMinimum)
        for column in 0..<columnCount {
            let start = column * labelCount
            var most = -Float.greatestFiniteMagnitude
            for label in 0..<labelCount { most = max(most, Self.finite(logits[start + label])) }
            var sum = 0.0
            for label in 0..<labelCount {
                let power = (Double(Self.finite(logits[start + label])) - Double(most)) / temperature
                logProbabilities.append(power)
                probabilities.append(exp(power))
                sum += probabilities[start + label]
            }
            let logSum = log(sum)
            for cell in start..<start + labelCount {
                logProbabilities[cell] = max(logProbabilities[cell] - logSum, Self.logProbabilityMinimum)
                probabilities[cell] = max(probabilities[cell] / sum, probabilityMinimum)
            }
        }
    }

    /// The log probability of a label in a column.
    @inlinable
    public subscript(column: Int, label: Int) -> Double { logProbabilities[column * labelCount + label] }

    /// The most probable label of a column; the first of equals.
    public func best(_ column: Int) -> Int {
        var best = 0
        for label in 1..<labelCount where self[column, label] > self[column, best] { best = label }
        return best
    }

    private static func finite(_ logit: Float) -> Float {
        logit.isNaN
            ? -.greatestFiniteMagnitude : min(max(logit, -.greatestFiniteMagnitude), .greatestFiniteMagnitude)
    }
}
