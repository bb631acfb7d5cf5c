import ResNetTraining

/// How digits and other words do through the recogniser that `digitd listen` runs, in recorded noise of one level.
public struct LiveNoiseFigures: Sendable, Equatable {
    /// Signal to noise ratio in dB.
    public var ratio: Double
    /// What was heard; it has no noises of its own.
    public var figures: LiveFigures

    /// What was heard at a ratio.
    public init(ratio: Double, figures: LiveFigures) {
        self.ratio = ratio
        self.figures = figures
    }

    /// The condition, such as `10 dB`.
    public var name: String { ratio == ratio.rounded() ? "\(Int(ratio)) dB" : "\(ratio) dB" }

    var json: JSONText {
        .object([
            ("snr_db", .number(ratio)), ("digits", figures.allDigits.json),
            ("words", LiveFigures.Others.sum(figures.words).json), ("extra_digits", .integer(figures.extras)),
        ])
    }
}
