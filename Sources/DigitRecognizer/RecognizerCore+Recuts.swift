import MelSpectrogram
import SpeechSegmenter

/// Digits amid other sound.
extension RecognizerCore {
    /// Frames by which noise may hide either end of a word: /s/ lasts so long.
    private static var hiddenFrames: Int { 16 }
    /// How far under a word's loudest frame its consonants may lie, in dB. A word that exceeds the threshold by more hides none.
    private static var hiddenDecibels: Float { 25 }

    /// What is weaker than the loudest frame by this, in dB, is no word beside a digit.
    private static var otherDecibels: Float { 14 }
    /// A sound that begins so many frames after a digit is no rest of it.
    private static var restFrames: Int { 25 }
    /// How much longer than a digit an utterance may become while something stands out at its end, in frames.
    private static var deferralMaximum: Int { 75 }
    /// Frames of silence at the end of what stands out there.
    private static var endSilence: Int { 6 }

    /// What other cuts of an utterance are, where the utterance as it was cut is no digit.
    ///
    /// Where something else is heard just before or after a digit, all of it is one utterance, which is no digit or too long: so what
    /// stands out of it is looked at by itself (`SpeechSegment.loudParts`). Where noise hides weak consonants, the utterance is the
    /// vowel alone, too short perhaps: so it is looked at with what lies around it.
    ///
    /// - Parameter isOver: whether the utterance has ended; else what lies at its end is left alone, since a word may be half said.
    /// - Returns: the likeliest ones above `recutPosterior`, and what is about as loud and none, in their order and without overlaps;
    ///   nothing where there is no digit among them.
    mutating func recut(_ segment: SpeechSegment, isOver: Bool) -> [RunMember] {
        guard parameters.recuts else { return [] }
        let energies = energies(of: segment.frames)
        let earliest = utterance.anchor == nil ? segment.frames.lowerBound : utterance.earliestFrame + Self.restFrames
        let latest = isOver ? segment.frames.upperBound : segment.speech.upperBound - Self.endSilence
        let parts = segment.loudParts(energies: energies, parameters: segmenter.parameters)
            .filter { $0.speech.lowerBound >= earliest && $0.speech.upperBound <= latest }
        var cuts = parts
        let peak = energies.max() ?? -.infinity
        if isOver, segment.speech.lowerBound >= earliest, peak < segmenter.thresholdDecibels + Self.hiddenDecibels,
            let wider = wider(segment)
        {
            cuts.append(wider)
        }
        let digits = cuts.map { RunMember(segment: $0, posterior: classify($0.frames)) }
            .filter { $0.posterior.isAcceptable(recutThreshold) }
            .sorted { $0.posterior.probability > $1.posterior.probability }
        guard let best = digits.first else { return [] }
        // One digit or none, where no more is asked for.
        guard parameters.runs.isEnabled else { return [best] }
        var result = Self.apart(digits, from: [])
        // A digit that was not clear must not be missing without a word between those that were.
        let first = segment.frames.lowerBound
        let others = parts.filter { part in
            let frames = part.speech.lowerBound - first..<part.speech.upperBound - first
            return (energies[frames].max() ?? -.infinity) >= peak - Self.otherDecibels
        }
        .sorted { $0.speech.count > $1.speech.count }
        .map { RunMember(segment: $0, posterior: classify($0.frames)) }
        result = Self.apart(others, from: result)
        return result.sorted { $0.segment.speech.lowerBound < $1.segment.speech.lowerBound }
    }

    /// The least probability of a digit that another cut shows.
    var recutThreshold: Float { max(parameters.recutPosterior, acceptPosterior) }

    /// `members` with those of `more` that overlap none before them.
    private static func apart(_ more: [RunMember], from members: [RunMember]) -> [RunMember] {
        more.reduce(into: members) { members, member in
            guard !members.contains(where: { $0.segment.speech.overlaps(member.segment.speech) }) else { return }
            members.append(member)
        }
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
