import DigitEvents

/// The monitor line after line, for pipes and for terminals without a cursor: a line of levels each second, and the other
/// events as they come.
public struct MonitorLines: Sendable {
    private let style: TerminalStyle
    private var levels = 0
    private var loudest = -Double.infinity
    private var wasSpeech = false

    /// LEVEL events in a line: a second.
    static let levelsPerLine = 10

    /// A beginning.
    public init(style: TerminalStyle) {
        self.style = style
    }

    /// The line that an event leads to, without LF, if any.
    public mutating func line(_ event: DigitEvent) -> String? {
        switch event {
        case .level(let level): return line(level)
        // What a client asks for itself.
        case .status, .watch, .pong: return nil
        default: return event.text.map { TerminalText.printable($0, isASCII: !style.isUnicode) }
        }
    }

    private mutating func line(_ level: DigitEvent.Level) -> String? {
        levels += 1
        loudest = max(loudest, level.levelDecibels)
        wasSpeech = wasSpeech || level.speech
        guard levels == Self.levelsPerLine else { return nil }
        defer {
            levels = 0
            loudest = -.infinity
            wasSpeech = false
        }
        let values = [loudest, level.floorDecibels, level.thresholdDecibels].map { Decibels.text($0, columns: 6) }
        return "level \(values[0]) dB  floor \(values[1]) dB  threshold \(values[2]) dB\(wasSpeech ? "  speech" : "")"
    }
}
