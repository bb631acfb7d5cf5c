import DigitEvents
import Glibc
import MelSpectrogram
import SpeechSegmenter

/// Digits run together.
extension RecognizerCore {
    /// The best way to cut an utterance into digits.
    ///
    /// - Returns: nil where there is none, or where the utterance is best taken as one word. After a digit given just before, the
    ///   utterance may be nothing but the rest of it: a run without members.
    mutating func run(of segment: SpeechSegment) -> Run? {
        guard parameters.runs.isEnabled,
            utterance.anchor != nil || segment.speech.count >= parameters.runs.lengthMinimum
        else { return nil }
        guard let run = search(segment, isOpen: false), run.anchor != nil || run.members.count > 1 else { return nil }
        return run
    }

    /// Whether an utterance that goes on, longer than any digit, can still be a run of digits.
    mutating func mayBecomeRun(_ segment: SpeechSegment) -> Bool {
        guard parameters.runs.isEnabled, let run = search(segment, isOpen: true) else { return false }
        // Its end may yet turn out to be one more member.
        let uncertain = uncertainMaximum(run.members.count + 1)
        guard !run.members.isEmpty else { return true }
        let goodness = run.goodness(acceptPosterior, uncertain: uncertain) ?? 0
        return goodness >= parameters.runs.openGoodnessMinimum
    }

    /// How many of so many members may be uncertain.
    func uncertainMaximum(_ members: Int) -> Int { members / max(1, parameters.runs.membersPerUncertain) }

    /// Whether a run is good, seen a little differently too.
    ///
    /// Parts of other words that look like digits seldom do so any more with a few frames less at one end. With the first network,
    /// of 19 false digits in runs, in 27 minutes of prompts, 3 are left with these limits and this view, at the price of 12 strangers'
    /// strings of 200.
    mutating func holds(_ run: Run, _ threshold: Float, uncertain: Int = 0) -> Bool {
        guard isGood(run, threshold, uncertain: uncertain) else { return false }
        var run = run
        for index in run.members.indices where run.members[index].posterior.isAcceptable(threshold) {
            let member = run.members[index]
            var least = member.posterior.probability
            for view in views(of: member.segment.frames) {
                least = min(least, classify(view).classes[member.posterior.digit])
            }
            guard least >= parameters.runs.viewPosterior else { return false }
            run.members[index].score += logf(max(least, 1e-6) / member.posterior.probability)
            guard isGood(run, threshold, uncertain: uncertain) else { return false }
        }
        return true
    }

    private func views(of frames: Range<Int>) -> [Range<Int>] {
        let trim = parameters.runs.viewTrim
        guard trim > 0, frames.count - trim >= parameters.runs.memberMinimum else { return [] }
        return [frames.lowerBound + trim..<frames.upperBound, frames.lowerBound..<frames.upperBound - trim]
    }

    /// Whether every member of a run is likely enough but for so many uncertain ones, and the run as a whole too.
    private func isGood(_ run: Run, _ threshold: Float, uncertain: Int) -> Bool {
        run.goodness(threshold, uncertain: uncertain).map { $0 >= parameters.runs.goodnessMinimum } ?? false
    }

    /// What a sound is that follows a digit closely.
    enum TailKind {
        /// Digits, now given.
        case digits
        /// The rest of the digit before.
        case rest
        /// Not known yet.
        case uncertain
    }

    /// Looks at a sound that follows a digit closely, and gives it where it is digits.
    ///
    /// - Parameter isOver: whether it is the last look: an uncertain digit is rejected now. What is no digit leaves no trace.
    mutating func lookAtTail(_ segment: SpeechSegment, isOver: Bool, _ emit: (Recognition) -> Void) -> TailKind {
        guard parameters.runs.isEnabled else { return .rest }
        guard utterance.anchor != nil, let run = run(of: segment), run.anchor != nil else { return .uncertain }
        guard let first = run.members.first else { return .rest }
        let threshold = isStable(run) || isOver ? acceptPosterior : earlyPosterior
        let isDigits = holds(run, threshold)
        guard isDigits || isOver else { return .uncertain }
        speech(.start, at: clock.start(of: first.segment.speech.lowerBound), emit)
        if isDigits {
            give(run.members, threshold, emit)
        } else {
            let least = run.members.min { $0.posterior.probability < $1.posterior.probability } ?? first
            reject(segment, .lowConfidence, least.posterior.probability, emit)
        }
        close(segment, emit)
        return .digits
    }

    /// Whether the last look found the same digits.
    mutating func isStable(_ run: Run) -> Bool {
        defer { utterance.lookRun = run.digits }
        return run.digits == utterance.lookRun
    }

    /// Searches the best path; nil where there is none, or none within the permitted number of windows.
    private mutating func search(_ segment: SpeechSegment, isOpen: Bool) -> Run? {
        var segment = segment
        if let anchor = utterance.anchor {
            if anchor.start >= history.frames.lowerBound {
                segment.frames = anchor.start..<segment.frames.upperBound
                segment.speech = min(anchor.start, segment.speech.lowerBound)..<segment.speech.upperBound
            } else {
                utterance.anchor = nil
            }
        }
        let energies = energies(of: segment.frames)
        var lattice = RunLattice(
            .init(
                segment: segment, energies: energies,
                quiet: min(utterance.floor, segmenter.floorDecibels) + segmenter.parameters.leaveDecibels,
                anchor: utterance.anchor, isOpen: isOpen),
            parameters: parameters.runs, segmenter: segmenter.parameters)
        while true {
            switch lattice.next() {
            case .none: return nil
            case .best(let run): return run
            case .classify(let frames):
                if looks[frames] == nil {
                    guard utterance.runWindows < parameters.runs.windowMaximum else { return nil }
                    utterance.runWindows += 1
                }
                lattice.answer(classify(frames))
            }
        }
    }
}
