import DigitEvents
import MelSpectrogram
import SpeechSegmenter

/// What is known of the present utterance, or of the digit whose tail is being absorbed.
struct UtteranceState {
    /// The digit given just before.
    var anchor: RunAnchor?
    /// What the last pause showed: the likeliest digit, and the digits of the best run.
    var lookDigit = -1
    var lookRun: [Int] = []
    /// Windows classified for runs.
    var runWindows = 0
    /// The noise floor when the utterance began, in dB: later, digits run together may have raised it.
    var floor = Float.infinity
    /// The first frame that is no earlier utterance's.
    var earliestFrame = 0
    /// Whether it stands out of a sound that goes on.
    var isOverSound = false
}

extension RecognizerCore {
    mutating func handle(_ action: SpeechSegmenter.Action, _ emit: (Recognition) -> Void) {
        switch action {
        case .none: break
        case .speechStarted(let frame):
            begin(after: utterance.anchor)
            speech(.start, at: clock.start(of: frame), emit)
        case .pause(let segment):
            if look(segment, emit) { segmenter.acceptEarly() }
        case .long(let segment):
            if !mayBecomeRun(segment), !standsOutAtItsEnd(segment) {
                segmenter.giveUp()
                if !giveRecut(of: segment, isOver: false, emit) { reject(segment, .tooLong, nil, emit) }
                close(segment, emit)
            }
        case .ended(let segment):
            end(segment, emit)
        case .dropped(let segment, let reason):
            switch reason {
            case .tooShort:
                if !giveRecut(of: segment, emit) { reject(segment, .tooShort, nil, emit) }
            case .tooLong:
                if !giveRecut(of: segment, isOver: false, emit) { reject(segment, .tooLong, nil, emit) }
            case .background: break
            }
            close(segment, emit)
        case .tail(let segment):
            switch lookAtTail(segment, isOver: false, emit) {
            case .digits: segmenter.acceptEarly()
            case .rest: segmenter.absorbTail()
            case .uncertain: break
            }
        case .tailEnded(let segment):
            _ = lookAtTail(segment, isOver: true, emit)
        }
    }

    mutating func begin(after anchor: RunAnchor?) {
        looks.forget(before: anchor?.start ?? .max)
        let floor = anchor == nil ? segmenter.floorDecibels : min(utterance.floor, segmenter.floorDecibels)
        utterance = UtteranceState(
            anchor: anchor, floor: floor, earliestFrame: segmenter.lastSegmentEnd,
            isOverSound: segmenter.hearsSustainedSound)
    }

    /// A pause: accepts at once what is certain, or what the pause before said already. True where it did.
    private mutating func look(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) -> Bool {
        var threshold = Brevity.threshold(acceptPosterior, of: segment)
        var single: RunMember?
        if isShortEnough(segment) {
            let posterior = classify(segment.frames)
            if posterior.digit != utterance.lookDigit { threshold = earlyPosterior(accepting: threshold) }
            utterance.lookDigit = posterior.digit
            if posterior.isAcceptable(threshold) { single = RunMember(segment: segment, posterior: posterior) }
        }
        // A certain word that is too short for two needs no search.
        let isSearched = single == nil || segment.speech.count >= parameters.runs.lengthMinimum
        if isSearched, let run = run(of: segment), single == nil || run.members.count > 1 {
            threshold = isStable(run) ? acceptPosterior : earlyPosterior
            guard !run.members.isEmpty, holds(run, threshold) else { return false }
            give(run.members, threshold, emit)
        } else if let single {
            give([single], threshold, emit)
        } else {
            return false
        }
        close(segment, emit)
        return true
    }

    /// The utterance is over: gives what it holds, a digit or a run of them, or rejects it.
    private mutating func end(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) {
        defer { close(segment, emit) }
        if let run = run(of: segment) {
            // All of it is the rest of the digit given before, but for what comes later.
            if run.members.isEmpty {
                _ = giveRecut(of: segment, emit)
                return
            }
            if holds(run, acceptPosterior, uncertain: uncertainMaximum(run.members.count)) {
                give(run.members, acceptPosterior, emit)
                return
            }
        }
        guard isShortEnough(segment) else {
            if !giveRecut(of: segment, emit) { reject(segment, .tooLong, nil, emit) }
            return
        }
        let posterior = classify(segment.frames)
        let threshold = Brevity.threshold(acceptPosterior, of: segment)
        if posterior.isAcceptable(threshold) {
            give([RunMember(segment: segment, posterior: posterior)], threshold, emit)
        } else if !giveRecut(of: segment, emit) {
            reject(segment, posterior, emit)
        }
    }

    /// Gives the digits that other cuts of an utterance are, and rejects in its place what may have been one. False where there are none.
    private mutating func giveRecut(
        of segment: SpeechSegment, isOver: Bool = true, _ emit: (Recognition) -> Void
    ) -> Bool {
        let threshold = recutThreshold
        let members = recut(segment, isOver: isOver)
        for member in members {
            if member.posterior.isAcceptable(Brevity.threshold(threshold, of: member.segment)) {
                accept(member, emit)
            } else {
                reject(member.segment, member.posterior, emit)
            }
        }
        return !members.isEmpty
    }

    /// Whether the utterance may be one digit.
    private func isShortEnough(_ segment: SpeechSegment) -> Bool {
        segment.frames.count <= segmenter.parameters.lengthMaximum
    }

    /// What the classifier says of these frames.
    mutating func classify(_ frames: Range<Int>) -> Posterior {
        if utterance.isOverSound, soundBackground.count >= UtteranceWindow.backgroundFramesMin {
            return looks.classify(frames, of: history, background: soundBackground.bands)
        }
        if looks[frames] == nil, background.count < UtteranceWindow.backgroundFramesMin { guessBackground(frames) }
        return looks.classify(frames, of: history, background: background.bands)
    }

    /// Before any background was heard: what lies around the utterance, or the quietest frames of all.
    private mutating func guessBackground(_ utterance: Range<Int>) {
        let frames = history.frames
        let values = history.withFrames(frames) { span in
            var values: [Float] = []
            values.reserveCapacity(span.count)
            for index in span.indices { values.append(span[index]) }
            return values
        }
        let guess = UtteranceWindow.estimateBackground(
            MelSpectrogram(bandCount: frontEnd.bandCount, values: values),
            excluding: utterance.lowerBound - frames.lowerBound..<utterance.upperBound - frames.lowerBound)
        background.replace(by: guess)
    }
}
