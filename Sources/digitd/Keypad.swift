import ArgumentParser
import DigitEvents
import DigitTerminal
import Foundation

/// `digitd keypad`: one entry from a running daemon.
struct Keypad: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Collects one entry of digits from a running daemon and prints it.",
        discussion: """
            Only the entry goes to standard output: PIN=$(digitd keypad --length 4). What to say next goes to standard error, \
            with dots for the digits. Ends with 0 and the entry, with 1 on a time-out, and with 69 where there is no daemon.

            The entry is one that was said whole after the last thing that may have swallowed a digit: a digit below \
            --min-confidence, an utterance that is no digit, however short, lost sound, missed events, a microphone or a daemon \
            that went away (both are waited for until the time-out). Each of these clears what was entered and makes the \
            rest of the breath worthless too: begin again after a pause of a second. Silence longer than --pause clears too.

            With a range as --length, such as 1-8, the entry ends at the greatest length, or after --pause of silence once \
            it has the least.
            """)

    @Option(help: ArgumentHelp("How many digits, 1 to 64, or a range such as 1-8.", valueName: "n"))
    var length = KeypadLength(range: KeypadEntry.Parameters().length)
    @Option(
        help: ArgumentHelp(
            "Seconds to wait for the first digit, and after each further one for the next.", valueName: "s"))
    var timeout = KeypadEntry.Parameters().timeout
    @Option(help: ArgumentHelp("Seconds of silence between digits that clear the entry.", valueName: "s"))
    var pause = KeypadEntry.Parameters().pause
    @Option(
        help: ArgumentHelp(
            "The least confidence of a digit, from 0 to 1, if more than the daemon's own is wanted.", valueName: "p"))
    var minConfidence = KeypadEntry.Parameters().minConfidence
    @Flag(help: "Show the digits instead of dots.")
    var show = false
    @OptionGroup var socket: SocketOption

    func validate() throws {
        guard (0...1).contains(minConfidence) else {
            throw ValidationError("--min-confidence is a number from 0 to 1.")
        }
        for (name, value) in [("timeout", timeout), ("pause", pause)] where !(value > 0 && value <= 86_400) {
            throw ValidationError("--\(name) is more than 0 and at most 86400 seconds.")
        }
    }

    func run() throws {
        let parameters = KeypadEntry.Parameters(
            length: length.range, minConfidence: minConfidence, pause: pause, timeout: timeout)
        let style = TerminalStyle(environment: ProcessInfo.processInfo.environment)
        let prompt = KeypadPrompt(parameters, showsDigits: show, style: style)
        let collector = try KeypadCollector(parameters, KeypadPromptLine(prompt, style))
        let task = collector.start(socket.socket)
        let signals = StopSignals(grace: 1) { collector.wake() }
        let end = collector.wait { signals.isStopWished }
        task.cancel()
        switch end {
        case .entry(let digits): try StandardOutput.line(digits)
        case .timedOut(let count):
            throw CommandFailure(.failed, prompt.timeoutSentence(count: count, timeout: timeout))
        case .failed(let error): throw error
        case .stopped:
            // An entry that was given up is neither one nor a time-out: whoever called shall see the signal.
            StopSignals.end(by: signals.firstNumber ?? SIGTERM)
        }
    }
}

/// `N` or `N-M`.
struct KeypadLength: ExpressibleByArgument {
    let range: ClosedRange<Int>

    init(range: ClosedRange<Int>) { self.range = range }

    init?(argument: String) {
        let parts = argument.split(separator: "-", omittingEmptySubsequences: false)
        let bounds = parts.compactMap { Int($0) }
        guard (1...2).contains(parts.count), bounds.count == parts.count, let lower = bounds.first,
            let upper = bounds.last, lower <= upper, KeypadEntry.Parameters.lengthRange.contains(lower),
            KeypadEntry.Parameters.lengthRange.contains(upper)
        else { return nil }
        range = lower...upper
    }

    var defaultValueDescription: String {
        range.lowerBound == range.upperBound ? "\(range.lowerBound)" : "\(range.lowerBound)-\(range.upperBound)"
    }
}
