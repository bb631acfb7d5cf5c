/// A threshold on the posterior, and what it costs.
public struct OperatingPoint: Sendable, Equatable {
    /// A digit is accepted when its probability is at least this, 0...1.
    public var threshold: Double
    /// Of the digit clips, the share answered rightly.
    public var right: Double
    /// Of the digit clips, the share accepted as another digit.
    public var wrong: Double
    /// Of the other clips, the share accepted as a digit.
    public var falseAccepts: Double

    /// What may go wrong at most, as fractions.
    public struct Limits: Sendable, Hashable {
        /// Of the digit clips, accepted as another digit.
        public var wrongMax = 0.01
        /// Of the other clips, accepted as a digit.
        public var falseAcceptsMax = 0.05

        /// The defaults: 1 % and 5 %.
        public init() {}
    }

    /// The figures at a threshold; a share of nothing is 0.
    public init(_ judgements: Judgements, temperature: Double, threshold: Double) {
        let matrix = judgements.confusion(temperature: temperature, threshold: threshold)
        let others = matrix.clips(of: LabelledClip.notADigit)
        let digits = matrix.total - others
        let right = (0..<LabelledClip.notADigit).reduce(0) { $0 + matrix[label: $1, answer: $1] }
        let rejected = matrix.answers(of: LabelledClip.notADigit)
        let othersRejected = matrix[label: LabelledClip.notADigit, answer: LabelledClip.notADigit]
        self.threshold = threshold
        self.right = digits > 0 ? Double(right) / Double(digits) : 0
        wrong = digits > 0 ? Double(digits - right - (rejected - othersRejected)) / Double(digits) : 0
        falseAccepts = others > 0 ? Double(others - othersRejected) / Double(others) : 0
    }

    /// The figures at thresholds from 0.3 to 0.995: the points of a detection-error trade-off curve.
    public static func curve(_ judgements: Judgements, temperature: Double) -> [OperatingPoint] {
        let thresholds =
            stride(from: 0.3, to: 0.95, by: 0.025).map { $0 } + [0.95, 0.96, 0.97, 0.98, 0.985, 0.99, 0.995]
        return thresholds.map { OperatingPoint(judgements, temperature: temperature, threshold: $0) }
    }

    /// The lowest threshold within the limits, which rejects fewest digits; where none is, the one that exceeds them least.
    public static func choose(
        _ judgements: Judgements, temperature: Double, limits: Limits = Limits()
    ) -> OperatingPoint {
        let points = curve(judgements, temperature: temperature)
        func excess(_ point: OperatingPoint) -> Double {
            max(0, point.wrong - limits.wrongMax) + max(0, point.falseAccepts - limits.falseAcceptsMax)
        }
        // `min` keeps the first of equals, which is the lowest threshold.
        return points.min { excess($0) < excess($1) } ?? points[0]
    }
}
