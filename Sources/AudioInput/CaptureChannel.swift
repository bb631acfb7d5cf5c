/// Which channels of a source are heard.
public enum CaptureChannel: Sendable, Hashable {
    /// All of them: their mean, or the stronger one alone where they cancel each other out.
    case mix
    /// One, counted from 0.
    case number(Int)

    /// The highest number that can be asked for.
    public static let numberMaximum = 254

    /// `mix`, or a number from 0 to ``numberMaximum``; nil for anything else.
    public init?(_ text: String) {
        if text == "mix" {
            self = .mix
        } else if let number = Int(text), (0...Self.numberMaximum).contains(number), text == "\(number)" {
            self = .number(number)
        } else {
            return nil
        }
    }

    /// As ``init(_:)`` takes it.
    public var text: String {
        switch self {
        case .mix: "mix"
        case .number(let number): "\(number)"
        }
    }

    /// Why an input of so many channels has not this one; nil if it has.
    func refusal(channels: Int) -> String? {
        guard case .number(let number) = self, number >= channels else { return nil }
        return channels == 1
            ? "it has one channel, of number 0, and no channel \(number)"
            : "it has \(channels) channels, of numbers 0 to \(channels - 1), and no channel \(number)"
    }
}
