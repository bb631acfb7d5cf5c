import Foundation

/// Tells when an open source gives nothing that could be a room: a microphone that is muted or broken gives exact
/// zeros, or a level under that of any room, and no error. A pure value.
public struct SoundWatch: Sendable {
    /// What has changed.
    public enum Change: Sendable, Equatable {
        /// There has been no sound for ``silenceMinimum``.
        case silent
        /// There is sound again.
        case sound
    }

    /// How long there must have been no sound, in seconds of the stream.
    public static let silenceMinimum = 5.0
    /// What is no sound: half of the last bit of 16, -93 dB relative to a sine of full scale. The quietest rooms and
    /// microphones are 10 dB louder.
    private static let silencePower: Float = 2.5e-10
    /// A tenth of a second at 8 kHz.
    private static let windowSamples = 800

    private var energy: Float = 0
    private var filled = 0
    private var silentWindows = 0
    private var isSilent = false
    /// The level of the last tenth of a second, in dB relative to a sine of full scale, and -120 at the least; nil at
    /// first.
    public private(set) var levelDecibels: Double?

    /// A watch that has heard nothing yet.
    public init() {}

    /// Takes the next samples.
    ///
    /// - Parameter samples: mono at 8 kHz, full scale 1.
    /// - Returns: what has changed with them; nil if nothing has.
    public mutating func hear(_ samples: Span<Float>) -> Change? {
        var change: Change?
        for index in samples.indices {
            energy += samples[index] * samples[index]
            filled += 1
            if filled == Self.windowSamples { change = judge() ?? change }
        }
        return change
    }

    /// A window is full.
    private mutating func judge() -> Change? {
        let power = energy / Float(Self.windowSamples)
        (energy, filled) = (0, 0)
        levelDecibels = max(-120, 10 * log10(2 * Double(power) + 1e-30))
        guard power < Self.silencePower else {
            silentWindows = 0
            defer { isSilent = false }
            return isSilent ? .sound : nil
        }
        silentWindows += 1
        let windows = Int(Self.silenceMinimum * 8000) / Self.windowSamples
        guard !isSilent, silentWindows >= windows else { return nil }
        isSilent = true
        return .silent
    }
}
