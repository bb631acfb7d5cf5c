/// What a person is told while an entry is collected: how far it is, and what to do. Never the digits, unless asked for.
public struct KeypadPrompt: Sendable {
    private let length: ClosedRange<Int>
    private let pause: Double
    private let showsDigits: Bool
    private let style: TerminalStyle

    /// Creates a prompt.
    ///
    /// - Parameters:
    ///   - parameters: those of the entry.
    ///   - showsDigits: whether the digits themselves are shown instead of a dot for each.
    ///   - style: what the terminal can show.
    public init(_ parameters: KeypadEntry.Parameters, showsDigits: Bool, style: TerminalStyle) {
        length = parameters.length
        pause = parameters.pause
        self.showsDigits = showsDigits
        self.style = style
    }

    /// The sentence before anything was said.
    public var invitation: String {
        let isOpen = length.lowerBound < length.upperBound
        let count = isOpen ? "\(length.lowerBound) to \(length.upperBound) digits" : Self.digits(length.upperBound)
        return "Say \(count)\(isOpen ? ", then nothing for \(Self.seconds(pause))" : "")."
    }

    /// The sentence for an action; nil for those that are none of this person's business: the ends.
    public func sentence(_ action: KeypadEntry.Action, count: Int) -> String? {
        switch action {
        case .taken: length.upperBound == length.lowerBound ? "\(count) of \(length.upperBound)." : "\(count) taken."
        case .tooSoon: "That came too soon; pause, and begin again."
        case .cleared(.uncertain): "A digit was not certain; begin again."
        case .cleared(.notADigit): "That was no digit; begin again."
        case .cleared(.pause): "Nobody spoke for \(Self.seconds(pause)); begin again."
        case .cleared(let loss): "\(Self.words(loss)), so a digit may be missing; begin again."
        case .waiting(.daemon): "The daemon has gone; waiting for it."
        case .waiting(.device(let name)):
            "The microphone \(TerminalText.printable(name, isASCII: !style.isUnicode)) is not there; waiting for it."
        case .resumed: "Listening again. \(invitation)"
        case .completed, .timedOut, .refused: nil
        }
    }

    /// The entry as a terminal shows it: a dot for each digit taken, a line for each that is needed still.
    public func progress(_ digits: [Int]) -> String {
        let dot = style.isUnicode ? "\u{2022}" : "*"
        let taken = digits.map { showsDigits ? String($0) : dot }
        let missing = Array(repeating: "_", count: max(0, length.lowerBound - digits.count))
        return (taken + missing).joined(separator: " ")
    }

    /// The sentence for a time-out.
    public func timeoutSentence(count: Int, timeout: Double) -> String {
        "No complete entry came: \(count) of \(Self.digits(length.lowerBound)) when the time-out of "
            + "\(Self.seconds(timeout)) ended; try again, or give a longer --timeout."
    }

    private static func words(_ loss: KeypadEntry.Loss) -> String {
        switch loss {
        case .pause: "Nobody spoke"
        case .uncertain: "A digit was not certain"
        case .notADigit: "Something was no digit"
        case .gap: "Some sound was lost"
        case .missedEvents: "Some events were lost"
        case .device: "The microphone was lost or changed"
        case .connection: "The connection to the daemon was lost"
        }
    }

    private static func digits(_ count: Int) -> String { count == 1 ? "1 digit" : "\(count) digits" }

    private static func seconds(_ value: Double) -> String {
        let tenths = (value * 10).rounded()
        return tenths.truncatingRemainder(dividingBy: 10) == 0 ? "\(Int(tenths / 10)) s" : "\(tenths / 10) s"
    }
}
