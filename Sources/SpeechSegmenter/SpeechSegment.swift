/// One utterance, in frames of the stream.
public struct SpeechSegment: Sendable, Hashable {
    /// What the network should see: the speech with its pre-roll and post-roll.
    public var frames: Range<Int>
    /// The first to the last loud frame.
    public var speech: Range<Int>

    /// Creates a segment. `frames` holds `speech`.
    public init(frames: Range<Int>, speech: Range<Int>) {
        self.frames = frames
        self.speech = speech
    }
}

/// Why an utterance is not worth classifying.
public enum SegmentDropReason: String, Sendable, Hashable {
    /// Fewer frames of speech than the shortest digit has.
    case tooShort = "too_short"
    /// It went on past the longest digit; the segment is its beginning.
    case tooLong = "too_long"
    /// The background became louder and was taken for speech until the floor had learnt it: no utterance at all.
    case background
}

extension SpeechSegmenter {
    /// What a frame led to.
    ///
    /// Every `speechStarted` is followed by any number of `pause` and then by exactly one `ended`, one `dropped`, or one
    /// call of ``SpeechSegmenter/acceptEarly()``, before the next `speechStarted`.
    public enum Action: Sendable, Hashable {
        /// Nothing to do.
        case none
        /// An utterance began at this frame (its first loud frame, a few frames ago).
        case speechStarted(Int)
        /// The utterance seems over: classify it now, and call ``SpeechSegmenter/acceptEarly()`` if the answer is certain.
        /// Otherwise it goes on, and may grow.
        case pause(SpeechSegment)
        /// The utterance is over.
        case ended(SpeechSegment)
        /// The utterance is over and is not worth classifying.
        case dropped(SpeechSegment, SegmentDropReason)
    }
}
