/// Finds utterances in a stream of frame energies: a state machine without clock, input or output.
///
///     idle ──loud──> onset ──confirmed──> speech ──silence──> (pause ...) ──hangover──> idle
///                      └──too few──> idle   │  └──acceptEarly──> absorbing ──silence──> idle
///                                           │                        └──long or loud──> speech
///                                           └──(long ...)──giveUp or limit──> idle, with a sustained sound
///
/// The felt delay of a recogniser is the silence it waits for. So the segmenter reports a ``Action/pause(_:)`` after 60 ms of
/// silence; a caller who is certain of the answer then calls ``acceptEarly()``, and what follows of the same word (the /t/ of
/// "eight" after its closure, the /s/ of "six") is absorbed instead of becoming an utterance. Without that the utterance
/// lives through closures and ends after `hangoverFrames`.
///
/// Whether a sound is one digit, several, or the rest of one, energies do not tell. So the caller is asked: about an utterance
/// that is longer than any digit (``Action/long(_:)``), and about a sound that follows an accepted digit closely
/// (``Action/tail(_:)``).
///
/// What was given up and goes on is background from then on: the next utterance must stand out of it (`SustainedLevel`).
///
/// Any sequence of energies is allowed, NaN and infinities among them. A frame costs a few comparisons; nothing is allocated
/// after `init`.
public struct SpeechSegmenter: Sendable {
    /// The numbers in use.
    public private(set) var parameters: SegmenterParameters
    /// The frames taken since the beginning of the stream.
    public private(set) var frameCount = 0

    private enum State: Sendable {
        case idle
        case onset
        case speech
        case absorbing
    }

    private var state = State.idle
    private var floor: NoiseFloor
    private var sustained = SustainedLevel()
    /// Segments never overlap: no pre-roll reaches back over this frame.
    private var earliestStart = 0
    private var firstLoud = 0
    private var lastLoud = 0
    /// Frames over the enter threshold in this utterance.
    private var loudCount = 0
    private var misses = 0
    private var peak = -Float.infinity
    /// Consecutive frames over the leave threshold since the last pause or gap.
    private var resumeRun = 0
    /// What the caller may answer to the last action.
    private var question = Question.none
    /// The next frame of an utterance at which `long` is due, counted from the segment's start.
    private var nextLong = 0
    private var tail = Tail()

    private enum Question: Sendable {
        case none
        case pause
        case long
        case tail
    }

    /// The sound after an accepted digit.
    private struct Tail: Sendable {
        /// Its first frame; -1 while there was only silence.
        var start = -1
        /// Frames over the enter threshold since then.
        var loudCount = 0
        var peak = -Float.infinity
        /// The first frame of its last piece without a gap, ...
        var pieceStart = -1
        /// ... the frame after the sound before that, ...
        var pieceEarliest = 0
        /// ... the frames over the enter threshold until then, ...
        var pieceLoudBefore = 0
        /// ... whether it followed that soon, and its frames of about the digit's level if not.
        var isPieceNear = true
        var pieceLoudCount = 0
        var piecePeak = -Float.infinity
    }

    /// Creates a segmenter at the beginning of a stream.
    public init(_ parameters: SegmenterParameters = .standard) {
        self.parameters = parameters
        floor = NoiseFloor(parameters.noiseFloor)
    }

    /// The noise floor, in dB.
    public var floorDecibels: Float { floor.decibels ?? parameters.floorInitialMaximum }

    /// What a frame must exceed to begin speech, in dB.
    public var thresholdDecibels: Float { backgroundDecibels + parameters.enterDecibels }

    /// The floor, or the sustained sound over it.
    private var backgroundDecibels: Float { max(floorDecibels, sustained.decibels ?? -.infinity) }

    /// Whether a sound that was given up goes on, which the next utterance must stand out of.
    public var hearsSustainedSound: Bool { sustained.decibels != nil }

    /// Whether the stream is inside an utterance (or the absorbed rest of one), trailing silence included.
    public var isSpeech: Bool {
        switch state {
        case .idle, .onset: false
        case .speech, .absorbing: true
        }
    }

    /// Whether nothing is heard but the background: no utterance is open, and none seems to begin.
    public var isIdle: Bool { state == .idle }

    /// Frames of silence since the last loud one of an open utterance, or of a sound that an accepted digit's `tail` asks about;
    /// 0 outside of them.
    public var silenceFrames: Int {
        state == .speech || (state == .absorbing && isTailWorthAsking) ? frameCount - 1 - lastLoud : 0
    }

    /// The first frame after everything that belongs to an utterance so far: from there to the next utterance it is
    /// background.
    public var lastSegmentEnd: Int { earliestStart }

