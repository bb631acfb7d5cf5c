import DigitEvents
import Foundation
import Testing

@testable import digitd

@Suite struct KeypadTests {
    /// A minute, where the test is about something else: a machine may be slow.
    private static let patience = ["--pause", "60", "--timeout", "60"]

    /// A keypad that hears the daemon.
    private func keypad(_ daemon: PlayedDaemon, _ arguments: String...) throws -> RunningCommand {
        let command = try RunningCommand.started(["keypad", "--socket", daemon.path] + Self.patience + arguments)
        // Nobody else asks for SPEECH.
        waitUntil("the keypad listens") { daemon.server.wantsSpeech || !command.process.isRunning }
        return command
    }

    @Test func printsTheEntry_andNothingElse() throws {
        let daemon = try PlayedDaemon()
        daemon.say(9)
        let command = try keypad(daemon, "--length", "4")
        for digit in [4, 7, 1, 1, 5] { daemon.say(digit) }
        let result = command.result()
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.output == "4711\n")
        #expect(
            result.errorLines == ["digitd: Say 4 digits.", "digitd: 1 of 4.", "digitd: 2 of 4.", "digitd: 3 of 4."])
    }

    @Test func entrySpokenToADaemonComesOut() throws {
        let listener = try RunningListener(["--format", "digits"])
        listener.process.arguments! += ["--socket", listener.socket]
        try listener.start()
        #expect(listener.wait { listener.isListening })
        let command = try RunningCommand.started(["keypad", "--socket", listener.socket] + Self.patience)
        #expect(command.wait { command.errors.contains("Say 4 digits.") || !command.process.isRunning })
        // The network of the tests takes every word for a seven.
        for _ in 0..<5 { try listener.speak() }
        #expect(command.result().output == "7777\n", "\(command.errors)")
        listener.signal(SIGTERM)
        #expect(listener.end() == 0)
    }

    @Test func beginsAgainAfterWhatIsNotCertain() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--length", "2", "--min-confidence", "0.9")
        daemon.say(4)
        daemon.say(7, confidence: 0.8)
        daemon.say(1)
        daemon.mumble()
        daemon.say(4, after: 1.5)
        daemon.say(7, confidence: 0.95)
        let result = command.result()
        #expect(result.output == "47\n")
        #expect(
            result.errorLines.dropFirst(2) == [
                "digitd: A digit was not certain; begin again.", "digitd: That came too soon; pause, and begin again.",
                "digitd: That was no digit; begin again.", "digitd: 1 of 2.",
            ])
    }

    @Test func pauseClears() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--length", "2", "--pause", "3")
        daemon.say(4)
        daemon.say(7, after: 3.1)
        daemon.say(1)
        #expect(command.result().output == "71\n")
        #expect(command.errors.contains("Nobody spoke for 3 s; begin again."))
    }

    @Test func pauseOfTheClockClearsToo() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--length", "2", "--pause", "2")
        daemon.say(4)
        waitUntil("the entry is cleared") { command.errors.contains("begin again") }
        daemon.say(7, after: 2.5)
        daemon.say(1, after: 0.1)
        #expect(command.result().output == "71\n")
    }

    @Test func openEntryEndsWithAPause() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--length", "1-8", "--pause", "2")
        daemon.say(4, after: 0.1)
        daemon.say(7, after: 0.1)
        #expect(command.result().output == "47\n")
    }

    @Test func lostSoundClears() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--length", "3")
        daemon.say(4)
        daemon.say(7)
        daemon.server.publish(.gap(.init(lostFrames: 480, cause: "overrun")))
        waitUntil("the entry is cleared") { command.errors.contains("begin again") }
        daemon.say(1)
        // What follows must have been begun a second later.
        usleep(1_600_000)
        for (digit, silence) in zip([1, 2, 3], [1.5, 0.2, 0.2]) { daemon.say(digit, after: silence) }
        let result = command.result()
        #expect(result.output == "123\n")
        #expect(result.errors.contains("Some sound was lost, so a digit may be missing; begin again."))
    }

    @Test func restartOfTheDaemonClears_andIsWaitedFor() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--length", "3")
        daemon.say(4)
        daemon.say(7)
        waitUntil("two digits are taken") { command.errors.contains("2 of 3") }
        try daemon.restart()
        waitUntil("the keypad is back") { daemon.server.wantsSpeech }
        usleep(1_600_000)
        for digit in [1, 2, 3] { daemon.say(digit) }
        let result = command.result()
        #expect(result.output == "123\n", "\(result.testDescription)")
        let sentences = [
            "The connection to the daemon was lost", "The daemon has gone; waiting for it.", "Listening again.",
        ]
        #expect(sentences.allSatisfy(result.errors.contains))
    }

    @Test func timeOutEndsWith1_andASentence() throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon, "--timeout", "0.3")
        daemon.say(4)
        let result = command.result()
        #expect(result.status == 1)
        #expect(result.output == "")
        #expect(result.errorLines.last?.contains("of 4 digits when the time-out of 0.3 s ended") == true)
    }

    @Test func withoutADaemonItEndsWith69() throws {
        let scratch = ScratchDirectory()
        expectOneSentence(try Command.run(["keypad", "--socket", scratch.path + "/none.sock"]), 69)
        let environment = ["XDG_RUNTIME_DIR": scratch.path]
        expectOneSentence(try Command.run(["keypad"], environment: environment), 69)
    }

    @Test func daemonWithoutRoomEndsItWith69() throws {
        let daemon = try PlayedDaemon(options: .init(clientsMax: 1))
        let first = try keypad(daemon)
        let result = try Command.run(["keypad", "--socket", daemon.path])
        #expect(result.status == 69, "\(result.testDescription)")
        #expect(result.output == "")
        #expect(result.errorLines.last?.hasPrefix("digitd: The daemon refused: ") == true)
        first.signal(SIGTERM)
        _ = first.end()
    }

    @Test(arguments: [SIGINT, SIGTERM]) func signalEndsIt_andTheCallerSeesIt(number: CInt) throws {
        let daemon = try PlayedDaemon()
        let command = try keypad(daemon)
        daemon.say(4)
        waitUntil("a digit is taken") { command.errors.contains("1 of 4") }
        command.signal(number)
        let result = command.result()
        #expect(result.status == -number)
        #expect(result.output == "")
    }

    @Test func terminalShowsDots_andOnlyTheEntryAtTheEnd() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal(columns: 40)
        try terminal.run(Command.executable, ["keypad", "--length", "3", "--socket", daemon.path] + Self.patience)
        waitUntil("the keypad listens") { daemon.server.wantsSpeech }
        terminal.wait(for: "\r_ _ _   Say 3 digits.\u{1B}[K")
        daemon.say(4)
        daemon.say(7)
        terminal.wait(for: "\r• • _   2 of 3.\u{1B}[K")
        #expect(!terminal.shown.contains("4"))
        daemon.mumble()
        // No longer than the terminal is wide.
        terminal.wait(for: "\r_ _ _   That was no digit; begin again.\u{1B}[K")
        for (digit, silence) in zip([4, 7, 1], [1.5, 0.2, 0.2]) { daemon.say(digit, after: silence) }
        #expect(terminal.wait() == 0)
        #expect(terminal.shown.hasSuffix("\r\u{1B}[K471\r\n"))
    }

    @Test func digitsAreShownWhereThatIsWished() throws {
        let daemon = try PlayedDaemon()
        let terminal = try PseudoTerminal()
        try terminal.run(
            Command.executable, ["keypad", "--show", "--length", "2", "--socket", daemon.path] + Self.patience)
        waitUntil("the keypad listens") { daemon.server.wantsSpeech }
        daemon.say(4)
        terminal.wait(for: "\r4 _   1 of 2.")
        terminal.type("\u{03}")
        #expect(terminal.wait() == -SIGINT)
    }

    @Test func lengthIsANumberOrARange() {
        #expect(KeypadLength(argument: "4")?.range == 4...4)
        #expect(KeypadLength(argument: "1-64")?.range == 1...64)
        for wrong in ["", "0", "65", "4-3", "-4", "4-", "1-2-3", "x", "0-4", "4-65", " 4", "1--2"] {
            #expect(KeypadLength(argument: wrong) == nil, "\(wrong)")
        }
        #expect(KeypadLength(range: 4...4).defaultValueDescription == "4")
        #expect(KeypadLength(range: 1...8).defaultValueDescription == "1-8")
    }

    @Test(arguments: [
        ["--length", "0"], ["--length", "65"], ["--timeout", "0"], ["--timeout", "nan"], ["--timeout", "inf"],
        ["--pause", "-1"], ["--min-confidence", "1.1"], ["extra"],
    ])
    func wrongUsageEndsWith64(arguments: [String]) throws {
        let result = try Command.run(["keypad"] + arguments)
        #expect(result.status == 64, "\(result.testDescription)")
    }
}
