/// The level of a sound that was given up as no digits and goes on: music, talk, a machine.
///
/// The noise floor lies in the lulls of such a sound, so that what rises out of them would be one utterance without end, and no digit
/// would be heard in it. While it lasts, speech begins and ends above this level instead: a digit that is louder by as much as
/// one must be louder than the floor is an utterance of its own. A few operations a frame, no allocation.
struct SustainedLevel: Sendable {
    /// In dB; nil where there is no such sound.
    private(set) var decibels: Float?
    private var sum: Float = 0
    private var count = 0
    private var quietFrames = 0

    /// The part of the distance that the level falls in a frame quieter than it: a second's worth of frames takes two thirds.
    private static let fall: Float = 0.01
    /// The part that it rises in a louder one, ...
    private static let rise: Float = 0.03
    /// ... and the most that it does, in dB, so that a digit does not lift it.
    private static let riseMaximum: Float = 0.1

    /// An utterance began, which may become such a sound.
    mutating func beginUtterance() {
        sum = 0
        count = 0
    }

    /// A loud frame of the utterance.
    mutating func take(_ energy: Float) {
        sum += energy
        count += 1
    }

    /// The utterance was given up: its loud frames' mean is the level. Talk hardly ever rises over that by what makes an utterance;
    /// the mean with its pauses would be exceeded by every syllable.
    mutating func giveUp() {
        guard count > 0 else { return }
        decibels = sum / Float(count)
        quietFrames = 0
    }

    /// Takes a frame between utterances.
    ///
    /// - Parameters:
    ///   - quiet: what such a sound exceeds, in dB.
    ///   - quietFramesMaximum: after so many quiet frames in a row it is over.
    mutating func advance(_ energy: Float, quiet: Float, quietFramesMaximum: Int) {
        guard let level = decibels else { return }
        quietFrames = energy < quiet ? quietFrames + 1 : 0
        if quietFrames >= quietFramesMaximum {
            decibels = nil
        } else if energy < level {
            decibels = level + (energy - level) * Self.fall
        } else {
            decibels = level + min((energy - level) * Self.rise, Self.riseMaximum)
        }
    }

    /// Forgets the sound.
    mutating func reset() { decibels = nil }
}
