import DigitEvents

/// An event of the recogniser, with what a live caller needs for its latency.
public struct Recognition: Sendable, Equatable {
    /// The event, without `time` and `latency_ms`: the recogniser has no clock, so a file gives the events of a
    /// microphone.
    public var event: DigitEvent
    /// For DIGIT and REJECTED: the last sample of speech, counted over the samples given to `process`.
    public var lastSpeechSample: Int?
}

/// What the live path runs: samples of a stream in, events out. Which one it is, the weights file decides.
///
/// The events depend on the samples alone, not on how they are cut into calls. For one thread at a time.
public protocol StreamRecognizing: ~Copyable {
    /// What is accepted and reported. May be changed between calls; the segmenter's numbers hold from the next moment
    /// on when no utterance is open, and the noise floor stays.
    var parameters: RecognizerParameters { get set }
    /// The stream so far, lost samples included, in seconds.
    var seconds: Double { get }
    /// Samples given to `process` so far.
    var sampleCount: Int { get }
    /// The noise floor, in dB relative to a sine of full scale.
    var floorDecibels: Float { get }
    /// What a frame must exceed to begin speech, in dB relative to a sine of full scale.
    var thresholdDecibels: Float { get }
    /// Whether the stream is inside an utterance.
    var isSpeech: Bool { get }
    /// How long the next samples may be held back without any event coming later for it; zero within an utterance, and
    /// where its beginning or levels are reported.
    var patience: Duration { get }

    /// Takes the next samples, any number of them, and gives the events that they lead to, in order.
    ///
    /// - Parameter samples: mono at 8 kHz, full scale 1.
    mutating func process(_ samples: Span<Float>, _ emit: (Recognition) -> Void)

    /// Samples are missing here.
    ///
    /// An utterance that already seemed over is finished; one that was cut apart is given up, since half a word may
    /// sound like another. The noise floor stays.
    ///
    /// - Parameter lostSamples: how many at 8 kHz, 0 if unknown: the seconds of the stream go on by that.
    mutating func gap(lostSamples: Int, _ emit: (Recognition) -> Void)

    /// Another microphone, or the same one after a while, follows: like a gap, and the background is learnt anew.
    mutating func restart(_ emit: (Recognition) -> Void)

    /// The stream ends here: an open utterance is finished.
    mutating func finish(_ emit: (Recognition) -> Void)
}
