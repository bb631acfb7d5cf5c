import DigitEvents
import SpeechSegmenter

/// The events of utterances.
extension RecognizerCore {
    /// Gives the digits of an utterance in order, and in the place of one that is uncertain at this threshold a rejection. What
    /// follows closely may be the rest of the last.
    mutating func give(_ members: [RunMember], _ threshold: Float, _ emit: (Recognition) -> Void) {
        var anchor: RunAnchor?
        for member in members {
            if member.posterior.isAcceptable(threshold) {
                accept(member, emit)
                anchor = RunAnchor(
                    start: member.segment.frames.lowerBound, end: member.segment.speech.upperBound,
                    digit: member.posterior.digit)
            } else {
                reject(member.segment, member.posterior, emit)
                anchor = nil
            }
        }
        begin(after: anchor)
    }

    mutating func accept(_ member: RunMember, _ emit: (Recognition) -> Void) {
        let classes = member.posterior.classes
        let others = (0..<10).filter { $0 != member.posterior.digit && classes[$0] >= parameters.alternativePosterior }
            .sorted { classes[$0] > classes[$1] }
            .prefix(parameters.alternativeCount)
        sequence += 1
        wariness.noteDigit()
        let event = DigitEvent.Digit(
            seq: sequence, digit: member.posterior.digit, confidence: Double(member.posterior.probability),
            alternatives: others.map { .init(digit: $0, confidence: Double(classes[$0])) },
            start: clock.start(of: member.segment.speech.lowerBound),
            end: clock.end(before: member.segment.speech.upperBound), at: clock.heard(frames: segmenter.frameCount))
        emit(Recognition(event: .digit(event), lastSpeechSample: lastSample(member.segment)))
    }

    mutating func reject(_ segment: SpeechSegment, _ posterior: Posterior, _ emit: (Recognition) -> Void) {
        if posterior.other >= posterior.probability {
            reject(segment, .notADigit, posterior.other, emit)
        } else {
            reject(segment, .lowConfidence, posterior.probability, emit)
        }
    }

    mutating func reject(
        _ segment: SpeechSegment, _ reason: DigitEvent.RejectionReason, _ confidence: Float?,
        _ emit: (Recognition) -> Void
    ) {
        sequence += 1
        // A click says nothing of what else is heard here, and what sounds like a digit may be one, said again and again.
        if reason != .tooShort, reason != .lowConfidence { wariness.noteOther(at: segmenter.frameCount) }
        let event = DigitEvent.Rejected(
            seq: sequence, reason: reason, confidence: confidence.map(Double.init),
            start: clock.start(of: segment.speech.lowerBound), end: clock.end(before: segment.speech.upperBound),
            at: clock.heard(frames: segmenter.frameCount))
        emit(Recognition(event: .rejected(event), lastSpeechSample: lastSample(segment)))
    }

    mutating func close(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) {
        speech(.end, at: clock.end(before: segment.speech.upperBound), emit)
    }

    mutating func speech(_ state: DigitEvent.Speech.State, at seconds: Double, _ emit: (Recognition) -> Void) {
        speechIsOpen = state == .start
        guard parameters.reportsSpeech else { return }
        emit(Recognition(event: .speech(.init(state: state, at: seconds))))
    }

    private func lastSample(_ segment: SpeechSegment) -> Int {
        clock.arrivedSample(before: segment.speech.upperBound)
    }
}
