import DigitEvents
import Testing

@testable import DigitTerminal

@Suite struct MonitorScreenTests {
    private let unicode = TerminalStyle(isUnicode: true, hasColour: true)
    private let ascii = TerminalStyle(isUnicode: false, hasColour: false)

    /// A daemon that has heard two digits and a cough, in the middle of the next word.
    private var busy: MonitorState {
        var state = MonitorState(source: .daemon(path: "/run/digitd/digitd.sock"))
        var speaker = Speaker()
        state.take(.banner, at: 0)
        state.take(.openMicrophone, at: 0)
        state.take(.level(-56.9), at: 0)
        state.take(speaker.digit(7, confidence: 0.998), at: 1)
        state.take(speaker.rejected(.notADigit), at: 2)
        state.take(speaker.digit(3, confidence: 0.872), at: 3)
        state.take(.overrun, at: 3)
        var status = DigitEvent.Status(release: "0.1.0", model: "digits.safetensors", checksum: "0")
        status.clients = 2
        state.take(.status(status), at: 3)
        state.take(.level(-12.5, speech: true), at: 3.9)
        state.take(.level(-31.2, speech: true), at: 4)
        return state
    }

    private func text(_ state: MonitorState, _ columns: Int, _ rows: Int, _ style: TerminalStyle) -> String {
        MonitorScreen(style: style).text(state, columns: columns, rows: rows, at: 4).joined(separator: "\n")
    }

