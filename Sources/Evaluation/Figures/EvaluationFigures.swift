import ResNetTraining

/// Everything that `digitd evaluate` measured, as one object.
public struct EvaluationFigures: Sendable {
    /// Which clips were judged.
    public var selection: String
    /// Accuracy, classes, confusion matrix.
    public var metrics: EvaluationMetrics
    /// Digits and other words of all sets together.
    public var tally: DigitTally
    /// The same by set.
    public var sets: [SetFigures]
    /// Reliability of the answers' confidences.
    public var calibration: Calibration
    /// The same of all clips and labels.
    public var calibrationOfAll: Calibration
    /// Errors against rejections.
    public var tradeOff: TradeOff
    /// In noise; empty where it was not asked for.
    public var noise: [NoiseFigures] = []
    /// Utterances of several words; nil where there is none.
    public var strings: StringFigures?
    /// Through the live recogniser; nil where it was not asked for.
    public var live: LiveFigures?
    /// Through the live recogniser in noise; empty where it was not asked for.
    public var liveInNoise: [LiveNoiseFigures] = []

    /// The figures of judged clips.
    ///
    /// - Parameters:
    ///   - clips: as many as were judged, in that order.
    ///   - selection: what they are, in a few words.
    public init(_ judgements: Judgements, clips: [LabelledClip], rule: AnswerRule, selection: String) {
        self.selection = selection
        metrics = EvaluationMetrics(
            judgements.confusion(temperature: rule.temperature, threshold: rule.threshold))
        tally = DigitTally(judgements, rule)
        sets = SetFigures.of(clips, judgements, rule)
        calibration = Calibration(judgements, temperature: rule.temperature, population: .answeredDigits)
        calibrationOfAll = Calibration(judgements, temperature: rule.temperature, population: .allClips)
        tradeOff = TradeOff(judgements, rule)
    }

    /// The object that `digitd evaluate --json` prints, on one line: the contract's keys first.
    public var json: String {
        let bins = calibration.bins.map { bin in
            JSONText.object([
                ("confidence", .number(bin.confidence)), ("right", .number(bin.accuracy)),
                ("clips", .integer(bin.clips)),
            ])
        }
        var members: [(String, JSONText)] = [
            ("selection", .text(selection)), ("total", tally.json),
            ("by_set", .array(sets.map(\.json))), ("ece", .number(calibration.expectedError)),
            ("ece_all_labels", .number(calibrationOfAll.expectedError)),
            (
                "calibration",
                .object([
                    ("population", .text("digits whose most probable label is a digit")),
                    ("clips", .integer(calibration.clips)), ("bins", .array(bins)),
                ])
            ),
            ("trade_off", tradeOff.json),
        ]
        if !noise.isEmpty { members.append(("noise", .array(noise.map(\.json)))) }
        if let strings { members.append(("strings", strings.json)) }
        if let live { members.append(("live", live.json)) }
        if !liveInNoise.isEmpty { members.append(("live_in_noise", .array(liveInNoise.map(\.json)))) }
        return metrics.json.dropLast() + "," + JSONText.object(members).inner + "}"
    }
}
