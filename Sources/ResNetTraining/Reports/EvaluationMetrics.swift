import Foundation

/// The figures of `digitd evaluate`, from a confusion matrix. All fractions are 0...1.
public struct EvaluationMetrics: Sendable, Equatable {
    /// One class's figures. A fraction without a denominator (a class never answered) is 0.
    public struct PerClass: Sendable, Equatable {
        /// `0` to `9`, or `not_a_digit`.
        public var label: String
        /// Of the answers of this class, the share that is right.
        public var precision: Double
        /// Of the clips of this class, the share answered with it.
        public var recall: Double
        /// Harmonic mean of the two.
        public var f1: Double
        /// Clips of this class.
        public var clips: Int
    }

    /// The matrix behind the figures.
    public let confusion: ConfusionMatrix
    /// Clips judged.
    public let clips: Int
    /// The share answered rightly; a rejected digit is wrong.
    public let accuracy: Double
    /// The ten digits, then "not a digit" if there are clips of it.
    public let perClass: [PerClass]
    /// Unweighted means over the classes that have clips.
    public let macro: (precision: Double, recall: Double, f1: Double)
    /// Clips rejected, whatever they are.
    public let rejected: Int

    /// The figures of a matrix.
    public init(_ confusion: ConfusionMatrix) {
        self.confusion = confusion
        clips = confusion.total
        accuracy = Self.ratio(confusion.correct, confusion.total)
        rejected = confusion.answers(of: LabelledClip.notADigit)
        perClass = (0..<confusion.labelCount).compactMap { label in
            let clips = confusion.clips(of: label)
            guard label < LabelledClip.notADigit || clips > 0 else { return nil }
            let right = confusion[label: label, answer: label]
            let precision = Self.ratio(right, confusion.answers(of: label))
            let recall = Self.ratio(right, clips)
            let f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0
            return PerClass(
                label: Self.name(of: label), precision: precision, recall: recall, f1: f1, clips: clips)
        }
        let present = perClass.filter { $0.clips > 0 }
        let count = Double(max(1, present.count))
        macro = (
            present.reduce(0) { $0 + $1.precision } / count, present.reduce(0) { $0 + $1.recall } / count,
            present.reduce(0) { $0 + $1.f1 } / count
        )
    }

    /// The name of a label: the digit, or `not_a_digit`.
    public static func name(of label: Int) -> String {
        label == LabelledClip.notADigit ? "not_a_digit" : String(label)
    }

    /// Same figures, from the same matrix.
    public static func == (a: Self, b: Self) -> Bool { a.confusion == b.confusion }

    /// The object that `digitd evaluate --json` prints, on one line.
    ///
    /// Written by hand because `JSONEncoder` has no stable order of keys but the alphabet's, and people read this.
    public var json: String {
        let classes = perClass.map {
            "{\"label\":\"\($0.label)\",\"precision\":\(Self.number($0.precision)),\"recall\":\(Self.number($0.recall)),"
                + "\"f1\":\(Self.number($0.f1)),\"clips\":\($0.clips)}"
        }
        let rows = confusion.rows.map { "[" + $0.map(String.init).joined(separator: ",") + "]" }
        return "{\"clips\":\(clips),\"accuracy\":\(Self.number(accuracy)),\"macro\":{\"precision\":"
            + "\(Self.number(macro.precision)),\"recall\":\(Self.number(macro.recall)),\"f1\":\(Self.number(macro.f1))},"
            + "\"per_class\":[\(classes.joined(separator: ","))],\"confusion\":[\(rows.joined(separator: ","))],"
            + "\"rejected\":\(rejected)}"
    }

    private static func ratio(_ part: Int, _ whole: Int) -> Double { whole > 0 ? Double(part) / Double(whole) : 0 }

    /// Six decimals at most, without trailing zeros.
    private static func number(_ value: Double) -> String {
        let rounded = (value * 1e6).rounded() / 1e6
        return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }
}
