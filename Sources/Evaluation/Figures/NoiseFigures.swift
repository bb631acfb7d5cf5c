import ResNetTraining

/// How digits do in noise of one level.
public struct NoiseFigures: Sendable, Equatable {
    /// How the utterance is found.
    public enum Cut: String, Sendable, CaseIterable {
        /// In the recording by itself, as `classify` and `evaluate` do.
        case clip
        /// In a stream, by the live segmenter.
        case live
    }

    /// Signal to noise ratio in dB; nil for the recording's own background only.
    public var ratio: Double?
    /// How the utterance is found.
    public var cut: Cut
    /// What became of the clips.
    public var tally: DigitTally

    /// The figures of one condition.
    public init(ratio: Double?, cut: Cut, tally: DigitTally) {
        self.ratio = ratio
        self.cut = cut
        self.tally = tally
    }

    /// The condition, such as `10 dB`.
    public var name: String { ratio == nil ? "clean" : "\(level) dB" }

    /// The ratio as a number, such as `10`.
    var level: String { ratio.map { $0 == $0.rounded() ? "\(Int($0))" : "\($0)" } ?? "" }

    var json: JSONText {
        let level: [(String, JSONText)] = ratio.map { [("snr_db", .number($0))] } ?? [("clean", .integer(1))]
        return .object(level + [("cut", .text(cut.rawValue))]).merging(tally.json)
    }
}

/// Clips in noise: mixed at several ratios, cut in both ways, and judged.
///
/// The ratio is that of the utterance's root mean square to the noise's over the whole window's stream. Clips are taken in
/// parts, because all windows of a large set would not fit into memory. The same clips and noises give the same figures.
public struct NoiseEvaluation {
    /// The recordings.
    public var clips: [LabelledClip]
    /// What is mixed in; pink noise where there is none.
    public var noises: [NoiseClip]
    /// Signal to noise ratios in dB. "Clean" always comes first.
    public var ratios: [Double]
    /// The operating point.
    public var rule: AnswerRule

    /// What is added where nothing is asked for, so that a live stream is not digital silence: 45 dB below the speech.
    private static let cleanRatio: Float = 45
    private static let part = 1024

    /// An evaluation to run.
    public init(clips: [LabelledClip], noises: [NoiseClip], ratios: [Double], rule: AnswerRule) {
        self.clips = clips
        self.noises = noises
        self.ratios = ratios
        self.rule = rule
    }

    /// Judges every condition.
    ///
    /// - Parameters:
    ///   - progress: gets the share done, 0...1.
    ///   - judge: what the network says of windows, one row of logits each, with their labels.
    /// - Returns: the figures, by cut and then from clean to the last ratio.
    public func run(
        progress: (Double) throws -> Void, judge: (_ windows: [Float], _ labels: [Int32]) throws -> Judgements
    ) throws -> [NoiseFigures] {
        var figures = NoiseFigures.Cut.allCases.flatMap { cut in
            ([nil] + ratios).map { NoiseFigures(ratio: $0, cut: cut, tally: DigitTally()) }
        }
        for start in stride(from: 0, to: clips.count, by: Self.part) {
            let part = Array(clips[start..<min(start + Self.part, clips.count)])
            let store = try ClipStore(DataSet(clips: part, noises: noises), allowsNone: true)
            for index in figures.indices {
                try progress(
                    (Double(start) + Double(part.count * index) / Double(figures.count)) / Double(clips.count))
                let set = try EvaluationSet(
                    store: store, variant: figures[index].variant(clean: Self.cleanRatio), seed: UInt64(1 + start),
                    noise: .recorded)
                figures[index].tally += DigitTally(try judge(set.windows, set.labels), rule)
            }
        }
        return figures
    }
}

extension NoiseFigures {
    fileprivate func variant(clean: Float) -> EvaluationSet.Variant {
        switch (cut, ratio) {
        case (.clip, nil): .clip
        case (.clip, let ratio?): .noisy(ratio: Float(ratio))
        case (.live, let ratio): .live(ratio: ratio.map { Float($0) } ?? clean)
        }
    }
}
