import MelSpectrogram
import ResNet

/// The recogniser of a weights file: that of windows for a network of eleven labels, that of utterances for one of
/// thirteen.
public struct ModelRecognizer: StreamRecognizing, ~Copyable {
    // One of both is there.
    private var windows: StreamRecognizer<ResNetClassifier>?
    private var utterances: UtteranceRecognizer?

    /// Builds the network; takes about 0.1 s.
    ///
    /// - Parameters:
    ///   - weights: the file.
    ///   - precision: what to compute in; nil for the fastest that the CPU and the weights allow.
    ///   - parameters: what is accepted and reported.
    /// - Throws: `RecognizerError` or `MelError`.
    public init(weights: WeightsFile, precision: InferencePrecision? = nil, parameters: RecognizerParameters) throws {
        if NetworkScorer.isFor(weights) {
            let scorer = try NetworkScorer(weights: weights, precision: precision)
            utterances = try UtteranceRecognizer(scorer: scorer, parameters: parameters, frontEnd: scorer.frontEnd)
        } else {
            let classifier = try ResNetClassifier(weights: weights, precision: precision)
            windows = try StreamRecognizer(classifier: classifier, parameters: parameters)
        }
    }

    /// What is accepted and reported.
    public var parameters: RecognizerParameters {
        get { read({ $0.parameters }, { $0.parameters }) }
        set {
            windows?.parameters = newValue
            utterances?.parameters = newValue
        }
    }

    /// The stream so far, lost samples included, in seconds.
    public var seconds: Double { read({ $0.seconds }, { $0.seconds }) }
    /// Samples given to `process` so far.
    public var sampleCount: Int { read({ $0.sampleCount }, { $0.sampleCount }) }
    /// The noise floor, in dB relative to a sine of full scale.
    public var floorDecibels: Float { read({ $0.floorDecibels }, { $0.floorDecibels }) }
    /// What a frame must exceed to begin speech, in dB relative to a sine of full scale.
    public var thresholdDecibels: Float { read({ $0.thresholdDecibels }, { $0.thresholdDecibels }) }
    /// Whether the stream is inside an utterance.
    public var isSpeech: Bool { read({ $0.isSpeech }, { $0.isSpeech }) }
    /// How long the next samples may be held back without any event coming later for it.
    public var patience: Duration { read({ $0.patience }, { $0.patience }) }

    private func read<Value>(
        _ ofWindows: (borrowing StreamRecognizer<ResNetClassifier>) -> Value,
        _ ofUtterances: (borrowing UtteranceRecognizer) -> Value
    ) -> Value {
        switch windows {
        case .some(let recognizer): return ofWindows(recognizer)
        case .none: break
        }
        switch utterances {
        case .some(let recognizer): return ofUtterances(recognizer)
        case .none: fatalError("one of both is there")
        }
    }

    /// Takes the next samples, 8 kHz mono, and gives the events that they lead to, in order.
    public mutating func process(_ samples: Span<Float>, _ emit: (Recognition) -> Void) {
        windows?.process(samples, emit)
        utterances?.process(samples, emit)
    }

    /// Samples are missing here: so many at 8 kHz, 0 if unknown.
    public mutating func gap(lostSamples: Int, _ emit: (Recognition) -> Void) {
        windows?.gap(lostSamples: lostSamples, emit)
        utterances?.gap(lostSamples: lostSamples, emit)
    }

    /// Another microphone, or the same one after a while, follows.
    public mutating func restart(_ emit: (Recognition) -> Void) {
        windows?.restart(emit)
        utterances?.restart(emit)
    }

    /// The stream ends here: an open utterance is finished.
    public mutating func finish(_ emit: (Recognition) -> Void) {
        windows?.finish(emit)
        utterances?.finish(emit)
    }
}
