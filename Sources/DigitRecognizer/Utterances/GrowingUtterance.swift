import DigitDecoder
import MelSpectrogram

/// An utterance that is decoded again and again while it grows: from its frames to the words that are certain.
///
///     frames ──copy──> normalise ──> scorer ──> decoder ──> stable digits ──> words
///
/// All frames are those of the stream. Nothing is allocated once the longest utterance was decoded.
struct GrowingUtterance {
    /// The frame of the stream that decodings begin with.
    private(set) var start = 0
    /// The words that are certain now, in order, until the caller has taken them.
    var words: [DecodedPart] = []
    /// Where the last decoding had its last word: the frame behind it. `start` where it had none.
    private(set) var lastWordEnd = 0

    private let scorer: any UtteranceScorer
    private let bandCount: Int
    private var decoder: UtteranceDecoder
    private var stable: StableDigits
    private var decoding = DecodedUtterance()
    /// What `start` was then.
    private var decodingStart = 0
    private var input: [Float] = []
    private var logits: [Float] = []
    private var parts: [DecodedPart] = []

    init(_ scorer: any UtteranceScorer, bandCount: Int, _ parameters: RecognizerParameters) {
        self.scorer = scorer
        self.bandCount = bandCount
        decoder = Self.decoder(scorer, parameters)
        stable = Self.stable(parameters)
        let columns = decoder.parameters.columnCount(frames: UtteranceRecognizer.framesMax)
        input.reserveCapacity(UtteranceRecognizer.framesMax * bandCount)
        logits = [Float](repeating: 0, count: columns * UtteranceLabel.labelCount)
    }

    /// Decodes otherwise from now on. Call it between utterances.
    mutating func change(to parameters: RecognizerParameters) {
        decoder = Self.decoder(scorer, parameters)
        stable = Self.stable(parameters)
    }

    /// Whether the last decoding holds words that are not certain yet.
    var isWaiting: Bool { stable.isWaiting }

    /// Begins an utterance at this frame.
    mutating func begin(at frame: Int) {
        start = frame
        lastWordEnd = frame
        words.removeAll(keepingCapacity: true)
        stable.reset()
    }

    /// Decodes what there is of the utterance, up to the last frame at hand.
    mutating func decode(_ frames: borrowing RecentFrames, _ speech: StableDigits.Speech) {
        let count = frames.frames.upperBound - start
        guard count > 0 else { return }
        frames.copy(start..<frames.frames.upperBound, into: &input)
        Self.normalise(&input)
        let logitCount = decoder.parameters.columnCount(frames: count) * UtteranceLabel.labelCount
        Self.score(scorer, input, &logits, logitCount)
        Self.decode(&decoder, logits, logitCount, frameCount: count, &decoding)
        decodingStart = start
        lastWordEnd = start + (decoding.parts.last?.frames.upperBound ?? 0)
        stable.take(decoding, speech: speech, into: &parts)
        deliver()
    }

    /// Whether the last decoding was of all that the utterance now has at its beginning.
    var isDecodedFromStart: Bool { decodingStart == start }

    /// The utterance has ended as it was decoded last, from its start: what waits is given.
    mutating func end() {
        stable.take(decoding, speech: .ended, into: &parts)
        deliver()
    }

    /// The frame at which the next word of the last decoding begins, behind this one; nil where there is none.
    func nextWord(after frame: Int) -> Int? {
        for part in decoding.parts where decodingStart + part.frames.lowerBound >= frame {
            return decodingStart + part.frames.lowerBound
        }
        return nil
    }

    /// The gap before the last word that was given, in which the utterance can be cut; nil before two were.
    var lastGap: Range<Int>? {
        guard stable.given.count >= 2 else { return nil }
        let before = stable.given[stable.given.count - 2].frames
        let last = stable.given[stable.given.count - 1].frames
        let first = min((before.lowerBound + before.upperBound) / 2, last.lowerBound)
        return start + first..<start + last.lowerBound + 1
    }

    /// Goes on without the frames before this one. What waits among them is given.
    mutating func cut(before frame: Int) {
        stable.cut(before: frame - start, into: &parts)
        deliver()
        start = frame
        lastWordEnd = max(lastWordEnd, frame)
    }

    private mutating func deliver() {
        for var part in parts {
            part.frames = start + part.frames.lowerBound..<start + part.frames.upperBound
            words.append(part)
        }
        parts.removeAll(keepingCapacity: true)
    }

    // Static, so that each buffer is an access of its own: spans of two of them at once would be two accesses to
    // `self`.

    private static func normalise(_ frames: inout [Float]) {
        var span = frames.mutableSpan
        UtteranceFrames.normalise(&span)
    }

    private static func score(_ scorer: any UtteranceScorer, _ frames: [Float], _ logits: inout [Float], _ count: Int) {
        var all = logits.mutableSpan
        var span = all.extracting(0..<count)
        scorer.score(frames.span, into: &span)
    }

    private static func decode(
        _ decoder: inout UtteranceDecoder, _ logits: [Float], _ logitCount: Int, frameCount: Int,
        _ decoding: inout DecodedUtterance
    ) {
        decoder.decode(logits.span.extracting(0..<logitCount), frameCount: frameCount, into: &decoding)
    }

    private static func decoder(_ scorer: any UtteranceScorer, _ parameters: RecognizerParameters) -> UtteranceDecoder {
        UtteranceDecoder(
            DecoderParameters(
                temperature: scorer.temperature, framesPerColumn: scorer.framesPerColumn,
                acceptPosterior: Double(parameters.acceptPosterior)))
    }

    private static func stable(_ parameters: RecognizerParameters) -> StableDigits {
        StableDigits(
            .init(
                lastBehindMinimum: 48, stemPauseMinimum: 10, doubtfulBehindMinimum: 40, doubtfulPauseMinimum: 24,
                sureConfidence: Double(parameters.earlyPosterior)))
    }
}
