import DigitDecoder
import DigitEvents
import SpeechSegmenter

/// What was said of the open utterance, and how events are counted.
struct UtteranceEvents {
    /// The last DIGIT or REJECTED.
    var sequence = 0
    /// The last utterance that had one.
    var utterance = 0
    /// Whether the open utterance had one.
    var hasAny = false
    /// The end of the last one, or the beginning of the utterance; a frame.
    var end = 0
    /// Whether a SPEECH start waits for its end.
    var speechIsOpen = false

    /// An utterance begins at this frame.
    mutating func begin(at frame: Int) {
        hasAny = false
        end = max(end, frame)
    }

    /// Counts an event that ends before this frame.
    mutating func count(endingBefore frame: Int) {
        sequence += 1
        if !hasAny { utterance += 1 }
        hasAny = true
        end = frame
    }
}

extension UtteranceCore {
    /// Makes events of the words that are certain.
    mutating func giveWords() {
        for word in utterance.words {
            let latest = utterance.nextWord(after: word.frames.upperBound) ?? endpointer.speech.upperBound
            let edges = WordEdges(
                earliest: events.end,
                latest: latest < endpointer.speech.upperBound
                    ? sound.quietest(word.frames.upperBound..<max(latest, word.frames.upperBound) + 1)
                    : endpointer.speech.upperBound,
                threshold: endpointer.leaveThresholdDecibels)
            give(word, edges.frames(of: word.frames, in: sound))
        }
        utterance.words.removeAll(keepingCapacity: true)
    }

    private mutating func give(_ word: DecodedPart, _ frames: Range<Int>) {
        guard let digit = word.acceptedDigit, parameters.acceptsOh || !word.isSpokenOh else {
            let isNone = word.digit == nil || word.accepted
            return reject(frames, isNone ? .notADigit : .lowConfidence, confidence: word.confidence)
        }
        let others = word.alternatives(shareMinimum: Double(parameters.alternativePosterior))
            .prefix(parameters.alternativeCount)
        events.count(endingBefore: frames.upperBound)
        let event = DigitEvent.Digit(
            seq: events.sequence, utterance: events.utterance, digit: digit, spoken: word.isSpokenOh ? "oh" : nil,
            confidence: word.confidence,
            alternatives: others.map { .init(digit: $0.digit, confidence: $0.confidence) },
            start: clock.start(of: frames.lowerBound), end: clock.end(before: frames.upperBound),
            at: clock.heard(frames: endpointer.frameCount))
        outbox.append(
            Recognition(event: .digit(event), lastSpeechSample: clock.arrivedSample(before: frames.upperBound)))
    }

    /// Says that these frames hold no digit.
    mutating func reject(_ frames: Range<Int>, _ reason: DigitEvent.RejectionReason, confidence: Double?) {
        let frames = max(frames.lowerBound, events.end)..<max(frames.upperBound, events.end + 1)
        events.count(endingBefore: frames.upperBound)
        let event = DigitEvent.Rejected(
            seq: events.sequence, utterance: events.utterance, reason: reason, confidence: confidence,
            start: clock.start(of: frames.lowerBound), end: clock.end(before: frames.upperBound),
            at: clock.heard(frames: endpointer.frameCount))
        outbox.append(
            Recognition(event: .rejected(event), lastSpeechSample: clock.arrivedSample(before: frames.upperBound)))
    }

    /// Says that speech has begun or ended.
    mutating func speech(_ state: DigitEvent.Speech.State, at seconds: Double) {
        guard events.speechIsOpen == (state == .end) else { return }
        events.speechIsOpen = state == .start
        guard parameters.reportsSpeech else { return }
        outbox.append(Recognition(event: .speech(.init(state: state, at: seconds))))
    }
}
