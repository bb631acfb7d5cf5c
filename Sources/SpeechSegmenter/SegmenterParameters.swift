/// The numbers of the segmenter: levels in dB, durations in frames of 10 ms.
public struct SegmenterParameters: Sendable, Equatable {
    /// How far over the noise floor a frame must lie to begin speech, in dB.
    public var enterDecibels: Float = 9
    /// How far over the noise floor a frame must stay to remain speech, in dB; below `enterDecibels`.
    public var leaveDecibels: Float = 6
    /// Frames this far under the utterance's loudest frame are no longer speech, whatever the floor, in dB. In a very
    /// quiet stream, breath and reverberation lie over the floor long after the word.
    public var peakRangeDecibels: Float = 50

    /// The lowest noise floor assumed, in dB: digital silence gives no floor of its own.
    public var floorMinimum: Float = -75
    /// The floor before any frame was heard is at most this, in dB, so that a stream may begin in the middle of a word.
    public var floorInitialMaximum: Float = -55
    /// The part of the distance that the floor falls in a frame quieter than it, from 0 to 1.
    public var floorFall: Float = 0.15
    /// The part of the distance that the floor rises in a frame of no speech louder than it, from 0 to 1.
    public var floorRise: Float = 0.03
    /// The most that the floor rises in a frame, in dB.
    public var floorRiseMaximum: Float = 0.1
    /// The floor is never under the quietest frame of this many frames: noise that began during an utterance is learnt
    /// although the floor is frozen then. Longer than any digit.
    public var floorMemoryFrames: Int = 80

    /// Frames over the enter threshold that make speech. A click lies in three frames (25 ms windows).
    public var onsetFrames: Int = 5
    /// Frames under the enter threshold that an onset survives.
    public var onsetMisses: Int = 2
    /// Frames before the first loud one that belong to the segment: weak first consonants.
    public var preRollFrames: Int = 8
    /// Frames after the last loud one that belong to the segment.
    public var postRollFrames: Int = 5

    /// Frames of silence after which the first `pause` is reported.
    public var pauseFrames: Int = 6
    /// Frames between one `pause` and the next while the silence lasts.
    public var pauseRepeatFrames: Int = 4
    /// Frames of silence that end an utterance for certain. Longer than the longest closure inside a digit.
    public var hangoverFrames: Int = 25
    /// Frames over the leave threshold that continue an utterance after a pause; two are enough over the enter threshold.
    public var resumeFrames: Int = 3

    /// An utterance with fewer frames of speech than this is `tooShort`.
    public var lengthMinimum: Int = 8
    /// No digit, with its pre-roll and post-roll, is longer than this. An utterance that goes on is several digits run together,
    /// or none: `long` asks the caller.
    public var lengthMaximum: Int = 150
    /// Frames between one `long` and the next.
    public var longRepeatFrames: Int = 25
    /// No segment, with its pre-roll and post-roll, is longer than this; an utterance that goes on is `tooLong`. Ten digits
    /// run together take 4 to 6 s. A number under `lengthMaximum` stands for that.
    public var runLengthMaximum: Int = 700

    /// After an early acceptance: silence of this many frames ends the absorption of the digit's tail.
    public var tailGapFrames: Int = 24
    /// A sound after the accepted digit that lasts longer than this is a new utterance: longer than a final /s/. A shorter one
    /// may be a short digit: `tail` asks the caller.
    public var tailLengthMaximum: Int = 28
    /// A sound that follows the accepted digit after more than this many frames of silence ...
    public var tailNearFrames: Int = 14
    /// ... is new if it comes within this of the digit's peak, in dB, ...
    public var tailLoudDecibels: Float = 8
    /// ... for this many frames. A /t/ or /s/ after such a long closure is weaker than its vowel.
    public var tailLoudFrames: Int = 6

    /// No segment is longer than this.
    public var segmentMaximum: Int { max(lengthMaximum, runLengthMaximum) }

    /// Those of the floor.
    var noiseFloor: NoiseFloor.Parameters {
        NoiseFloor.Parameters(
            minimum: floorMinimum, initialMaximum: floorInitialMaximum, fall: floorFall, rise: floorRise,
            riseMaximum: floorRiseMaximum, memoryFrames: floorMemoryFrames)
    }

    /// The parameters in use.
    public static let standard = SegmenterParameters()

    /// Creates the standard parameters, to be changed.
    public init() {}
}
