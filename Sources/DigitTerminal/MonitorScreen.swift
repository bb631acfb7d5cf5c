import DigitEvents

/// The monitor's picture: a pure function of the state, the size of the screen and what the terminal can show.
///
/// The most important lines come first where there is not room for all: the bar, the figures, the last utterance, the
/// device. No line is longer than the screen is wide.
public struct MonitorScreen: Sendable {
    private let style: TerminalStyle
    private let meter: MonitorMeter

    /// A level older than this is none any more, in seconds: a daemon sends ten a second.
    static let levelAgeMaximum = 1.5

    /// Creates a picture maker.
    public init(style: TerminalStyle) {
        self.style = style
        meter = MonitorMeter(isUnicode: style.isUnicode)
    }

    /// The picture as text, without colours: at most `rows` lines of at most `columns` columns.
    public func text(_ state: MonitorState, columns: Int, rows: Int, at now: Double) -> [String] {
        lines(state, columns: columns, rows: rows, at: now).map(\.text)
    }

    /// The picture: at most `rows` lines of at most `columns` columns.
    func lines(_ state: MonitorState, columns: Int, rows: Int, at now: Double) -> [ScreenLine] {
        let level = now - state.levelTime <= Self.levelAgeMaximum ? state.level : nil
        let margin = columns >= 40 ? "  " : ""
        let width = columns - 2 * margin.count
        var rowsLeft = Rows()
        rowsLeft.add(source(state, columns), rank: 5)
        rowsLeft.add(device(state), rank: 3)
        rowsLeft.add(ScreenLine(), rank: 40)
        rowsLeft.add(figures(state, level, columns), rank: 1)
        rowsLeft.add(indented(meter.bar(level, peak: state.peakDecibels, width: width), margin), rank: 0)
        rowsLeft.add(indented(meter.marks(level, width: width), margin), rank: 4)
        rowsLeft.add(indented(meter.scale(width: width), margin), rank: 10)
        rowsLeft.add(speech(state), rank: 6)
        rowsLeft.add(ScreenLine(), rank: 41)
        rowsLeft.add(counts(state), rank: 7)
        for (index, event) in state.heard.prefix(rows).enumerated() {
            rowsLeft.add(utterance(event), rank: index == 0 ? 2 : index < 4 ? 20 + index : 50 + index)
        }
        rowsLeft.add(losses(state), rank: 8)
        rowsLeft.add(ScreenLine("q ends", .faint), rank: 30)
        return rowsLeft.best(rows).map { $0.cut(to: columns) }
    }

    private func indented(_ line: ScreenLine, _ margin: String) -> ScreenLine {
        ScreenLine(margin).appending(line)
    }

    private func printable(_ text: String) -> String {
        TerminalText.printable(text, isASCII: !style.isUnicode)
    }
}

/// Lines in their order, and which of them to leave out first.
private struct Rows {
    private var lines: [(line: ScreenLine, rank: Int)] = []

    /// - Parameter rank: the line with the highest is left out first.
    mutating func add(_ line: ScreenLine?, rank: Int) {
        if let line { lines.append((line, rank)) }
    }

    func best(_ count: Int) -> [ScreenLine] {
        let kept = Set(lines.indices.sorted { lines[$0].rank < lines[$1].rank }.prefix(max(0, count)))
        return lines.indices.filter(kept.contains).map { lines[$0].line }
    }
}

// MARK: - Lines

extension MonitorScreen {
    private func source(_ state: MonitorState, _ columns: Int) -> ScreenLine {
        var line = ScreenLine("digitd monitor", .strong)
        switch (state.connection, state.source) {
        case (.waiting, .daemon(let path)): line.append("  waits for the daemon at \(printable(path))", .warning)
        case (.waiting, .own): line.append("  starts")
        case (.connected(let release), .daemon):
            let clients = state.clients.map { ", \(Self.count($0, "client"))" } ?? ""
            line.append("  daemon \(printable(release))\(clients)")
        case (.connected, .own): line.append("  listens itself, no daemon")
        case (.ended(let reason), .daemon):
            line.append("  the daemon has gone (\(printable(reason))); waits for it", .bad)
        case (.ended(let reason), .own): line.append("  ended (\(printable(reason)))")
        }
        return line
    }

    private func device(_ state: MonitorState) -> ScreenLine {
        if let complaint = state.complaint { return ScreenLine(printable(complaint), .bad) }
        guard let device = state.device else { return ScreenLine("no device yet", .faint) }
        let text = DigitEvent.device(device).text ?? ""
        let style: CellStyle =
            switch device.state {
            case .open: .plain
            case .lost: .bad
            default: .warning
            }
        return ScreenLine(printable(text), style)
    }

    private func figures(_ state: MonitorState, _ level: DigitEvent.Level?, _ columns: Int) -> ScreenLine {
        guard let level else { return ScreenLine("no sound", .warning) }
        let values = [level.levelDecibels, level.floorDecibels, level.thresholdDecibels]
            .map { Decibels.text($0, columns: 6) }
        let speech = state.isSpeech ? "SPEECH" : ""
        let long = "level \(values[0]) dB   floor \(values[1]) dB   threshold \(values[2]) dB   "
        let short = "\(values[0]) f\(values[1]) t\(values[2]) "
        var line = ScreenLine(columns >= long.count + 6 ? long : short)
        line.append(speech, .good)
        return line
    }

    /// How far the last utterance stood out, and whether that will do.
    private func speech(_ state: MonitorState) -> ScreenLine {
        guard let speech = state.lastSpeech else { return ScreenLine("no speech yet", .faint) }
        let verdict = Verdict(speech)
        var line = ScreenLine(verdict.rawValue, verdict.style)
        line.append(
            ": speech \(Decibels.text(speech.peakDecibels)) dB, \(Decibels.text(speech.overFloor)) dB over the floor")
        return line
    }

    private func counts(_ state: MonitorState) -> ScreenLine {
        ScreenLine("\(Self.count(state.digits, "digit")), \(state.rejected) rejected", .strong)
    }

    private func utterance(_ event: DigitEvent) -> ScreenLine {
        let style: CellStyle = if case .digit = event { .good } else { .faint }
        return ScreenLine(printable(event.text ?? ""), style)
    }

    private func losses(_ state: MonitorState) -> ScreenLine {
        let events = state.overflows > 0 ? ", \(Self.count(state.overflows, "event")) missed" : ""
        let isClean = state.gaps == 0 && state.overflows == 0
        return ScreenLine(
            "\(Self.count(state.gaps, "gap")), \(Self.count(state.lostFrames, "frame")) lost\(events)",
            isClean ? .faint : .warning)
    }

    private static func count(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}

/// Whether a microphone stands well.
private enum Verdict: String {
    case loud = "too loud"
    case weak = "too weak"
    case good = "good"

    /// Speech within this of full scale is most likely cut off at it, in dB.
    static let loudest = -3.0
    /// The network has learnt speech in quiet places from this far over the background on, in dB
    /// (`AugmentationParameters.quietRatio`).
    static let overFloorMinimum = 15.0

    init(_ speech: MonitorState.SpeechLevel) {
        self =
            speech.peakDecibels > Self.loudest ? .loud : speech.overFloor < Self.overFloorMinimum ? .weak : .good
    }

    var style: CellStyle { self == .good ? .good : .warning }
}
