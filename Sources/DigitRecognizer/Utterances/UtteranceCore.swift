import DigitDecoder
import DigitEvents
import MelSpectrogram
import SpeechSegmenter

/// The recogniser behind the front end: frames in, events into an outbox.
///
///     frame ──> energy ──> endpointer ──began, spoke, silent, ended──> growing utterance ──words──> events
///
/// One direction: each stage is called by this one and gives back values.
struct UtteranceCore: ~Copyable {
    private(set) var parameters: RecognizerParameters
    var clock: StreamClock
    private(set) var endpointer: Endpointer
    /// The events since the caller took them.
    var outbox: [Recognition] = []

    let energy: SpeechBandEnergy
    var sound: RecentFrames
    var utterance: GrowingUtterance
    var events = UtteranceEvents()
    private var schedule = DecodingSchedule()
    private var levels = LevelMeter()
    /// Whether `parameters` has numbers that the stages have not.
    private var isBehind = false

    /// Longer utterances are decoded in pieces: what was given for good is cut off, up to the last word. In frames (2
    /// s); a decoding costs as much as its piece is long.
    private static let pieceMaximum = 200
    /// A piece in which that is not possible is cut at its quietest place, in frames (7 s).
    private static let uncutMaximum = 700
    /// What stays of it, in frames: at least, at most.
    private static let rest = 150...250
    /// A sound that goes on for so many frames without a word is background.
    private static let soundMinimum = 150
    /// An utterance with fewer loud frames and no word in it was a click.
    private static let clickMaximum = 7

    init(scorer: any UtteranceScorer, parameters: RecognizerParameters, frontEnd: MelParameters) {
        self.parameters = parameters
        energy = SpeechBandEnergy(frontEnd)
        clock = StreamClock(frontEnd)
        endpointer = Endpointer(parameters.endpointer)
        sound = RecentFrames(bandCount: frontEnd.bandCount, capacity: UtteranceRecognizer.framesMax)
        utterance = GrowingUtterance(scorer, bandCount: frontEnd.bandCount, parameters)
    }

    /// Changes what is reported at once, and everything else as soon as no utterance is open.
    mutating func change(to newParameters: RecognizerParameters) {
        if !newParameters.reportsLevel { levels.restart() }
        isBehind = isBehind || !newParameters.hearsAs(parameters)
        parameters = newParameters
    }

    private mutating func catchUp() {
        guard endpointer.change(to: parameters.endpointer) else { return }
        utterance.change(to: parameters)
        isBehind = false
    }

    /// Takes the next frame.
    mutating func take(_ frame: Span<Float>) {
        if isBehind { catchUp() }
        let level = energy.decibels(frame)
        let wanted = endpointer.isOpen ? utterance.start : endpointer.earliestNextStart
        sound.append(frame, level: level, wanted: wanted)
        switch endpointer.advance(energy: level) {
        case .none: break
        case .began: begin()
        case .spoke:
            schedule.noteSpeech()
            look(silence: 0)
        case .silent(let frames): look(silence: frames)
        case .ended: end(silence: parameters.endpointer.hangoverFrames)
        case .vanished: close()
        }
        guard parameters.reportsLevel, let report = levels.take(level, endpointer) else { return }
        outbox.append(Recognition(event: .level(report)))
    }

    /// Ends an open utterance, whatever comes after it.
    mutating func finish() {
        guard endpointer.isOpen else { return }
        let silence = endpointer.silenceFrames
        endpointer.finish()
        end(silence: silence)
    }

    /// The sound is cut here: an utterance that seemed over is finished, another given up.
    mutating func interrupt(lostSamples: Int, keepsFloor: Bool) {
        if endpointer.silenceFrames >= DecodingSchedule.pause { finish() }
        speech(.end, at: clock.end(before: endpointer.frameCount))
        endpointer.reset(keepsFloor: keepsFloor)
        sound.restart(at: endpointer.frameCount)
        clock.lose(lostSamples, nextFrame: endpointer.frameCount)
    }

    private mutating func begin() {
        let start = max(endpointer.start, sound.frames.lowerBound)
        utterance.begin(at: start)
        events.begin(at: start)
        schedule.begin(at: endpointer.speech.lowerBound)
        speech(.start, at: clock.start(of: endpointer.speech.lowerBound))
    }

    /// Decodes where it is time to.
    private mutating func look(silence: Int) {
        let frame = endpointer.frameCount
        guard schedule.isDue(at: frame, silence: silence, isWaiting: utterance.isWaiting) else { return }
        schedule.noteDecoding(at: frame, silence: silence)
        utterance.decode(sound, silence == 0 ? .goesOn : .paused(frames: silence))
        giveWords()
        cutPiece()
        if frame - utterance.lastWordEnd >= Self.soundMinimum, frame - utterance.start >= Self.soundMinimum {
            giveUp()
        }
    }

    /// The utterance is over after so much silence.
    private mutating func end(silence: Int) {
        if schedule.sawAll(silence: silence), utterance.isDecodedFromStart {
            utterance.end()
        } else {
            utterance.decode(sound, .ended)
        }
        giveWords()
        if !events.hasAny {
            let isClick = endpointer.loudCount <= Self.clickMaximum
            reject(endpointer.speech, isClick ? .tooShort : .notADigit, confidence: nil)
        }
        close()
    }

    /// What goes on holds no word: the endpointer takes it for background.
    private mutating func giveUp() {
        if !events.hasAny { reject(endpointer.speech, .notADigit, confidence: nil) }
        close()
        endpointer.becomeBackground()
    }

    private mutating func close() { speech(.end, at: clock.end(before: endpointer.speech.upperBound)) }

    /// Goes on without the beginning of a long utterance.
    private mutating func cutPiece() {
        let end = sound.frames.upperBound
        guard end - utterance.start > Self.pieceMaximum else { return }
        if let gap = utterance.lastGap, gap.lowerBound > utterance.start {
            utterance.cut(before: sound.quietest(gap))
        } else if end - utterance.start > Self.uncutMaximum {
            utterance.cut(before: sound.quietest(end - Self.rest.upperBound..<end - Self.rest.lowerBound))
        }
        giveWords()
    }
}

extension RecognizerParameters {
    /// Whether both hear alike, whatever they report.
    fileprivate func hearsAs(_ other: RecognizerParameters) -> Bool {
        endpointer == other.endpointer && acceptPosterior == other.acceptPosterior
            && earlyPosterior == other.earlyPosterior
    }
}
