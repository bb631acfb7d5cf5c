/// Finds utterances in a stream of frame energies: where speech begins, pauses and ends. Pure: an energy in, an action
/// out.
///
///     idle ──loud──> onset ──confirmed──> open ──silence──> idle
///                      └──too few──> idle   └──becomeBackground──> idle, with a sound that goes on
///
/// An utterance is what is said in one breath, one word or many. It begins with the pre-roll before its first loud
/// frame and ends after `hangoverFrames` of silence. A frame is loud by hysteresis against the noise floor, which is
/// learnt between utterances, quickly downwards and slowly upwards.
///
/// A sound that goes on (a fan, music) would be one utterance without end. Energies do not tell it from talk, so
/// whoever knows that nobody speaks calls ``becomeBackground()``; from then on the next utterance must stand out of it.
///
/// Any sequence of energies is allowed, NaN and infinities among them. A frame costs a few comparisons; nothing is
/// allocated after `init`.
public struct Endpointer: Sendable {
    /// What a frame led to. Each `began` is followed by any number of `spoke` and `silent`, then by one `ended` or
    /// `vanished`, or by a call of ``becomeBackground()``, ``finish()`` or ``reset(keepsFloor:)``.
    public enum Action: Sendable, Hashable {
        /// No utterance is open.
        case none
        /// An utterance was noticed, some frames after its beginning.
        case began
        /// Speech goes on, or may: the silence is not a frame long yet.
        case spoke
        /// There have been so many frames of silence behind the last loud one; at least 1.
        case silent(frames: Int)
        /// The silence has become `hangoverFrames` long: the utterance is over.
        case ended
        /// The background rose over all that was heard: it was no utterance.
        case vanished
    }

    private enum State: Sendable {
        case idle
        case onset
        case open
    }

    /// The numbers in use.
    public private(set) var parameters: EndpointerParameters
    /// The frames taken since the beginning of the stream.
    public private(set) var frameCount = 0
    /// Frames over the enter threshold in the open utterance, or in the last one.
    public private(set) var loudCount = 0

    private var state = State.idle
    private var floor: NoiseFloor
    private var sustained = SustainedLevel()
    /// No pre-roll reaches back over this frame.
    private var earliestStart = 0
    private var firstLoud = 0
    private var lastLoud = 0
    private var misses = 0
    private var peak = -Float.infinity
    /// Consecutive frames over the leave threshold.
    private var resumeRun = 0

    /// An endpointer at the beginning of a stream.
    public init(_ parameters: EndpointerParameters = EndpointerParameters()) {
        self.parameters = parameters
        floor = NoiseFloor(parameters.noiseFloor)
    }

    /// The noise floor, in dB.
    public var floorDecibels: Float { floor.decibels ?? parameters.noiseFloor.initialMaximum }

    /// What a frame must exceed to begin speech, in dB.
    public var thresholdDecibels: Float { backgroundDecibels + parameters.enterDecibels }

    /// What a frame must exceed to be part of speech, in dB.
    public var leaveThresholdDecibels: Float {
        max(backgroundDecibels + parameters.leaveDecibels, peak - parameters.peakRangeDecibels)
    }

    /// Whether an utterance is open, trailing silence included.
    public var isOpen: Bool { state == .open }

    /// Whether no utterance is open and none seems to begin.
    public var isIdle: Bool { state == .idle }

    /// The first frame of the open utterance, or of the last one: with its pre-roll.
    public private(set) var start = 0

    /// The first to the last loud frame of the open utterance, or of the last one.
    public var speech: Range<Int> { firstLoud..<lastLoud + 1 }

    /// The first frame that an utterance may still begin with.
    public var earliestNextStart: Int {
        let firstLoud = state == .onset ? firstLoud : frameCount
        return max(firstLoud - parameters.preRollFrames, 0)
    }

    /// Frames of silence behind the last loud one of the open utterance; 0 outside of one.
    public var silenceFrames: Int { isOpen ? frameCount - 1 - lastLoud : 0 }

    /// Goes on with other numbers where no utterance is open and none seems to begin. The noise floor stays.
    ///
    /// - Returns: false where that is not so: nothing has changed, ask again after the next frame.
    public mutating func change(to newParameters: EndpointerParameters) -> Bool {
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
        // A NaN comes from broken samples and is silence here. The bounds keep infinities out of the floor.
        let energy = energy.isNaN ? -100 : min(max(energy, -100), 100)
        floor.advance(energy, isSpeech: state != .idle)
        if state != .open {
            sustained.advance(energy, quiet: floorDecibels + parameters.leaveDecibels, quietFramesMaximum: 25)
        }
        switch state {
        case .idle:
            guard energy >= thresholdDecibels else { return .none }
            state = .onset
            (firstLoud, lastLoud) = (frame, frame)
            start = max(frame - parameters.preRollFrames, earliestStart)
            (loudCount, misses) = (1, 0)
            peak = energy
            return confirmOnset()
        case .onset:
            guard energy >= thresholdDecibels else {
                misses += 1
                if misses > parameters.onsetMisses { state = .idle }
                return .none
            }
            lastLoud = frame
            loudCount += 1
            peak = max(peak, energy)
            return confirmOnset()
        case .open: return advanceOpen(frame, energy)
        }
    }

    /// The open utterance is a sound that goes on: background, which the next utterance must stand out of, until it is
    /// quiet for a quarter of a second.
    public mutating func becomeBackground() {
        guard state == .open else { return }
        state = .idle
        sustained.giveUp()
        earliestStart = frameCount
    }

    /// Closes an open utterance: the stream ends here.
    public mutating func finish() {
        state = .idle
        earliestStart = frameCount
    }

    /// Forgets the utterance and, unless told to keep it, the noise floor. The frame count goes on.
    ///
    /// - Parameter keepsFloor: true for a gap in the same recording, false where another microphone may follow.
    public mutating func reset(keepsFloor: Bool) {
        state = .idle
        earliestStart = frameCount
        sustained.reset()
        if keepsFloor { floor.forgetMinima() } else { floor.reset() }
    }
}

extension Endpointer {
    /// The floor, or the sound that goes on over it.
    private var backgroundDecibels: Float { max(floorDecibels, sustained.decibels ?? -.infinity) }

    private mutating func confirmOnset() -> Action {
        guard loudCount >= parameters.onsetFrames else { return .none }
        state = .open
        sustained.beginUtterance()
        resumeRun = 0
        return .began
    }

    private mutating func advanceOpen(_ frame: Int, _ energy: Float) -> Action {
        let leave = leaveThresholdDecibels
        let isAbove = energy >= leave
        let isLoud = energy >= max(leave, thresholdDecibels)
        resumeRun = isAbove ? resumeRun + 1 : 0
        // One loud frame in a silence is noise; two, or three weaker ones, are speech that goes on.
        let goesOn =
            isAbove && (frame - lastLoud <= 1 || resumeRun >= parameters.resumeFrames || (isLoud && resumeRun >= 2))
        if goesOn {
            lastLoud = frame
            if isLoud { loudCount += 1 }
            peak = max(peak, energy)
            sustained.take(energy)
        }
        // A fan, or a stream that began in a loud room.
        if peak < thresholdDecibels { return close(.vanished) }
        if goesOn { return .spoke }
        let silence = frame - lastLoud
        return silence >= parameters.hangoverFrames ? close(.ended) : .silent(frames: silence)
    }

    private mutating func close(_ action: Action) -> Action {
        state = .idle
        earliestStart = lastLoud + 1
        return action
    }
}
