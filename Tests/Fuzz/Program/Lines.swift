@testable import DigitEvents
import DigitTerminal
@testable import EventServer

/// What a client sends: cut into lines in pieces of any length, and each line read as a request.
@Sendable func feedRequests(_ input: [UInt8]) {
    var input = input
    let step = 1 + input.takeFirst()
    let whole = requestLines(input, step: max(1, input.count))
    check(requestLines(input, step: step) == whole, "other lines in pieces of \(step) bytes")
    for case .line(let line) in whole {
        guard let request = try? ClientRequest(jsonLine: line) else { continue }
        let again = try? ClientRequest(jsonLine: request.jsonLine)
        // The text has six decimals of a confidence.
        check(again?.watch == request.watch && again?.ping == request.ping, "\(request) is read back as another")
        check((again?.minConfidence == nil) == (request.minConfidence == nil), "\(request) loses its confidence")
    }
}

/// The lines of a connection, as the server takes them: nothing after one that is too long.
private func requestLines(_ input: [UInt8], step: Int) -> [RequestLines.Line] {
    var lines = RequestLines(lengthMaximum: DigitEvent.lineLengthMaximum)
    var taken: [RequestLines.Line] = []
    var start = 0
    while start < input.count {
        let end = min(input.count, start + step)
        lines.append(input[start..<end])
        start = end
        while let line = lines.next() {
            taken.append(line)
            if line == .tooLong { return taken }
        }
        check(lines.count < DigitEvent.lineLengthMaximum, "\(lines.count) bytes are kept")
    }
    lines.finish()
    while let line = lines.next() {
        taken.append(line)
        if line == .tooLong { break }
    }
    return taken
}

/// What a daemon sends to the client: each line read as an event, after VERSION and without it.
@Sendable func feedEvents(_ input: [UInt8]) {
    var fresh = ClientSession(path: "fuzz", policy: .standard)
    var greeted = ClientSession(path: "fuzz", policy: .init(watch: [.digit], minConfidence: 0.5))
    // The clients take whatever numbers there are.
    var keypad = KeypadEntry(.init(length: 1...64, timeout: 1e9), at: 0)
    var monitor = MonitorState(source: .own)
    var lines = MonitorLines(style: .init(isUnicode: true, hasColour: false))
    var now = 0.0
    _ = greeted.receive(Array(DigitEvent.version(.init(release: "1")).jsonLine.utf8.dropLast()))
    for line in input.split(separator: UInt8(ascii: "\n")).map(Array.init) {
        _ = fresh.receive(line)
        _ = greeted.receive(line)
        guard let event = try? DigitEvent(jsonBytes: line) else { continue }
        now += 0.5
        _ = keypad.take(event, at: now) + keypad.elapse(to: now)
        monitor.take(event, at: now)
        let shown = [lines.line(event) ?? "", event.text ?? "", PrintableText.ofJSON(event.jsonLine)].joined()
        check(
            !shown.unicodeScalars.contains { $0.properties.generalCategory == .control && $0 != "\n" },
            "an order is shown")
        let text = event.jsonLine
        check(text.utf8.count <= DigitEvent.lineLengthMaximum, "a line of \(text.utf8.count) bytes")
        guard let again = try? DigitEvent(jsonLine: text) else { fail("\(event) cannot be read back from \(text)") }
        // A name that is too long for its place in the line ends in dots.
        let isSame = again.className == event.className || again.className.hasSuffix("...")
        check(isSame, "\(event) became \(again)")
    }
}