    /// Goes on with other numbers, where no utterance is open and none seems to begin. The noise floor stays.
    ///
    /// - Returns: false where that is not so: nothing has changed, ask again after the next frame.
    public mutating func change(to newParameters: SegmenterParameters) -> Bool {
        guard state == .idle else { return false }
        // The caller keeps frames for the old pre-roll: a longer one may not reach behind them.
        earliestStart = max(earliestStart, frameCount - parameters.preRollFrames)
        parameters = newParameters
        floor.change(to: newParameters.noiseFloor)
        return true
    }

    /// Takes the energy of the next frame, in dB.
    public mutating func advance(energy: Float) -> Action {
        let frame = frameCount
        frameCount += 1
        question = .none
        // A NaN comes from broken samples; to the segmenter that is silence. The bounds keep infinities out of the floor.
        let energy = energy.isNaN ? -100 : min(max(energy, -100), 100)
        floor.advance(energy, isSpeech: state != .idle)

        if !isSpeech {
            sustained.advance(
                energy, quiet: floorDecibels + parameters.leaveDecibels, quietFramesMaximum: parameters.hangoverFrames)
        }

        switch state {
        case .idle: return advanceIdle(frame, energy)
        case .onset: return advanceOnset(frame, energy)
        case .speech: return advanceSpeech(frame, energy)
        case .absorbing: return advanceAbsorbing(frame, energy)
        }
    }

    /// Closes the utterance of the `pause` just returned, or the sound of the `tail`, as recognised; the rest of the word will
    /// be absorbed.
    ///
    /// Without effect unless the last action was `pause` or `tail`.
    public mutating func acceptEarly() {
        switch question {
        case .pause: break
        case .tail: peak = tail.peak
        case .none, .long: return
        }
        question = .none
        state = .absorbing
        tail = Tail()
        earliestStart = lastLoud + 1
    }

    /// Takes the sound of the `tail` just returned for the rest of the accepted digit: what follows is looked at without it.
    ///
    /// Without effect unless the last action was `tail`.
    public mutating func absorbTail() {
        guard question == .tail else { return }
        question = .none
        tail = Tail()
        earliestStart = lastLoud + 1
    }

    /// Closes the utterance of the `long` just returned as no digits. As it goes on, up to a silence of `hangoverFrames`, it is
    /// background, which the next utterance must stand out of.
    ///
    /// Without effect unless the last action was `long`.
    public mutating func giveUp() {
        guard question == .long else { return }
        question = .none
        endAsSound()
    }

    /// Ends an open utterance at the end of the stream.
    public mutating func finish() -> Action {
        defer {
            state = .idle
            question = .none
        }
        switch state {
        case .speech: return close()
        case .absorbing where isTailWorthAsking: return .tailEnded(tailSegment(through: frameCount - 1))
        case .idle, .onset, .absorbing: return .none
        }
    }

    /// Forgets the utterance and, unless told to keep it, the noise floor. The frame count goes on.
    ///
    /// - Parameter keepsFloor: true for a gap in the same recording, false where another microphone may follow.
    public mutating func reset(keepsFloor: Bool = false) {
        state = .idle
        question = .none
        earliestStart = frameCount
        sustained.reset()
        if keepsFloor { floor.forgetMinima() } else { floor.reset() }
    }
}

// MARK: - States

extension SpeechSegmenter {
    private var leaveThreshold: Float {
        max(backgroundDecibels + parameters.leaveDecibels, peak - parameters.peakRangeDecibels)
    }

    private mutating func advanceIdle(_ frame: Int, _ energy: Float) -> Action {
        guard energy >= thresholdDecibels else { return .none }
        state = .onset
        firstLoud = frame
        lastLoud = frame
        loudCount = 1
        misses = 0
        peak = energy
        return confirmOnset()
    }

    private mutating func advanceOnset(_ frame: Int, _ energy: Float) -> Action {
        guard energy >= thresholdDecibels else {
            misses += 1
            if misses > parameters.onsetMisses { state = .idle }
            return .none
        }
        lastLoud = frame
        loudCount += 1
        peak = max(peak, energy)
        return confirmOnset()
    }

    private mutating func confirmOnset() -> Action {
        guard loudCount >= parameters.onsetFrames else { return .none }
        return begin()
    }

    private mutating func begin() -> Action {
        state = .speech
        sustained.beginUtterance()
        resumeRun = 0
        nextLong = parameters.lengthMaximum
        return .speechStarted(firstLoud)
    }