    @Test func ordinaryTerminal() {
        #expect(
            text(busy, 80, 24, unicode) == """
                digitd monitor  daemon 0.1.0, 2 clients
                plughw:CARD=Mic,DEV=0: open, 48000 Hz, mono

                level  -31.2 dB   floor  -58.0 dB   threshold  -49.0 dB   SPEECH
                  ██████████████████████████████████████████████▎                 │
                                      f        t
                  -80                -60                -40                -20            0 dB
                good: speech -12.5 dB, 45.5 dB over the floor

                2 digits, 1 rejected
                3  87.2 %  12.60-13.00 s
                -  90.0 %  11.60-12.00 s  not a digit
                7  99.8 %  10.60-11.00 s
                1 gap, 480 frames lost
                q ends
                """)
    }

    @Test func narrowASCIITerminal() {
        #expect(
            text(busy, 30, 8, ascii) == """
                digitd monitor  daemon 0.1.0,
                plughw:CARD=Mic,DEV=0: open, 4
                 -31.2 f -58.0 t -49.0 SPEECH
                ##################       |
                        f  t
                good: speech -12.5 dB, 45.5 dB
                2 digits, 1 rejected
                3  87.2 %  12.60-13.00 s
                """)
    }

    @Test func oneLineIsTheBar() {
        #expect(text(busy, 20, 1, ascii) == "############    |")
    }

    @Test func nothingIsKnownYet() {
        #expect(
            text(MonitorState(source: .daemon(path: "/x.sock")), 60, 24, unicode) == """
                digitd monitor  waits for the daemon at /x.sock
                no device yet

                no sound


                  -80           -60           -40           -20       0 dB
                no speech yet

                0 digits, 0 rejected
                0 gaps, 0 frames lost
                q ends
                """)
    }

    @Test func daemonThatWentTakesItsDeviceAndLevelAlong() {
        var state = busy
        state.take(.bye(.init(reason: "shutdown")), at: 4)
        let lines = MonitorScreen(style: unicode).text(state, columns: 80, rows: 24, at: 4)
        #expect(lines[0] == "digitd monitor  the daemon has gone (shutdown); waits for it")
        #expect(lines[1] == "no device yet")
        #expect(lines[3] == "no sound")
        #expect(lines[4] == "" && lines[5] == "")
        #expect(lines.contains("3  87.2 %  12.60-13.00 s"))
    }

    @Test func lostDeviceIsNamedWithItsReason() {
        var state = busy
        state.take(.lostMicrophone, at: 4)
        let screen = MonitorScreen(style: unicode)
        let line = screen.lines(state, columns: 80, rows: 24, at: 4)[1]
        #expect(line.text == "plughw:CARD=Mic,DEV=0: lost (No such device)")
        #expect(line.cells.allSatisfy { $0.style == .bad })
    }

    @Test func levelThatStaysAwayIsNoLevel() {
        let screen = MonitorScreen(style: unicode)
        #expect(screen.text(busy, columns: 80, rows: 24, at: 5.4)[3].hasPrefix("level"))
        #expect(screen.text(busy, columns: 80, rows: 24, at: 5.6)[3] == "no sound")
    }

    @Test(arguments: [
        (-12.5, -58.0, "good: speech -12.5 dB, 45.5 dB over the floor"), (-2.9, -58, "too loud"),
        (-40, -54.9, "too weak"), (-40, -55, "good"),
    ])
    func lastSpeechIsJudged(peak: Double, floor: Double, words: String) {
        var state = MonitorState(source: .own)
        state.take(.level(peak, floor: floor, speech: true), at: 0)
        let lines = MonitorScreen(style: ascii).text(state, columns: 80, rows: 24, at: 0)
        #expect(lines.contains { $0.hasPrefix(words) }, "\(lines)")
    }

    @Test func namesCannotControlTheTerminal() {
        var state = MonitorState(source: .daemon(path: "/\u{1B}[2J.sock"))
        let evil = "mic\u{1B}]0;owned\u{07}\r\n\u{9B}31m\u{202E}cba\u{200B}\u{FE0F}"
        #expect(text(state, 80, 24, unicode).contains("/?[2J.sock"))
        state.take(.version(.init(release: evil)), at: 4)
        state.take(.device(.init(state: .lost, name: evil, error: evil)), at: 4)
        state.take(.rejected(.init(seq: 1, reason: .init(rawValue: evil), start: 0, end: 1)), at: 4)
        state.take(.error(.init(code: evil, message: evil)), at: 4)
        let complaint = text(state, 200, 24, unicode)
        state.take(.banner, at: 4)
        state.take(.bye(.init(reason: evil)), at: 4)
        for picture in [complaint, text(state, 200, 24, unicode), text(state, 200, 24, ascii)] {
            let strange = picture.unicodeScalars.filter {
                $0 != "\n" && [.control, .format, .lineSeparator].contains($0.properties.generalCategory)
            }
            #expect(strange.isEmpty)
            #expect(picture.contains("mic?]0;owned???"))
        }
    }

    @Test func asciiMeansASCII() {
        var state = busy
        state.take(.device(.init(state: .open, name: "Kopfhörer 麦克风")), at: 4)
        let picture = text(state, 80, 24, ascii)
        #expect(picture.utf8.allSatisfy { $0 < 0x80 })
        #expect(picture.contains("Kopfh?rer ???: open"))
    }

    @Test func wideCharactersTakeTwoColumns_andAreNotHalved() {
        var state = MonitorState(source: .own)
        state.take(.device(.init(state: .open, name: "麦克风")), at: 4)
        let screen = MonitorScreen(style: unicode)
        #expect(screen.lines(state, columns: 80, rows: 4, at: 4).first { $0.text == "麦克风: open" }?.columns == 12)
        #expect(screen.text(state, columns: 5, rows: 24, at: 4)[1] == "麦克")
        #expect(screen.text(state, columns: 6, rows: 24, at: 4)[1] == "麦克风")
    }

    @Test func noLineIsLongerThanTheScreenIsWide_whateverTheSize() {
        var loud = busy
        for level in [-200.0, -30, 20, .infinity, .nan] {
            loud.take(.level(level, floor: level, threshold: level + 9, speech: true), at: 4)
            for columns in [0, 1, 2, 7, 19, 23, 24, 39, 40, 41, 63, 64, 80, 150] {
                for rows in [0, 1, 5, 11, 100] {
                    for style in [unicode, ascii] {
                        let lines = MonitorScreen(style: style).lines(loud, columns: columns, rows: rows, at: 4)
                        #expect(lines.count <= rows, "\(columns) x \(rows)")
                        #expect(lines.allSatisfy { $0.columns <= columns }, "\(columns) x \(rows)")
                    }
                }
            }
        }
    }

    @Test func barGrowsWithTheLevel() {
        let meter = MonitorMeter(isUnicode: true)
        func bar(_ decibels: Double) -> String {
            let level = DigitEvent.Level(
                levelDecibels: decibels, floorDecibels: -60, thresholdDecibels: -51, speech: false)
            return meter.bar(level, peak: nil, width: 10).cut(to: 10).text
        }
        #expect(bar(-80) == "")
        #expect(bar(-79) == "▏")
        #expect(bar(-76) == "▌")
        #expect(bar(-72) == "█")
        #expect(bar(-40) == "█████")
        #expect(bar(0) == "██████████")
        #expect(bar(6) == "██████████")
    }
}

