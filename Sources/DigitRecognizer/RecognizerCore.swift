import DigitEvents
import MelSpectrogram
import SpeechSegmenter

/// The recogniser behind the front end: frames in, events out.
struct RecognizerCore<Classifier: WindowClassifier>: ~Copyable {
    private(set) var parameters: RecognizerParameters
    var clock: StreamClock
    var segmenter: SpeechSegmenter

    /// Whether `parameters` has numbers that the segmenter has not.
    private var isSegmenterBehind = false
    let frontEnd: MelParameters
    let energy: SpeechBandEnergy
    var looks: WindowLooks<Classifier>
    var history: FrameHistory
    var background: BackgroundEstimate
    /// The same while a sound goes on that was given up: talk must not stay for the background of what is said after it.
    var soundBackground: BackgroundEstimate
    private var isSoundHeard = false
    var utterance = UtteranceState()
    /// The last DIGIT or REJECTED.
    var sequence = 0
    var speechIsOpen = false
    var wariness = Wariness()
    private var loudest = -Float.infinity
    private var levelFrames = 0

    /// Frames kept at least: four seconds.
    private static var historyFrames: Int { 400 }
    /// LEVEL events are this many frames apart: ten a second.
    private static var levelInterval: Int { 10 }

    init(classifier: Classifier, parameters: RecognizerParameters, frontEnd: MelParameters) {
        self.parameters = parameters
        self.frontEnd = frontEnd
        energy = SpeechBandEnergy(frontEnd)
        clock = StreamClock(frontEnd)
        segmenter = SpeechSegmenter(parameters.segmenter)
        history = FrameHistory(bandCount: frontEnd.bandCount, capacity: Self.historyFrames(parameters.segmenter))
        background = BackgroundEstimate(bandCount: frontEnd.bandCount)
        soundBackground = background
        looks = WindowLooks(classifier: classifier, frontEnd: frontEnd)
    }

    /// Changes what is accepted and reported at once, and the segmenter's numbers as soon as no utterance is open.
    mutating func change(to newParameters: RecognizerParameters) {
        if !newParameters.reportsLevel { restartLevel() }
        parameters = newParameters
        isSegmenterBehind = segmenter.parameters != parameters.segmenter
    }

    /// Gives the segmenter its new numbers, unless an utterance is open.
    private mutating func catchUp() {
        guard segmenter.change(to: parameters.segmenter) else { return }
        isSegmenterBehind = false
        history.grow(to: Self.historyFrames(parameters.segmenter))
    }

    /// Frames kept: the longest utterance with its hangover, the digit before it, and background before that.
    private static func historyFrames(_ parameters: SegmenterParameters) -> Int {
        let longest = parameters.segmentMaximum + parameters.hangoverFrames
        let before = parameters.lengthMaximum + parameters.tailGapFrames
        return max(historyFrames, longest + before + backgroundDelay(parameters) + 1)
    }

    /// A frame is background only when no utterance has begun this many frames later: an onset takes so long to be confirmed,
    /// and its pre-roll reaches back behind it.
    private static func backgroundDelay(_ parameters: SegmenterParameters) -> Int {
        parameters.onsetFrames + parameters.onsetMisses + parameters.preRollFrames + 1
    }

    mutating func take(_ frame: Span<Float>, _ emit: (Recognition) -> Void) {
        if isSegmenterBehind { catchUp() }
        history.append(frame)
        let level = energy.decibels(frame)
        handle(segmenter.advance(energy: level), emit)
        // What comes after the absorption of a digit is no part of it.
        if segmenter.isIdle { utterance.anchor = nil }
        learnBackground()
        if parameters.reportsLevel { report(level, emit) }
    }

    mutating func finish(_ emit: (Recognition) -> Void) {
        handle(segmenter.finish(), emit)
    }

    mutating func interrupt(lostSamples: Int, keepsFloor: Bool, _ emit: (Recognition) -> Void) {
        if segmenter.silenceFrames >= segmenter.parameters.pauseFrames { finish(emit) }
        if speechIsOpen { speech(.end, at: clock.end(before: segmenter.frameCount), emit) }
        segmenter.reset(keepsFloor: keepsFloor)
        utterance = UtteranceState()
        looks.forget()
        if !keepsFloor {
            background.reset()
            wariness = Wariness()
        }
        history.restart(at: segmenter.frameCount)
        clock.lose(lostSamples, nextFrame: segmenter.frameCount)
    }

    /// The least probability of a digit now, at a pause that confirms another or at the end.
    var acceptPosterior: Float {
        guard parameters.isWary else { return parameters.acceptPosterior }
        return wariness.threshold(parameters.acceptPosterior, at: segmenter.frameCount)
    }

    /// The same at the first pause.
    var earlyPosterior: Float { earlyPosterior(accepting: acceptPosterior) }

    /// The same where later, for more reasons, no less than `posterior` is accepted.
    func earlyPosterior(accepting posterior: Float) -> Float {
        posterior > parameters.acceptPosterior
            ? max(posterior, parameters.earlyPosterior) : parameters.earlyPosterior
    }

    private mutating func learnBackground() {
        if segmenter.hearsSustainedSound != isSoundHeard {
            isSoundHeard.toggle()
            soundBackground.reset()
        }
        guard !segmenter.isSpeech else { return }
        let frame = segmenter.frameCount - 1 - Self.backgroundDelay(segmenter.parameters)
        let earliest = segmenter.lastSegmentEnd + segmenter.parameters.postRollFrames
        guard frame >= max(history.frames.lowerBound, earliest) else { return }
        history.withFrames(frame..<frame + 1) {
            if isSoundHeard { soundBackground.add($0) } else { background.add($0) }
        }
    }

    private mutating func report(_ level: Float, _ emit: (Recognition) -> Void) {
        loudest = max(loudest, level)
        levelFrames += 1
        guard levelFrames >= Self.levelInterval else { return }
        let event = DigitEvent.Level(
            levelDecibels: Double(loudest), floorDecibels: Double(segmenter.floorDecibels),
            thresholdDecibels: Double(segmenter.thresholdDecibels), speech: segmenter.isSpeech)
        emit(Recognition(event: .level(event)))
        restartLevel()
    }

    private mutating func restartLevel() {
        loudest = -.infinity
        levelFrames = 0
    }
}
