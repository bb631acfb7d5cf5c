import ResNet
import SpeechSegmenter

/// What the recogniser accepts and reports.
public struct RecognizerParameters: Sendable, Equatable {
    /// The metadata key of the acceptance threshold.
    public static let acceptKey = "threshold.accept"

    /// The least probability of a digit, from 0 to 1, for a DIGIT; below it the utterance is REJECTED. More is asked for while
    /// `isWary` makes it so.
    public var acceptPosterior: Float
    /// The least probability at the first pause (60 ms of silence) for a DIGIT there and then. At later pauses
    /// `acceptPosterior` is enough, if the pause before gave the same digit.
    public var earlyPosterior: Float
    /// Whether an utterance that is no digit as it was cut is cut otherwise.
    public var recuts = true
    /// The least probability of a digit that is found by another cut of an utterance which as it was cut is none.
    public var recutPosterior: Float = 0.85
    /// Whether digits must be more certain the more utterances in a row were none.
    public var isWary = true
    /// Alternatives listed with a digit, 0 to 9.
    public var alternativeCount = 2
    /// The least probability of an alternative, from 0 to 1: a confidence has four decimals.
    public var alternativePosterior: Float = 0.0001
    /// Whether zero said "oh" is a digit; otherwise it is REJECTED.
    public var acceptsOh = true
    /// Whether SPEECH events are given.
    public var reportsSpeech = true
    /// Whether LEVEL events are given, ten a second.
    public var reportsLevel = false
    /// How utterances are cut into digits run together.
    public var runs = RunParameters()
    /// The segmenter's numbers.
    public var segmenter = SegmenterParameters.standard
    /// The endpointer's numbers: what a network for utterances has in the segmenter's place.
    public var endpointer = EndpointerParameters()

    /// Parameters with this acceptance threshold.
    public init(acceptPosterior: Float = 0.85, earlyPosterior: Float = 0.97) {
        self.acceptPosterior = acceptPosterior
        self.earlyPosterior = max(acceptPosterior, earlyPosterior)
    }

    /// The thresholds of a network for utterances that says nothing of them.
    public static let utterances = RecognizerParameters(acceptPosterior: 0.5, earlyPosterior: 0.9)

    /// Parameters with the thresholds and the numbers for runs that a weights file was calibrated for.
    public init(weights: WeightsFile) throws(RecognizerError) {
        let standard = NetworkScorer.isFor(weights) ? .utterances : RecognizerParameters()
        self.init(
            acceptPosterior: try weights.number(Self.acceptKey, in: 0...1) ?? standard.acceptPosterior,
            earlyPosterior: standard.earlyPosterior)
        runs = try RunParameters(weights: weights)
    }
}
