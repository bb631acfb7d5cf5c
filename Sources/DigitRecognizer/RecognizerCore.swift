import DigitEvents
import MelSpectrogram
import SpeechSegmenter

/// The recogniser behind the front end: frames in, events out.
struct RecognizerCore<Classifier: WindowClassifier>: ~Copyable {
    private(set) var parameters: RecognizerParameters
    var clock: StreamClock
    private(set) var segmenter: SpeechSegmenter

    /// Whether `parameters` has numbers that the segmenter has not.
    private var isSegmenterBehind = false
    private let classifier: Classifier
    private let frontEnd: MelParameters
    private let energy: SpeechBandEnergy
    private var history: FrameHistory
    private var background: BackgroundEstimate
    private var window: [Float]
    private var probabilities: [Float]
    /// What was looked at last, within the present utterance: its frames do not change.
    private var lookFrames = 0..<0
    private var lookDigit = -1
    private var sequence = 0
    private var speechIsOpen = false
    private var loudest = -Float.infinity
    private var levelFrames = 0

    /// Classes of a classifier: ten digits and "not a digit".
    static var classCount: Int { 11 }
    /// Frames kept at least: four seconds.
    private static var historyFrames: Int { 400 }
    /// LEVEL events are this many frames apart: ten a second.
    static var levelInterval: Int { 10 }

