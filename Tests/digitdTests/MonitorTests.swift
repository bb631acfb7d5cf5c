import DigitEvents
import Foundation
import Testing

@Suite struct MonitorTests {
    private static let entering = "\u{1B}[?1049h"
    private static let leaving = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// A monitor on a terminal that shows the daemon's level.
    private func monitor(
        _ daemon: PlayedDaemon, _ terminal: PseudoTerminal, environment: [String: String] = [:]
    ) throws {
        try terminal.run(Command.executable, ["monitor", "--socket", daemon.path], environment: environment)
        waitUntil("the monitor listens") { daemon.server.wantsLevels }
        daemon.hear(-41.2)
        terminal.wait(for: "-41.2")
    }

    // MARK: The terminal is left as it was

    enum Ending: CaseIterable {
        case q
        case ctrlC
        case ctrlD
        case sigint
        case sigterm
        case sighup
        case sigquit
    }

    @Test(arguments: Ending.allCases) func terminalIsRestored(ending: Ending) throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        let before = terminal.attributes
        try monitor(daemon, terminal)
        #expect(terminal.attributes != before)
        #expect(terminal.shown.hasPrefix(Self.entering))
        switch ending {
        case .q: terminal.type("q")
        case .ctrlC: terminal.type("\u{03}")
        case .ctrlD: terminal.type("\u{04}")
        case .sigint: terminal.kill(SIGINT)
        case .sigterm: terminal.kill(SIGTERM)
        case .sighup: terminal.kill(SIGHUP)
        case .sigquit: terminal.kill(SIGQUIT)
        }
        #expect(terminal.wait() == 0)
        #expect(terminal.attributes == before)
        #expect(terminal.shown.hasSuffix(Self.leaving))
    }

    @Test(arguments: [SIGABRT, SIGSEGV]) func terminalIsRestoredByACrash(number: CInt) throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        let before = terminal.attributes
        // The run-time library's report of the crash would take a while.
        try monitor(daemon, terminal, environment: ["SWIFT_BACKTRACE": "enable=no"])
        terminal.kill(number)
        #expect(terminal.wait() == -number)
        #expect(terminal.attributes == before)
        #expect(terminal.shown.contains(Self.leaving))
    }

    @Test func terminalThatIsHeldUpDoesNotHoldUpTheEnd() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        let before = terminal.attributes
        try monitor(daemon, terminal)
        // Ctrl-S: nothing can be written any more.
        terminal.type("\u{13}")
        for index in 0..<50 { daemon.hear(-40 - Double(index)) }
        terminal.kill(SIGTERM)
        #expect(terminal.wait(reading: false) == 0)
        #expect(terminal.attributes == before)
    }

    @Test func closedWindowEndsIt() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        try monitor(daemon, terminal)
        terminal.hangUp()
        #expect(terminal.wait() == 0)
    }

    @Test func ctrlZGivesTheTerminalBack_andFgTakesItAgain() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        let before = terminal.attributes
        // The shell is the leader of the session: without one nothing can be stopped.
        let script = #"set -m; "$0" monitor --socket "$1"; echo "status $?"; read line; fg; echo "ended $?""#
        try terminal.run("/bin/bash", ["-c", script, Command.executable, daemon.path])
        waitUntil("the monitor listens") { daemon.server.wantsLevels }
        daemon.hear(-41.2)
        terminal.wait(for: "-41.2")
        terminal.type("\u{1A}")
        terminal.wait(for: "status 148")
        #expect(terminal.shown.contains(Self.leaving))
        #expect(terminal.attributes == before)
        terminal.forget()
        daemon.hear(-33.3)
        terminal.type("\n")
        // Only what has changed is written: not the sign.
        terminal.wait(for: "33.3")
        #expect(terminal.shown.contains(Self.entering))
        #expect(terminal.shown.contains("digitd monitor"))
        #expect(terminal.attributes != before)
        terminal.type("q")
        terminal.wait(for: "ended 0")
        #expect(terminal.wait() == 0)
        #expect(terminal.attributes == before)
    }

    // MARK: The picture

    @Test func showsWhatTheDaemonSays() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        try monitor(daemon, terminal)
        terminal.wait(for: "daemon 9.8.7")
        terminal.wait(for: "plughw:CARD=Mic,DEV=0: open, 48000 Hz, mono")
        terminal.wait(for: "1 client")
        daemon.say(7, confidence: 0.998)
        terminal.wait(for: "7  99.8 %")
        daemon.mumble()
        terminal.wait(for: "not a digit")
        daemon.server.publish(.gap(.init(lostFrames: 480, cause: "overrun")))
        terminal.wait(for: "480 frames lost")
        daemon.server.publish(.device(.init(state: .lost, name: "mic", error: "No such device")))
        terminal.wait(for: "lost (No such device)")
        try daemon.restart()
        terminal.wait(for: "the daemon has gone (shutdown)")
        terminal.wait(for: "plughw:CARD=Mic,DEV=0: open, 48000 Hz, mono")
        terminal.type("q")
        #expect(terminal.wait() == 0)
    }

    @Test func newSizeIsANewPicture() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal(columns: 80, rows: 24)
        try monitor(daemon, terminal)
        terminal.wait(for: "\u{1B}[7;")
        terminal.forget()
        terminal.resize(columns: 30, rows: 5)
        terminal.wait(for: "\u{1B}[2J")
        daemon.hear(-39.9)
        // Only what has changed is written: not the sign.
        terminal.wait(for: "39.9")
        let positions = terminal.shown.matches(of: #/\x1B\[(\d+);(\d+)H/#)
        #expect(positions.allSatisfy { Int($0.1)! <= 5 && Int($0.2)! <= 30 })
        terminal.type("q")
        #expect(terminal.wait() == 0)
    }

    @Test func withoutColoursOrUnicodeThereAreNone() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        try monitor(daemon, terminal, environment: ["NO_COLOR": "1", "LC_ALL": "C"])
        daemon.hear(-20, speech: true)
        terminal.wait(for: "#")
        terminal.wait(for: "SPEECH")
        terminal.type("q")
        #expect(terminal.wait() == 0)
        #expect(terminal.shown.firstMatch(of: #/\x1B\[0;3\dm/#) == nil)
        #expect(terminal.received.allSatisfy { $0 < 0x80 })
    }

    @Test func dumbTerminalGetsLines() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        try terminal.run(
            Command.executable, ["monitor", "--socket", daemon.path], environment: ["TERM": "dumb"])
        waitUntil("the monitor listens") { daemon.server.wantsLevels }
        for _ in 0..<10 { daemon.hear(-41.2) }
        terminal.wait(for: "level  -41.2 dB  floor  -58.0 dB  threshold  -49.0 dB\r\n")
        terminal.kill(SIGTERM)
        #expect(terminal.wait() == 0)
        #expect(!terminal.shown.contains("\u{1B}"))
    }

    // MARK: Elsewhere

    @Test func pipeGetsLines() throws {
        let daemon = try PlayedDaemon()
        let command = try RunningCommand.started(["monitor", "--socket", daemon.path])
        waitUntil("the monitor listens") { daemon.server.wantsLevels }
        for _ in 0..<10 { daemon.hear(-41.2) }
        daemon.say(7, confidence: 0.998)
        waitUntil("the digit is there") { command.output.contains("7  99.8 %") }
        command.signal(SIGTERM)
        let result = command.result()
        #expect(result.status == 0)
        #expect(result.errors == "")
        #expect(
            result.outputLines.prefix(2) == [
                "plughw:CARD=Mic,DEV=0: open, 48000 Hz, mono",
                "level  -41.2 dB  floor  -58.0 dB  threshold  -49.0 dB",
            ])
    }

    @Test func readerThatHasGoneEndsIt() throws {
        let result = try Command.shell(
            #""$0" monitor --model "$1" --input "$2" | head -1; echo "${PIPESTATUS[0]}""#,
            [ConstantNetwork.path, packageFile("Demo/digits.flac")])
        #expect(result.outputLines.last == "0", "\(result.testDescription)")
        #expect(result.errors == "")
    }

    @Test func listensItselfToAFile() throws {
        let scratch = ScratchDirectory()
        let samples =
            noise(samples: 6000, amplitude: 3) + noise(samples: 3200, amplitude: 12000)
            + noise(samples: 8000, amplitude: 3)
        let file = scratch.write("burst.wav", waveBytes(data: samples))
        let result = try Command.run(["monitor", "--model", ConstantNetwork.path, "--input", file])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.outputLines.first == "\(file): open, 8000 Hz, mono")
        #expect(result.outputLines.contains { $0.hasPrefix("7  93.7 %") })
        #expect(result.outputLines.contains { $0.hasPrefix("level ") && $0.hasSuffix("speech") })
    }

    @Test func listensItselfWhereNoDaemonRuns() throws {
        let scratch = ScratchDirectory()
        let environment = [
            "XDG_RUNTIME_DIR": scratch.path, "ALSA_CONFIG_PATH": scratch.write("asound.conf", []),
        ]
        let result = try Command.run(["monitor"], environment: environment)
        expectOneSentence(result, 69)
        #expect(result.errors.contains("microphone"), "\(result.testDescription)")
    }

    @Test func errorsComeWithoutAScreen() throws {
        let scratch = ScratchDirectory()
        expectOneSentence(try Command.run(["monitor", "--socket", scratch.path + "/none.sock"]), 69)
        let terminal = try PseudoTerminal()
        try terminal.run(Command.executable, ["monitor", "--input", scratch.path + "/none.wav"])
        #expect(terminal.wait() == 66)
        #expect(terminal.shown.hasPrefix("digitd: "))
        #expect(!terminal.shown.contains("\u{1B}"))
    }

    @Test(arguments: [
        ["--device", "x", "--socket", "/x"], ["--device", "x", "--input", "y"], ["--socket", "/x", "--model", "y"],
    ])
    func wrongUsageEndsWith64(arguments: [String]) throws {
        #expect(try Command.run(["monitor"] + arguments).status == 64)
    }
}
