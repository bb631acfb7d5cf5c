/// How events are printed.
public enum EventFormat: String, Sendable, CaseIterable {
    /// For a person: digit, confidence, times.
    case text
    /// The event stream, one JSON object a line.
    case json
    /// The bare digit and a newline, nothing else.
    case digits

    /// Appends the event's line with its LF (the several lines of a STATUS as text), or nothing where this format has none for it.
    public func append(_ event: DigitEvent, to bytes: inout [UInt8]) {
        switch self {
        case .json: event.appendJSONLine(to: &bytes)
        case .digits:
            guard case .digit(let digit) = event else { return }
            JSONObjectWriter.append(digit.digit, to: &bytes)
            bytes.append(UInt8(ascii: "\n"))
        case .text:
            guard let text = event.text else { return }
            bytes.append(contentsOf: text.utf8)
            bytes.append(UInt8(ascii: "\n"))
        }
    }

    /// The event's line with its LF, or nil where this format has none for it.
    public func line(_ event: DigitEvent) -> String? {
        var bytes: [UInt8] = []
        append(event, to: &bytes)
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }
}

extension DigitEvent {
    /// The event in words, without LF at the end; nil for those that only programs need.
    public var text: String? {
        switch self {
        case .digit(let event):
            let also = event.alternatives.filter { $0.confidence >= 0.01 }
                .map { "\($0.digit) \(Self.percent($0.confidence))" }
            return "\(event.digit)  \(Self.percent(event.confidence))  \(Self.span(event.start, event.end))"
                + (also.isEmpty ? "" : "  (or \(also.joined(separator: ", ")))")
        case .rejected(let event):
            let words =
                switch event.reason {
                case .notADigit: "not a digit"
                case .lowConfidence: "not certain"
                case .tooShort: "too short"
                case .tooLong: "too long"
                default: Self.printable(event.reason.rawValue)
                }
            let confidence = event.confidence.map { "  \(Self.percent($0))" } ?? ""
            return "-\(confidence)  \(Self.span(event.start, event.end))  \(words)"
        case .device(let event):
            return event.text
        case .gap(let event):
            return "gap: \(event.lostFrames) frames lost (\(Self.printable(event.cause)))"
        case .overflow(let event):
            return "overflow: \(event.lost) events lost"
        case .error(let event):
            return "error: \(Self.printable(event.message))"
        case .bye(let event):
            return "bye (\(Self.printable(event.reason)))"
        case .mute(let event):
            return event.muted ? "muted: nothing is recognised" : "no longer muted"
        case .status(let event):
            return event.text
        case .version, .speech, .level, .watch, .pong, .unknown:
            return nil
        }
    }

    private static func fixed(_ value: Double, decimals: Int) -> String {
        guard value.isFinite else { return "?" }
        var bytes: [UInt8] = []
        JSONObjectWriter.append(value, decimals: decimals, to: &bytes)
        // Columns line up only with the zeros at the end.
        let point = bytes.firstIndex(of: UInt8(ascii: "."))
        if point == nil { bytes.append(UInt8(ascii: ".")) }
        let present = point.map { bytes.count - $0 - 1 } ?? 0
        for _ in present..<decimals { bytes.append(UInt8(ascii: "0")) }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func decibels(_ value: Double) -> String { fixed(value, decimals: 1) }

    private static func percent(_ value: Double) -> String { "\(fixed(value * 100, decimals: 1)) %" }

    private static func span(_ start: Double, _ end: Double) -> String {
        "\(fixed(start, decimals: 2))-\(fixed(end, decimals: 2)) s"
    }

    /// Names come from devices, and a terminal obeys escape sequences.
    static func printable(_ text: String) -> String { PrintableText.of(text) }
}
