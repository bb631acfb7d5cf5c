import DigitEvents
import Testing

@testable import DigitTerminal

@Suite struct ScreenPainterTests {
    @Test func firstPictureIsWhole_thenOnlyChanges() {
        var painter = ScreenPainter(hasColour: true)
        var screen = VirtualScreen(columns: 20, rows: 3)
        screen.take(Array("\u{1B}[2;3Hrubbish".utf8))
        screen.take(painter.paint([ScreenLine("level -41.2 dB"), ScreenLine("two")]))
        #expect(screen.text == ["level -41.2 dB", "two", ""])
        #expect(painter.paint([ScreenLine("level -41.2 dB"), ScreenLine("two")]).isEmpty)
        #expect(
            String(decoding: painter.paint([ScreenLine("level -41.9 dB"), ScreenLine("two")]), as: UTF8.self)
                == "\u{1B}[1;11H9")
        painter.forget()
        #expect(!painter.paint([ScreenLine("level -41.9 dB"), ScreenLine("two")]).isEmpty)
    }

    @Test func shorterLinesAndPicturesAreErased() {
        var painter = ScreenPainter(hasColour: false)
        var screen = VirtualScreen(columns: 20, rows: 3)
        for picture in [["long line", "x", "y"], ["long", "x"], [], ["a", "b", "c"]] {
            screen.take(painter.paint(picture.map { ScreenLine($0) }))
            #expect(screen.text == picture + Array(repeating: "", count: 3 - picture.count))
        }
        #expect(screen.failures.isEmpty)
    }

    @Test func stylesEndWithTheirText() {
        var painter = ScreenPainter(hasColour: true)
        var screen = VirtualScreen(columns: 20, rows: 1)
        var line = ScreenLine("good", .good)
        line.append(" plain")
        let bytes = painter.paint([line])
        #expect(String(decoding: bytes, as: UTF8.self).contains("\u{1B}[0;32mgood\u{1B}[0m plain"))
        screen.take(bytes)
        screen.take(painter.paint([ScreenLine("good plain", .bad)]))
        #expect(screen.rendition == "0")
    }

    @Test func withoutColoursThereAreNone() {
        for style in [CellStyle.plain, .strong, .faint, .good, .warning, .bad] {
            let parameters = style.parameters(hasColour: false).split(separator: ";").compactMap { Int($0) }
            #expect(parameters.allSatisfy { $0 < 30 })
        }
    }

    /// Whatever the pictures: painting changes ends with the same screen as painting whole.
    @Test(arguments: 0..<20) func changesLeadToTheWholePicture(seed: UInt64) {
        var random = CongruentialNumbers(state: seed)
        let style = TerminalStyle(isUnicode: true, hasColour: true)
        var painter = ScreenPainter(hasColour: true)
        var terminal = VirtualScreen(columns: 60, rows: 16)
        var state = MonitorState(source: .daemon(path: "/run/digitd/digitd.sock"))
        var speaker = Speaker()
        state.take(.banner, at: 0)
        for _ in 0..<100 {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: state.take(speaker.digit(Int.random(in: 0...9, using: &random)), at: 0)
            case 1: state.take(speaker.rejected(.lowConfidence), at: 0)
            case 2: state.take(.lostMicrophone, at: 0)
            case 3:
                let name = ["麦克风麦", "a麦克风", "microphone"].randomElement(using: &random)!
                state.take(.device(.init(state: .open, name: name)), at: 0)
            default:
                let level = Double.random(in: -90...5, using: &random)
                state.take(.level(level, floor: level / 2 - 40, speech: Bool.random(using: &random)), at: 0)
            }
            let lines = MonitorScreen(style: style).lines(state, columns: 60, rows: 16, at: 0)
            terminal.take(painter.paint(lines))
            let whole = lines.map(\.text) + Array(repeating: "", count: 16 - lines.count)
            #expect(terminal.text == whole)
        }
        #expect(terminal.failures.isEmpty, "\(terminal.failures)")
    }

    @Test func aSecondOfSpeechTakesLessThanTwoKilobytes() {
        let style = TerminalStyle(isUnicode: true, hasColour: true)
        var painter = ScreenPainter(hasColour: true)
        var state = MonitorState(source: .own)
        state.take(.level(-58), at: 0)
        let screen = MonitorScreen(style: style)
        _ = painter.paint(screen.lines(state, columns: 80, rows: 24, at: 0))
        var bytes = 0
        for level in [-58.0, -57.2, -20, -12, -15, -30, -45, -57, -58.3, -57.8] {
            state.take(.level(level, speech: level > -49), at: 0)
            bytes += painter.paint(screen.lines(state, columns: 80, rows: 24, at: 0)).count
        }
        #expect(bytes < 2000, "\(bytes) bytes")
    }
}

