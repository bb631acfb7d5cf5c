/// The numbers of the endpointer: levels in dB, durations in frames of 10 ms.
public struct EndpointerParameters: Sendable, Equatable {
    /// How far over the background a frame must lie to begin speech, in dB.
    public var enterDecibels: Float = 9
    /// How far over the background a frame must stay to remain speech, in dB; below `enterDecibels`.
    public var leaveDecibels: Float = 6
    /// Frames this far under the utterance's loudest frame are no longer speech, whatever the background, in dB. In a
    /// very quiet stream, breath and reverberation lie over it long after the last word.
    public var peakRangeDecibels: Float = 50
    /// The lowest noise floor assumed, in dB: digital silence gives no floor of its own.
    public var floorMinimum: Float = -75
    /// The floor is never under the quietest frame of this many: noise that began during an utterance is learnt
    /// although the floor is frozen then. Longer than anybody speaks without a closure or a weak consonant.
    public var floorMemoryFrames: Int = 200

    /// Frames over the enter threshold that make speech. A click lies in three frames (25 ms windows).
    public var onsetFrames: Int = 5
    /// Frames under the enter threshold that an onset survives.
    public var onsetMisses: Int = 2
    /// Frames before the first loud one that belong to the utterance: weak first consonants, and background to compare
    /// with.
    public var preRollFrames: Int = 16
    /// Frames of silence that end an utterance. Longer than a closure, and than most pauses between the digits of a
    /// number.
    public var hangoverFrames: Int = 40
    /// Frames over the leave threshold that continue an utterance after silence; two are enough over the enter
    /// threshold.
    public var resumeFrames: Int = 3

    /// The standard numbers.
    public init() {}

    /// Those of the floor, as `SegmenterParameters` has them.
    var noiseFloor: NoiseFloor.Parameters {
        NoiseFloor.Parameters(
            minimum: floorMinimum, initialMaximum: -55, fall: 0.15, rise: 0.03, riseMaximum: 0.1,
            memoryFrames: floorMemoryFrames)
    }
}
