import MelSpectrogram
import SpeechSegmenter

/// Digits amid other sound.
extension RecognizerCore {
    /// Frames by which noise may hide either end of a word: /s/ lasts so long.
    private static var hiddenFrames: Int { 16 }
    /// How far under a word's loudest frame its consonants may lie, in dB. A word that exceeds the threshold by more hides none.
    private static var hiddenDecibels: Float { 25 }

    /// A sound that begins so many frames after a digit is no rest of it.
    private static var restFrames: Int { 25 }
    /// How much longer than a digit an utterance may become while something stands out at its end, in frames.
    private static var deferralMaximum: Int { 75 }
    /// Frames of silence at the end of what stands out there.
    private static var endSilence: Int { 6 }

    /// The digits that other cuts of an utterance are for certain, where the utterance as it was cut is none.
    ///
    /// Where something else is heard just before or after a digit, all of it is one utterance, which is no digit or too long: so what
    /// stands out of it is looked at by itself (`SpeechSegment.loudParts`). Where noise hides weak consonants, the utterance is the
    /// vowel alone, too short perhaps: so it is looked at with what lies around it.
    ///
    /// - Returns: the likeliest ones above `recutPosterior` that do not overlap, in their order.
    mutating func recut(_ segment: SpeechSegment) -> [RunMember] {
        let threshold = max(parameters.recutPosterior, acceptPosterior)
        let earliest = utterance.anchor == nil ? segment.frames.lowerBound : utterance.earliestFrame + Self.restFrames
        let energies = energies(of: segment.frames)
        var cuts = segment.loudParts(energies: energies, parameters: segmenter.parameters)
        let peak = energies.max() ?? -.infinity
        if peak < segmenter.thresholdDecibels + Self.hiddenDecibels, let wider = wider(segment) { cuts.append(wider) }
        let digits = cuts.filter { $0.speech.lowerBound >= earliest }
            .map { RunMember(segment: $0, posterior: classify($0.frames)) }
            .filter { $0.posterior.isAcceptable(threshold) }
            .sorted { $0.posterior.probability > $1.posterior.probability }
        var result: [RunMember] = []
        for digit in digits where !result.contains(where: { $0.segment.speech.overlaps(digit.segment.speech) }) {
            result.append(digit)
        }
        return result.sorted { $0.segment.speech.lowerBound < $1.segment.speech.lowerBound }
    }

    /// Whether something stands out at the end of an utterance that is longer than any digit: a digit that is still being said,
    /// perhaps.
    func standsOutAtItsEnd(_ segment: SpeechSegment) -> Bool {
        let limits = segmenter.parameters
        guard segment.frames.count < limits.lengthMaximum + Self.deferralMaximum else { return false }
        return segment.loudParts(energies: energies(of: segment.frames), parameters: limits)
            .contains { $0.speech.upperBound + Self.endSilence >= segment.speech.upperBound }
    }

    /// The utterance with what lies around it, as far as that is no other utterance's.
    private func wider(_ segment: SpeechSegment) -> SpeechSegment? {
        let earliest = max(history.frames.lowerBound, utterance.earliestFrame)
        let start = max(segment.frames.lowerBound - Self.hiddenFrames, min(earliest, segment.frames.lowerBound))
        let latest = max(segmenter.frameCount, segment.frames.upperBound)
        let end = min(segment.frames.upperBound + Self.hiddenFrames, latest)
        guard end - start <= segmenter.parameters.lengthMaximum, end - start > segment.frames.count else { return nil }
        return SpeechSegment(frames: start..<end, speech: segment.speech)
    }

    /// The speech-band energy of frames, in dB, -100...100.
    func energies(of frames: Range<Int>) -> [Float] {
        let bands = frontEnd.bandCount
        return history.withFrames(frames) { frames in
            stride(from: 0, to: frames.count, by: bands).map { start in
                let level = energy.decibels(frames.extracting(start..<start + bands))
                return level.isNaN ? -100 : min(max(level, -100), 100)
            }
        }
    }
}