    private mutating func advanceSpeech(_ frame: Int, _ energy: Float) -> Action {
        let leave = leaveThreshold
        let isAbove = energy >= leave
        let isTrailing = frame - lastLoud > 1
        resumeRun = isAbove ? resumeRun + 1 : 0

        // One loud frame in a silence is noise; two, or three weaker ones, are the word going on.
        let isLoud = energy >= max(leave, thresholdDecibels)
        let goesOn =
            isAbove && (!isTrailing || resumeRun >= parameters.resumeFrames || (isLoud && resumeRun >= 2))
        if goesOn {
            lastLoud = frame
            if isLoud { loudCount += 1 }
            peak = max(peak, energy)
            sustained.take(energy)
        }

        let length = frame + 1 - segmentStart
        if length >= parameters.segmentMaximum, goesOn {
            let beginning = segment(through: frame)
            endAsSound()
            return .dropped(beginning, .tooLong)
        }
        // The floor rose over all that was heard: a fan, or a stream that began in a loud room.
        if peak < thresholdDecibels { return close() }
        let silence = frame - lastLoud
        if silence >= parameters.hangoverFrames { return close() }
        if silence >= parameters.pauseFrames, (silence - parameters.pauseFrames) % parameters.pauseRepeatFrames == 0,
            loudCount >= parameters.lengthMinimum
        {
            question = .pause
            return .pause(segment(through: frame))
        }
        if length >= nextLong, goesOn {
            nextLong = length + max(1, parameters.longRepeatFrames)
            question = .long
            return .long(segment(through: frame))
        }
        return .none
    }

    /// What goes on is no utterance any more but a sustained sound.
    private mutating func endAsSound() {
        state = .idle
        sustained.giveUp()
        earliestStart = frameCount
    }

    private mutating func advanceAbsorbing(_ frame: Int, _ energy: Float) -> Action {
        guard energy >= leaveThreshold else { return advanceTailSilence(frame) }
        if tail.pieceStart < 0 || frame - lastLoud > 3 {
            if tail.start < 0 { tail.start = frame }
            tail.pieceStart = frame
            tail.pieceEarliest = lastLoud + 1
            tail.pieceLoudBefore = tail.loudCount
            tail.isPieceNear = frame - lastLoud <= parameters.tailNearFrames
            tail.pieceLoudCount = 0
            tail.piecePeak = -.infinity
            // Clicks without end are no word: only what came lately is kept.
            if frame - tail.start > parameters.lengthMaximum {
                tail.start = frame
                tail.loudCount = 0
                tail.peak = -.infinity
            }
        }
        lastLoud = frame
        if energy >= thresholdDecibels { tail.loudCount += 1 }
        tail.peak = max(tail.peak, energy)
        tail.piecePeak = max(tail.piecePeak, energy)
        if !tail.isPieceNear, energy >= peak - parameters.tailLoudDecibels { tail.pieceLoudCount += 1 }
        guard
            tail.pieceLoudCount >= parameters.tailLoudFrames
                || frame + 1 - tail.pieceStart > parameters.tailLengthMaximum
        else { return .none }
        // Too long or too loud for the rest of a word: the next word. Its pre-roll may reach back to the sound before, unless that
        // may itself have been a word.
        if tail.pieceLoudBefore >= parameters.lengthMinimum {
            firstLoud = tail.start
            loudCount = tail.loudCount
            peak = tail.peak
        } else {
            earliestStart = tail.pieceEarliest
            firstLoud = tail.pieceStart
            loudCount = frame + 1 - tail.pieceStart
            peak = tail.piecePeak
        }
        return begin()
    }

    private mutating func advanceTailSilence(_ frame: Int) -> Action {
        let silence = frame - lastLoud
        if silence >= parameters.tailGapFrames {
            state = .idle
            let segment = tailSegment(through: frame)
            earliestStart = lastLoud + 1
            return isTailWorthAsking ? .tailEnded(segment) : .none
        }
        guard isTailWorthAsking, silence >= parameters.pauseFrames,
            (silence - parameters.pauseFrames) % parameters.pauseRepeatFrames == 0
        else { return .none }
        question = .tail
        return .tail(tailSegment(through: frame))
    }

    private var isTailWorthAsking: Bool { tail.start >= 0 && tail.loudCount >= parameters.lengthMinimum }

    private func tailSegment(through frame: Int) -> SpeechSegment {
        let first = max(tail.start, 0)
        let end = min(lastLoud + 1 + parameters.postRollFrames, frame + 1)
        return SpeechSegment(
            frames: max(first - parameters.preRollFrames, earliestStart)..<end, speech: first..<lastLoud + 1)
    }

    private var segmentStart: Int { max(firstLoud - parameters.preRollFrames, earliestStart) }

    private func segment(through frame: Int) -> SpeechSegment {
        let start = segmentStart
        let end = min(lastLoud + 1 + parameters.postRollFrames, frame + 1, start + parameters.segmentMaximum)
        return SpeechSegment(frames: start..<end, speech: firstLoud..<min(lastLoud + 1, end))
    }

    private mutating func close() -> Action {
        let segment = segment(through: frameCount - 1)
        state = .idle
        earliestStart = segment.frames.upperBound
        if peak < thresholdDecibels { return .dropped(segment, .background) }
        return loudCount < parameters.lengthMinimum ? .dropped(segment, .tooShort) : .ended(segment)
    }
}
