import DigitEvents
import SpeechSegmenter

/// Makes LEVEL events of frame energies, ten a second.
struct LevelMeter {
    /// Frames between two events.
    private static let interval = 10

    private var loudest = -Float.infinity
    private var count = 0

    /// Takes the energy of a frame, in dB, and gives the event that is due.
    mutating func take(_ level: Float, _ endpointer: Endpointer) -> DigitEvent.Level? {
        loudest = max(loudest, level)
        count += 1
        guard count >= Self.interval else { return nil }
        defer { restart() }
        return DigitEvent.Level(
            levelDecibels: Double(loudest), floorDecibels: Double(endpointer.floorDecibels),
            thresholdDecibels: Double(endpointer.thresholdDecibels), speech: endpointer.isOpen)
    }

    /// Forgets the frames since the last event.
    mutating func restart() { self = LevelMeter() }
}
