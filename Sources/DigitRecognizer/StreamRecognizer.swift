import DigitEvents
import MelSpectrogram
import SpeechSegmenter

/// Samples in, events out: the live pipeline from 8 kHz mono sound to digits.
///
///     samples ──> log mel frames ──> band energy ──> segmenter ──> window ──> classifier ──> events
///
/// The events depend on the samples alone, not on how they are cut into calls. Memory is bounded: the frames of the longest run of
/// digits and of what lies before it, about nine seconds. While nothing is said a frame costs an FFT and allocates nothing. A
/// digit by itself costs one to three calls of the classifier, made on the calling thread; digits run together, and speech that
/// goes on for more than `RunParameters.lengthMinimum`, about six for each second, and at most `RunParameters.windowMaximum` and
/// two for each digit given; an utterance that is no digit at most 17 more. For one thread at a time.
public struct StreamRecognizer<Classifier: WindowClassifier>: StreamRecognizing, ~Copyable {
    /// What is accepted and reported. May be changed between calls; the segmenter's numbers hold from the next moment on
    /// when no utterance is open, and the noise floor stays.
    public var parameters: RecognizerParameters {
        get { core.parameters }
        set { core.change(to: newValue) }
    }

    private var mel: MelFrameStream
    private var core: RecognizerCore<Classifier>

    /// Prepares a stream whose next sample is its first.
    ///
    /// - Parameters:
    ///   - classifier: tells digits from windows.
    ///   - parameters: thresholds and what to report.
    ///   - frontEnd: the front end that the classifier was trained with.
    public init(
        classifier: Classifier, parameters: RecognizerParameters = RecognizerParameters(),
        frontEnd: MelParameters = .standard
    ) throws(MelError) {
        mel = try MelFrameStream(frontEnd)
        core = RecognizerCore(classifier: classifier, parameters: parameters, frontEnd: frontEnd)
    }

    /// The stream so far, lost samples included, in seconds.
    public var seconds: Double { core.clock.seconds }

    /// Samples given to `process` so far.
    public var sampleCount: Int { core.clock.arrived }

    /// The noise floor, in dB relative to a sine of full scale.
    public var floorDecibels: Float { core.segmenter.floorDecibels }

    /// What a frame must exceed to begin speech, in dB relative to a sine of full scale.
    public var thresholdDecibels: Float { core.segmenter.thresholdDecibels }

    /// Whether the stream is inside an utterance.
    public var isSpeech: Bool { core.segmenter.isSpeech }

    /// How long the next samples may be held back without any event coming later for it; zero within an utterance, and where
    /// its beginning or levels are reported.
    ///
    /// Out of silence an utterance is given after `lengthMinimum` loud frames and `pauseFrames` quiet ones at the earliest; by
    /// then it must long have been noticed.
    public var patience: Duration {
        guard core.segmenter.isIdle, !parameters.reportsSpeech, !parameters.reportsLevel else { return .zero }
        let frames = core.segmenter.parameters.lengthMinimum + core.segmenter.parameters.pauseFrames - 5
        return .milliseconds(min(80, 10 * max(0, frames)))
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
            mel.process(samples.extracting(start..<end)) { frame in core.take(frame, emit) }
            start = end
        }
    }

    /// Samples are missing here.
    ///
    /// An utterance that already seemed over is finished; one that was cut apart is given up, since half a word may sound
    /// like another. The noise floor stays.
    ///
    /// - Parameter lostSamples: how many at 8 kHz, 0 if unknown: the seconds of the stream go on by that.
    public mutating func gap(lostSamples: Int, _ emit: (Recognition) -> Void) {
        core.interrupt(lostSamples: max(0, lostSamples), keepsFloor: true, emit)
        mel.reset()
    }

    /// Another microphone, or the same one after a while, follows: like a gap, and the background is learnt anew.
    public mutating func restart(_ emit: (Recognition) -> Void) {
        core.interrupt(lostSamples: 0, keepsFloor: false, emit)
        mel.reset()
    }

    /// The stream ends here: an open utterance is finished.
    public mutating func finish(_ emit: (Recognition) -> Void) {
        core.finish(emit)
        core.interrupt(lostSamples: 0, keepsFloor: true, emit)
        mel.reset()
    }
}