// MARK: - State

@Suite struct MonitorStateTests {
    @Test func peakStaysForTwoSeconds() {
        var state = MonitorState(source: .own)
        state.take(.level(-10), at: 0)
        for index in 1..<20 {
            state.take(.level(-40 - Double(index)), at: 0)
            #expect(state.peakDecibels == -10)
        }
        state.take(.level(-60), at: 0)
        #expect(state.peakDecibels == -60)
        state.take(.level(-20), at: 0)
        #expect(state.peakDecibels == -20)
    }

    @Test func speechPeakIsThatOfOneUtterance() {
        var state = MonitorState(source: .own)
        for level in [-30.0, -20, -25] { state.take(.level(level, speech: true), at: 0) }
        state.take(.level(-60), at: 0)
        #expect(state.lastSpeech?.peakDecibels == -20)
        state.take(.level(-35, speech: true), at: 0)
        #expect(state.lastSpeech?.peakDecibels == -35)
        #expect(state.lastSpeech?.overFloor == 23)
    }

    @Test func speechIsSeenAtOnce() {
        var state = MonitorState(source: .own)
        state.take(.speech(.init(state: .start, at: 1)), at: 0)
        #expect(state.isSpeech)
        state.take(.speech(.init(state: .end, at: 1)), at: 0)
        #expect(!state.isSpeech)
    }

    @Test func staysSmall() {
        var state = MonitorState(source: .own)
        var speaker = Speaker()
        for index in 0..<1000 { state.take(speaker.digit(index % 10), at: 0) }
        #expect(state.digits == 1000)
        #expect(state.heard.count == MonitorState.heardMaximum)
        guard case .digit(let last) = state.heard[0] else { return #expect(Bool(false)) }
        #expect(last.seq == 1000)
    }

    @Test func lossesAreCounted() {
        var state = MonitorState(source: .own)
        state.take(.overrun, at: 0)
        state.take(.overrun, at: 0)
        state.take(.overflow(.init(lost: 3)), at: 0)
        #expect((state.gaps, state.lostFrames, state.overflows) == (2, 960, 3))
    }

    @Test func linesHaveTheLoudestOfASecond_andOtherEventsAtOnce() {
        var lines = MonitorLines(style: .init(isUnicode: true, hasColour: false))
        for index in 0..<9 { #expect(lines.line(.level(-50 + Double(index))) == nil) }
        #expect(lines.line(.overrun) == "gap: 480 frames lost (overrun)")
        #expect(
            lines.line(.level(-60, speech: true))
                == "level  -42.0 dB  floor  -58.0 dB  threshold  -49.0 dB  speech")
        for _ in 0..<9 { _ = lines.line(.level(-60)) }
        #expect(lines.line(.level(-60)) == "level  -60.0 dB  floor  -58.0 dB  threshold  -49.0 dB")
        #expect(lines.line(.device(.init(state: .open, name: "a\u{1B}[2J\u{202E}b"))) == "a?[2J?b: open")
        #expect(lines.line(.banner) == nil)
        #expect(lines.line(.status(.init(release: "1", model: "m", checksum: "c"))) == nil)
    }
}

@Suite struct MonitorNumbersTests {
    @Test func numbersOfAHostileDaemonAreNoEnd() {
        var state = MonitorState(source: .own)
        for _ in 0..<3 {
            state.take(.gap(.init(lostFrames: .max, cause: "x")), at: 0)
            state.take(.overflow(.init(lost: .min)), at: 0)
        }
        #expect(state.lostFrames == .max)
        #expect(state.overflows == .min)
    }
}
