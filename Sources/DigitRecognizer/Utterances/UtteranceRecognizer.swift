import MelSpectrogram
import SpeechSegmenter

/// Samples in, events out: the live pipeline for a network that hears utterances, several words or one.
///
///     samples ──> log mel frames ──> endpointer ──> utterance ──> network ──> CTC decoder ──> stable digits ──> events
///
/// While nobody speaks a frame costs an FFT; an utterance is decoded each 0.2 s while it goes on, and some times in
/// each pause. Nothing is allocated for a decoding. Memory is that of ten seconds of frames.
public struct UtteranceRecognizer: StreamRecognizing, ~Copyable {
    /// The longest piece of an utterance that is scored at once, in frames of 10 ms.
    public static let framesMax = 1_024

    private var mel: MelFrameStream
    private var core: UtteranceCore

    /// Prepares a stream whose next sample is its first.
    ///
    /// - Parameters:
    ///   - scorer: hears words in utterances.
    ///   - parameters: thresholds and what to report.
    ///   - frontEnd: the front end that the scorer was trained with.
    public init(
        scorer: any UtteranceScorer, parameters: RecognizerParameters = .utterances,
        frontEnd: MelParameters = .standard
    ) throws(MelError) {
        mel = try MelFrameStream(frontEnd)
        core = UtteranceCore(scorer: scorer, parameters: parameters, frontEnd: frontEnd)
    }

    /// What is accepted and reported. May be changed between calls; what is reported changes at once, the rest when no
    /// utterance is open, and the noise floor stays.
    public var parameters: RecognizerParameters {
        get { core.parameters }
        set { core.change(to: newValue) }
    }

    /// The stream so far, lost samples included, in seconds.
    public var seconds: Double { core.clock.seconds }

    /// Samples given to `process` so far.
    public var sampleCount: Int { core.clock.arrived }

    /// The noise floor, in dB relative to a sine of full scale.
    public var floorDecibels: Float { core.endpointer.floorDecibels }

    /// What a frame must exceed to begin speech, in dB relative to a sine of full scale.
    public var thresholdDecibels: Float { core.endpointer.thresholdDecibels }

    /// Whether the stream is inside an utterance.
    public var isSpeech: Bool { core.endpointer.isOpen }

    /// How long the next samples may be held back without any event coming later for it; zero within an utterance, and
    /// where its beginning or levels are reported.
    ///
    /// Out of silence a digit is given no sooner than after an onset and a pause; by then it must long have been
    /// noticed.
    public var patience: Duration {
        guard core.endpointer.isIdle, !parameters.reportsSpeech, !parameters.reportsLevel else { return .zero }
        return .milliseconds(10 * max(0, core.endpointer.parameters.onsetFrames + DecodingSchedule.pause - 3))
    }

    /// Takes the next samples, any number of them, and gives the events that they lead to, in order.
    ///
    /// - Parameter samples: mono at 8 kHz, full scale 1.
    public mutating func process(_ samples: Span<Float>, _ emit: (Recognition) -> Void) {
        // Frame by frame, so that the clock says what had arrived by then and not what the chunk still holds.
        var start = 0
        while start < samples.count {
            let end = min(samples.count, start + mel.parameters.hopLength)
            core.clock.arrive(end - start)
            mel.process(samples.extracting(start..<end)) { core.take($0) }
            if !core.outbox.isEmpty { drain(emit) }
            start = end
        }
    }

    /// Samples are missing here.
    ///
    /// An utterance that already seemed over is finished; one that was cut apart is given up, since half a word may
    /// sound like another. The noise floor stays.
    ///
    /// - Parameter lostSamples: how many at 8 kHz, 0 if unknown: the seconds of the stream go on by that.
    public mutating func gap(lostSamples: Int, _ emit: (Recognition) -> Void) {
        interrupt(lostSamples: max(0, lostSamples), keepsFloor: true, emit)
    }

    /// Another microphone, or the same one after a while, follows: like a gap, and the background is learnt anew.
    public mutating func restart(_ emit: (Recognition) -> Void) {
        interrupt(lostSamples: 0, keepsFloor: false, emit)
    }

    /// The stream ends here: an open utterance is finished.
    public mutating func finish(_ emit: (Recognition) -> Void) {
        core.finish()
        interrupt(lostSamples: 0, keepsFloor: true, emit)
    }

    private mutating func interrupt(lostSamples: Int, keepsFloor: Bool, _ emit: (Recognition) -> Void) {
        core.interrupt(lostSamples: lostSamples, keepsFloor: keepsFloor)
        mel.reset()
        drain(emit)
    }

    private mutating func drain(_ emit: (Recognition) -> Void) {
        for recognition in core.outbox { emit(recognition) }
        core.outbox.removeAll(keepingCapacity: true)
    }
}
