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
        /// Of the digit clips, those that may be given up for a higher threshold. Few, as people recorded like nobody trained
        /// on pay several times over: at 0.75, FSDD speakers left out lost 4.8 points where held-out speakers lost 0.7.
        public var rightLoss = 0.004

        /// The defaults: 1 %, 5 % and 0.4 %.
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

    /// The highest threshold within the limits that answers `rightLoss` fewer digits than the best within them at most; where none
    /// is within the limits, the one that exceeds them least.
    ///
    /// The lowest one would answer most, but a confidence of a third is worth little to a listener, and other words and noises are
    /// answered at low thresholds above all.
    public static func choose(
        _ judgements: Judgements, temperature: Double, limits: Limits = Limits()
    ) -> OperatingPoint {
        let points = curve(judgements, temperature: temperature)
        func excess(_ point: OperatingPoint) -> Double {
            max(0, point.wrong - limits.wrongMax) + max(0, point.falseAccepts - limits.falseAcceptsMax)
        }
        // `min` keeps the first of equals, which is the lowest threshold.
        let lowest = points.min { excess($0) < excess($1) } ?? points[0]
        let allowed = points.filter { excess($0) <= excess(lowest) }
        let best = allowed.reduce(0) { max($0, $1.right) }
        return allowed.last { $0.right >= best - limits.rightLoss } ?? lowest
    }
}
