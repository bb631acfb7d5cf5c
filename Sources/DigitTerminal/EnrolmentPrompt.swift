/// What a person is told while digits are asked for.
public struct EnrolmentPrompt: Sendable {
    private let style: TerminalStyle
    /// Words that will be taken in all.
    private let total: Int

    /// Levels of the bar's two ends, in dB.
    private static let range = -60.0...0.0
    private static let barWidth = 20

    /// A prompt for a session.
    public init(_ session: EnrolmentSession, style: TerminalStyle) {
        total = session.order.count
        self.style = style
    }

    /// The sentences before the first digit.
    public var invitation: String {
        "Say each digit when you are asked for it, as you will say it later: \(total) words, with the microphone where it "
            + "will be. Ctrl-C ends it, and nothing is written then."
    }

    /// What is to be said now.
    ///
    /// - Parameter count: words taken so far.
    public func request(_ digit: Int, count: Int) -> String { "Say \(digit)  (\(count + 1) of \(total))" }

    /// The same with the present level, as a line that is written over.
    ///
    /// - Parameter level: in dB relative to a sine of full scale.
    public func request(_ digit: Int, count: Int, level: Double) -> String {
        let part = (level - Self.range.lowerBound) / (Self.range.upperBound - Self.range.lowerBound)
        let filled = Int((max(0, min(1, part)) * Double(Self.barWidth)).rounded())
        let (on, off) = style.isUnicode ? ("\u{2588}", "\u{2591}") : ("#", "-")
        let bar = String(repeating: on, count: filled) + String(repeating: off, count: Self.barWidth - filled)
        return "\(request(digit, count: count))  \(bar) \(Int(level.rounded())) dB"
    }

    /// What was heard, and what becomes of it.
    public func sentence(
        _ verdict: EnrolmentSession.Verdict, digit: Int, opinion: EnrolmentSession.Word.Opinion
    ) -> String {
        switch verdict {
        case .taken: "\(digit) taken, \(Self.words(opinion, digit))."
        case .again(let fault): "\(Self.words(fault)); say \(digit) again."
        case .gaveUp(let fault): "\(Self.words(fault))."
        }
    }

    /// The sentence for a session that ended because too many words in a row would not do.
    public static func surrender(_ fault: EnrolmentSession.Fault, count: Int) -> String {
        let advice =
            switch fault {
            case .tooQuiet, .tooNoisy: "bring the microphone nearer or raise its level (digitd monitor shows it)"
            case .clipped: "lower the microphone's level (digitd monitor shows it)"
            case .tooShort, .tooLong: "say one digit at a time, in a quiet place"
            case .anotherDigit, .notADigit: "say the digit that is asked for, and nothing else"
            }
        return "\(count) words in a row could not be used (the last: \(words(fault).lowercasedFirst)); \(advice), "
            + "and begin again."
    }

    private static func words(_ fault: EnrolmentSession.Fault) -> String {
        switch fault {
        case .tooShort: "Too short for a digit"
        case .tooLong: "Too long for a digit"
        case .tooQuiet(let level): "Too quiet (\(Int(level.rounded())) dB)"
        case .tooNoisy(let range): "Only \(Int(range.rounded())) dB louder than the background"
        case .clipped: "Too loud for the microphone"
        case .anotherDigit(let digit): "That sounded like \(digit)"
        case .notADigit: "That was no digit"
        }
    }

    private static func words(_ opinion: EnrolmentSession.Word.Opinion, _ digit: Int) -> String {
        switch opinion {
        case .digit(digit, let probability): "\(percent(probability)) certain"
        case .digit(let other, let probability): "though it sounded like \(other) (\(percent(probability)))"
        case .notADigit, .uncertain, .tooShort, .tooLong: "though it was hard to tell"
        }
    }

    private static func percent(_ value: Double) -> String { "\(Int((value * 100).rounded())) %" }
}

extension String {
    fileprivate var lowercasedFirst: String { prefix(1).lowercased() + dropFirst() }
}
