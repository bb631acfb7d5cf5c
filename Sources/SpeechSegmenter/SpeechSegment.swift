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

/// Why an utterance, as it was cut, is no digit.
public enum SegmentDropReason: String, Sendable, Hashable {
    /// Fewer frames of speech than the shortest digit has.
    case tooShort = "too_short"
    /// It went on past the longest run of digits; the segment is its beginning.
    case tooLong = "too_long"
    /// The background became louder and was taken for speech until the floor had learnt it: no utterance at all.
    case background
}

extension SpeechSegmenter {
    /// What a frame led to.
    ///
    /// Every `speechStarted` is followed by any number of `pause` and `long`, and then by exactly one `ended`, one `dropped`, or
    /// one call of ``SpeechSegmenter/acceptEarly()`` or ``SpeechSegmenter/giveUp()``, before the next `speechStarted`. `tail`
    /// and `tailEnded` come between utterances only, after an early acceptance.
    public enum Action: Sendable, Hashable {
        /// Nothing to do.
        case none
        /// An utterance began at this frame (its first loud frame, a few frames ago).
        case speechStarted(Int)
        /// The utterance seems over: classify it now, and call ``SpeechSegmenter/acceptEarly()`` if the answer is certain.
        /// Otherwise it goes on, and may grow.
        case pause(SpeechSegment)
        /// The utterance is longer than any digit and goes on: call ``SpeechSegmenter/giveUp()`` unless it may be a run of
        /// digits. Asked again every `longRepeatFrames`.
        case long(SpeechSegment)
        /// The utterance is over.
        case ended(SpeechSegment)
        /// The utterance is over and, as it was cut, no digit.
        case dropped(SpeechSegment, SegmentDropReason)
        /// A short sound so soon after an accepted digit that it may be the rest of it seems over. If it is a digit of its own,
        /// call ``SpeechSegmenter/acceptEarly()``; if it is the rest, ``SpeechSegmenter/absorbTail()``. Otherwise it may grow, into
        /// an utterance perhaps.
        case tail(SpeechSegment)
        /// The sound of the last `tail` was the end of the accepted digit's absorption.
        case tailEnded(SpeechSegment)
    }
}
