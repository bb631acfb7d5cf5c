import MelSpectrogram
import SpeechSegmenter

/// Digits amid other sound.
extension RecognizerCore {
    /// Frames by which noise may hide either end of a word: /s/ lasts so long.
    private static var hiddenFrames: Int { 16 }
    /// How far under a word's loudest frame its consonants may lie, in dB. A word that exceeds the threshold by more hides none.
    private static var hiddenDecibels: Float { 25 }

    /// What is weaker than a digit by this, in dB, is no word beside it. On held-out speakers' digits in music and in noises at 10 dB,
    /// and on talk without digits: 14 dB has 90.1 and 80.7 % right and 91 false digits an hour, 5 dB 92.1 and 82.6 % and 95, 2 dB 92.5
    /// and 83.8 % and 102, 0 dB 92.5 and 84.5 % and 129, -3 dB 92.5 and 85.5 % and 292; no recuts at all 86.5 and 77.8 % and 77.
    /// (At a `recutPosterior` of 0.95. As it is now, at 0.85 and with more asked beside several digits: 93.0 and 84.0 % and 107.)
    private static var otherDecibels: Float { 2 }
    /// The same beside several digits: of a number, not one digit must be missing without a word.
    private static var otherDecibelsOfRun: Float { 14 }
    /// A sound that begins so many frames after a digit is no rest of it.
    private static var restFrames: Int { 25 }
    /// How much longer than a digit an utterance may become while something stands out at its end, in frames.
    private static var deferralMaximum: Int { 75 }
    /// Frames of silence at the end of what stands out there.
    private static var endSilence: Int { 6 }

    /// The digits that other cuts of an utterance are, where the utterance as it was cut is no digit.
    ///
    /// Where something else is heard just before or after a digit, all of it is one utterance, which is no digit or too long: so what
    /// stands out of it is looked at by itself (`SpeechSegment.loudParts`). Where noise hides weak consonants, the utterance is the
    /// vowel alone, too short perhaps: so it is looked at with what lies around it.
    ///
    /// - Parameter isOver: whether the utterance has ended; else what lies at its end is left alone, since a word may be half said.
    /// - Returns: the likeliest ones above `recutThreshold`, in their order and without overlaps, and among them, under it, what may have
    ///   been a digit; none where something beside them is about as loud and no digit.
    mutating func recut(_ segment: SpeechSegment, isOver: Bool) -> [RunMember] {
        guard parameters.recuts else { return [] }
        let threshold = recutThreshold
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
            .filter { $0.posterior.isAcceptable(Brevity.threshold(threshold, of: $0.segment)) }
            .sorted { $0.posterior.probability > $1.posterior.probability }
        guard let best = digits.first else { return [] }
        // One digit or none, where no more is asked for.
        var members = parameters.runs.isEnabled ? Self.apart(digits) : [best]
        // Talk has syllables that look like digits, and others beside them.
        let first = segment.frames.lowerBound
        let loudness = { (part: SpeechSegment) in
            energies[part.speech.lowerBound - first..<part.speech.upperBound - first].max() ?? -.infinity
        }
        let quietest = members.map { loudness($0.segment) }.min() ?? peak
        let others = parts.filter { part in
            loudness(part) >= quietest - Self.otherDecibelsOfRun
                && !members.contains { $0.segment.speech.overlaps(part.speech) }
        }
        let distance = members.count > 1 ? Self.otherDecibelsOfRun : Self.otherDecibels
        if others.contains(where: { loudness($0) >= quietest - distance }) { return [] }
        if parameters.runs.isEnabled {
            let unclear = others.map { RunMember(segment: $0, posterior: classify($0.frames)) }
                .filter { $0.posterior.probability > $0.posterior.other }
            members = Self.apart(members + unclear)
        }
        return members.sorted { $0.segment.speech.lowerBound < $1.segment.speech.lowerBound }
    }

    /// The least probability of a digit that another cut shows.
    var recutThreshold: Float { max(parameters.recutPosterior, acceptPosterior) }

    /// Those of `members` that overlap none before them.
    private static func apart(_ members: [RunMember]) -> [RunMember] {
        members.reduce(into: []) { apart, member in
            guard !apart.contains(where: { $0.segment.speech.overlaps(member.segment.speech) }) else { return }
            apart.append(member)
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