@Suite struct TerminalStyleTests {
    @Test(arguments: [
        (["LANG": "en_GB.UTF-8"], true), (["LANG": "C.utf8"], true), (["LANG": "de_DE.ISO-8859-1"], false),
        ([:], false),
        (["LANG": "en_GB.UTF-8", "LC_ALL": "C"], false), (["LANG": "C", "LC_CTYPE": "C.UTF-8"], true),
        (["LANG": "en_GB.UTF-8", "LC_CTYPE": "", "LC_ALL": ""], true),
    ])
    func unicodeIsWhatTheLocaleSays(environment: [String: String], isUnicode: Bool) {
        #expect(TerminalStyle(environment: environment).isUnicode == isUnicode)
    }

    @Test(arguments: [
        (["TERM": "xterm"], true, true), (["TERM": "xterm", "NO_COLOR": "1"], true, false),
        (["TERM": "xterm", "NO_COLOR": ""], true, true), (["TERM": "dumb"], false, false), ([:], false, false),
    ])
    func coloursAndCursorAreWhatTheTerminalHas(environment: [String: String], hasCursor: Bool, hasColour: Bool) {
        let style = TerminalStyle(environment: environment)
        #expect(style.hasCursor == hasCursor)
        #expect(style.hasColour == hasColour)
    }
}

@Suite struct KeypadPromptTests {
    private func prompt(_ length: ClosedRange<Int>, shows: Bool = false, isUnicode: Bool = true) -> KeypadPrompt {
        KeypadPrompt(
            .init(length: length, pause: 2.5), showsDigits: shows, style: .init(isUnicode: isUnicode, hasColour: false))
    }

    @Test func progressHasADotForEachDigit_neverTheDigits() {
        #expect(prompt(4...4).progress([4, 7]) == "• • _ _")
        #expect(prompt(4...4, isUnicode: false).progress([4, 7]) == "* * _ _")
        #expect(prompt(4...4, shows: true).progress([4, 7]) == "4 7 _ _")
        #expect(prompt(2...6).progress([]) == "_ _")
        #expect(prompt(2...6).progress([1, 2, 3]) == "• • •")
    }

    @Test func sentencesSayWhatToDo() {
        let actions: [KeypadEntry.Action] = [
            .taken, .cleared(.uncertain), .cleared(.notADigit), .cleared(.pause), .cleared(.gap),
            .cleared(.missedEvents), .cleared(.device), .cleared(.connection), .waiting(.daemon),
            .waiting(.device(name: "a\u{1B}[2J")), .resumed, .tooSoon,
        ]
        let sentences = actions.map { prompt(4...4).sentence($0, count: 2) ?? "" }
        #expect(sentences[0] == "2 of 4.")
        #expect(sentences[3] == "Nobody spoke for 2.5 s; begin again.")
        #expect(sentences[4] == "Some sound was lost, so a digit may be missing; begin again.")
        #expect(sentences[9] == "The microphone a?[2J is not there; waiting for it.")
        #expect(sentences.allSatisfy { $0.hasSuffix(".") })
        #expect(prompt(4...4).sentence(.completed("4711"), count: 4) == nil)
        #expect(prompt(4...4).sentence(.timedOut, count: 2) == nil)
    }

    @Test func invitationSaysTheLength() {
        #expect(prompt(1...1).invitation == "Say 1 digit.")
        #expect(prompt(4...4).invitation == "Say 4 digits.")
        #expect(prompt(1...8).invitation == "Say 1 to 8 digits, then nothing for 2.5 s.")
        #expect(
            prompt(4...4).timeoutSentence(count: 2, timeout: 30)
                == "No complete entry came: 2 of 4 digits when the time-out of 30 s ended; "
                + "try again, or give a longer --timeout.")
    }
}
