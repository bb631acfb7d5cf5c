import Glibc

/// From the network's logits of an utterance to what was said.
///
/// A beam search gives the label sequences, the best reading among them is aligned, and each of its labels is weighed
/// against its rivals. Holds its working memory: decode with one and the same decoder, and nothing is allocated once it
/// has seen the longest utterance. The cost grows with columns times digits: ten digits in 4 s (100 columns) take 0.16
/// ms of one core, 25 in 10 s 0.6 ms, 10 s without speech 0.12 ms (a Xeon server whose cores others used too).
public struct UtteranceDecoder: Sendable {
    /// How it decodes.
    public let parameters: DecoderParameters
    private var posteriors = ColumnPosteriors()
    private var search: CTCBeamSearch
    private var alignment = CTCAlignment()
    private var rivals = CTCRivals()
    private var readings = BestReading()
    private var labels: [Int] = []
    private var singles: [Double] = []

    /// 1 for the labels of the digit 0.
    private static let zeros =
        LabelRivals.lanes(UtteranceLabel.zero.rawValue) + LabelRivals.lanes(UtteranceLabel.oh.rawValue)

    /// A decoder of utterances.
    public init(_ parameters: DecoderParameters = DecoderParameters()) {
        self.parameters = parameters
        search = CTCBeamSearch(parameters.beam)
    }

    /// Decodes an utterance.
    ///
    /// - Parameters:
    ///   - logits: [columns][13], a column each `framesPerColumn` frames.
    ///   - frameCount: frames of the utterance.
    public mutating func decode(_ logits: [Float], frameCount: Int) -> DecodedUtterance {
        var utterance = DecodedUtterance()
        decode(logits.span, frameCount: frameCount, into: &utterance)
        return utterance
    }

    /// Decodes an utterance into one that was decoded before, whose memory is used again.
    ///
    /// - Parameters:
    ///   - logits: [columns][13], a column each `framesPerColumn` frames.
    ///   - frameCount: frames of the utterance.
    ///   - utterance: gets what was said.
    public mutating func decode(_ logits: Span<Float>, frameCount: Int, into utterance: inout DecodedUtterance) {
        precondition(
            logits.count == parameters.columnCount(frames: frameCount) * UtteranceLabel.labelCount,
            "a column of logits each framesPerColumn frames")
        posteriors.assign(logits: logits, temperature: parameters.temperature)
        search.search(posteriors)
        search.labels(readings.best(search), into: &labels)
        alignment.align(labels, to: posteriors)
        rivals.weigh(alignment)
        utterance.frameCount = frameCount
        utterance.logProbability = alignment.logProbability
        utterance.parts.removeAll(keepingCapacity: true)
        for place in labels.indices { append(place, to: &utterance) }
        utterance.singleDigitShares = singleDigitShares()
    }

    /// Adds a label of the sequence to the parts.
    private func append(_ place: Int, to utterance: inout DecodedUtterance) {
        let weighed = rivals.places[place]
        let frames = alignment.spans[place].frames(
            framesPerColumn: parameters.framesPerColumn, frameCount: utterance.frameCount)
        let label = UtteranceLabel(rawValue: weighed.label) ?? .other
        // How many words there are that are no digits does not matter: they are one part.
        let countsRuns = label.isDigit
        let synonyms = label.digit == 0 ? Self.zeros : LabelRivals.lanes(weighed.label)
        let confidence = weighed.share(of: synonyms, synonyms: synonyms, countsRuns: countsRuns)
        var part = DecodedPart(
            label.digit.map { .digit($0, spokenOh: label == .oh) } ?? .other, confidence: confidence,
            accepted: confidence >= parameters.acceptPosterior, frames: frames)
        for digit in 0..<UtteranceLabel.digitCount {
            part.digitShares[digit] = weighed.share(
                of: digit == 0 ? Self.zeros : LabelRivals.lanes(digit), synonyms: synonyms, countsRuns: countsRuns)
        }
        if part.kind == .other, let last = utterance.parts.last, last.kind == .other {
            let surest = last.confidence >= part.confidence ? last : part
            utterance.parts[utterance.parts.count - 1] = surest
            utterance.parts[utterance.parts.count - 1].frames = last.frames.lowerBound..<frames.upperBound
        } else {
            utterance.parts.append(part)
        }
    }

    /// The probabilities of the digits where the utterance must be exactly one.
    private mutating func singleDigitShares() -> SIMD16<Double> {
        CTCSingleLabel.logProbabilities(posteriors, into: &singles)
        singles[0] = logAdd(singles[UtteranceLabel.zero.rawValue], singles[UtteranceLabel.oh.rawValue])
        var shares = SIMD16<Double>.zero
        guard posteriors.columnCount > 0 else { return shares }
        let most = singles[..<UtteranceLabel.digitCount].max() ?? 0
        for digit in 0..<UtteranceLabel.digitCount { shares[digit] = exp(singles[digit] - most) }
        return shares / shares.sum()
    }
}