    init(classifier: Classifier, parameters: RecognizerParameters, frontEnd: MelParameters) {
        self.classifier = classifier
        self.parameters = parameters
        self.frontEnd = frontEnd
        energy = SpeechBandEnergy(frontEnd)
        clock = StreamClock(frontEnd)
        segmenter = SpeechSegmenter(parameters.segmenter)
        history = FrameHistory(bandCount: frontEnd.bandCount, capacity: Self.historyFrames(parameters.segmenter))
        background = BackgroundEstimate(bandCount: frontEnd.bandCount)
        window = Array(repeating: 0, count: frontEnd.bandCount * frontEnd.windowFrames)
        probabilities = Array(repeating: 0, count: Self.classCount)
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

    /// Frames kept: the longest utterance with its hangover, and background before it.
    private static func historyFrames(_ parameters: SegmenterParameters) -> Int {
        max(historyFrames, parameters.lengthMaximum + parameters.hangoverFrames + backgroundDelay(parameters) + 1)
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
        let action = segmenter.advance(energy: level)
        handle(action, emit)
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
        if !keepsFloor { background.reset() }
        history.restart(at: segmenter.frameCount)
        clock.lose(lostSamples, nextFrame: segmenter.frameCount)
    }

    private mutating func learnBackground() {
        guard !segmenter.isSpeech else { return }
        let frame = segmenter.frameCount - 1 - Self.backgroundDelay(segmenter.parameters)
        let earliest = segmenter.lastSegmentEnd + segmenter.parameters.postRollFrames
        guard frame >= max(history.frames.lowerBound, earliest) else { return }
        history.withFrames(frame..<frame + 1) { background.add($0) }
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

// MARK: - Utterances

extension RecognizerCore {
    private mutating func handle(_ action: SpeechSegmenter.Action, _ emit: (Recognition) -> Void) {
        switch action {
        case .none: break
        case .speechStarted(let frame):
            lookFrames = 0..<0
            lookDigit = -1
            speech(.start, at: clock.start(of: frame), emit)
        case .pause(let segment):
            look(segment, emit)
        case .ended(let segment):
            classify(segment)
            if isAcceptable(parameters.acceptPosterior) { accept(segment, emit) } else { reject(segment, emit) }
            close(segment, emit)
        case .dropped(let segment, let reason):
            switch reason {
            case .tooShort: reject(segment, .tooShort, nil, emit)
            case .tooLong: reject(segment, .tooLong, nil, emit)
            case .background: break
            }
            close(segment, emit)
        }
    }

    /// A pause: accepts at once what is certain, or what the pause before said already.
    private mutating func look(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) {
        classify(segment)
        let isStable = bestDigit == lookDigit
        lookDigit = bestDigit
        guard isAcceptable(isStable ? parameters.acceptPosterior : parameters.earlyPosterior) else { return }
        segmenter.acceptEarly()
        accept(segment, emit)
        close(segment, emit)
    }

    /// Whether the best digit is likely enough, and likelier than "not a digit": a threshold under 0.5 alone would not see to
    /// that.
    private func isAcceptable(_ threshold: Float) -> Bool {
        bestPosterior >= threshold && bestPosterior > probabilities[Self.classCount - 1]
    }

    /// Fills `probabilities`. The second pause of a silence sees the same frames: the answer is still there.
    private mutating func classify(_ segment: SpeechSegment) {
        guard segment.frames != lookFrames else { return }
        lookFrames = segment.frames
        if background.count < UtteranceWindow.backgroundFramesMin { guessBackground(segment.frames) }
        Self.fill(&window, history, segment.frames, background.bands, frontEnd)
        Self.classify(classifier, window, &probabilities)
    }

    // Static, so that each buffer is an access of its own: spans of two of them at once would be two accesses to `self`.

    private static func fill(
        _ window: inout [Float], _ history: borrowing FrameHistory, _ frames: Range<Int>, _ background: [Float],
        _ frontEnd: MelParameters
    ) {
        var output = window.mutableSpan
        history.withFrames(frames) { utterance in
            UtteranceWindow.fill(
                &output, utterance: utterance, background: background.span, parameters: frontEnd)
        }
    }

    private static func classify(_ classifier: Classifier, _ window: [Float], _ probabilities: inout [Float]) {
        var output = probabilities.mutableSpan
        classifier.classify(window.span, into: &output)
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

    private var bestDigit: Int {
        var best = 0
        for digit in 1..<10 where probabilities[digit] > probabilities[best] { best = digit }
        return best
    }

    private var bestPosterior: Float { probabilities[bestDigit] }

    private mutating func accept(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) {
        let digit = bestDigit
        let others = (0..<10).filter { $0 != digit && probabilities[$0] >= parameters.alternativePosterior }
            .sorted { probabilities[$0] > probabilities[$1] }
            .prefix(parameters.alternativeCount)
        sequence += 1
        let event = DigitEvent.Digit(
            seq: sequence, digit: digit, confidence: Double(probabilities[digit]),
            alternatives: others.map { .init(digit: $0, confidence: Double(probabilities[$0])) },
            start: clock.start(of: segment.speech.lowerBound), end: clock.end(before: segment.speech.upperBound),
            at: clock.heard(frames: segmenter.frameCount))
        emit(Recognition(event: .digit(event), lastSpeechSample: lastSample(segment)))
    }

    private mutating func reject(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) {
        let other = probabilities[Self.classCount - 1]
        if other >= bestPosterior {
            reject(segment, .notADigit, other, emit)
        } else {
            reject(segment, .lowConfidence, bestPosterior, emit)
        }
    }

    private mutating func reject(
        _ segment: SpeechSegment, _ reason: DigitEvent.RejectionReason, _ confidence: Float?,
        _ emit: (Recognition) -> Void
    ) {
        sequence += 1
        let event = DigitEvent.Rejected(
            seq: sequence, reason: reason, confidence: confidence.map(Double.init),
            start: clock.start(of: segment.speech.lowerBound), end: clock.end(before: segment.speech.upperBound),
            at: clock.heard(frames: segmenter.frameCount))
        emit(Recognition(event: .rejected(event), lastSpeechSample: lastSample(segment)))
    }

    private mutating func close(_ segment: SpeechSegment, _ emit: (Recognition) -> Void) {
        speech(.end, at: clock.end(before: segment.speech.upperBound), emit)
    }

    private mutating func speech(_ state: DigitEvent.Speech.State, at seconds: Double, _ emit: (Recognition) -> Void) {
        speechIsOpen = state == .start
        guard parameters.reportsSpeech else { return }
        emit(Recognition(event: .speech(.init(state: state, at: seconds))))
    }

    private func lastSample(_ segment: SpeechSegment) -> Int {
        clock.arrivedSample(before: segment.speech.upperBound)
    }
}
