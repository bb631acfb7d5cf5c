import ArgumentParser
import DigitEvents
import DigitTerminal
import Dispatch
import Foundation
import Synchronization

/// `digitd keypad`: one entry from a running daemon.
struct Keypad: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Collects one entry of digits from a running daemon and prints it.",
        discussion: """
            Only the entry goes to standard output: PIN=$(digitd keypad --length 4). What to say next goes to standard error, \
            with dots for the digits. Ends with 0 and the entry, with 1 on a time-out, and with 69 where there is no daemon.

            A digit below --min-confidence, or an utterance that is no digit, is not taken and is asked for again. Silence \
            longer than --pause clears what was entered. So does everything that may have swallowed a digit: lost sound, \
            missed events, a microphone or a daemon that went away; both are waited for until the time-out.

            With a range as --length, such as 1-8, the entry ends at the greatest length, or after --pause of silence once \
            it has the least; with a digit asked for again, that pause clears.
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
        let collector = KeypadCollector(parameters, KeypadPromptLine(prompt, style))
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

/// Brings the daemon's events and the clock together in one entry.
private final class KeypadCollector: Sendable {
    enum End {
        case entry(String)
        case timedOut(count: Int)
        case failed(any Error)
        case stopped
    }

    private struct Contents {
        var entry: KeypadEntry
        var line: KeypadPromptLine
        var end: End?
        var wasConnected = false
    }

    private let contents: Mutex<Contents>
    private let news = DispatchSemaphore(value: 0)

    init(_ parameters: KeypadEntry.Parameters, _ line: KeypadPromptLine) {
        contents = Mutex(Contents(entry: KeypadEntry(parameters, at: Self.now), line: line))
    }

    /// Begins to take events in a task of its own.
    func start(_ path: String?) -> Task<Void, Never> {
        // Uncertain digits too: they have to be asked for again. SPEECH, as timers wait for what is being said.
        let client = DigitClient(
            path: path, policy: .init(watch: [.digit, .rejected, .device, .gap, .bye, .speech]),
            whenWaiting: { self.cannotConnect($0) })
        return Task.detached {
            do {
                for try await event in client.events { self.take(event) }
            } catch {
                self.end(.failed(error))
            }
        }
    }

    /// Waits for the end.
    func wait(_ isStopped: () -> Bool) -> End {
        while true {
            let (end, deadline) = contents.withLock { contents -> (End?, Double) in
                Self.follow(contents.entry.elapse(to: Self.now), &contents)
                if isStopped(), contents.end == nil { contents.end = .stopped }
                if contents.end != nil { contents.line.clear() }
                return (contents.end, contents.entry.deadline)
            }
            if let end { return end }
            _ = news.wait(timeout: .now() + max(0, deadline - Self.now))
        }
    }

    func wake() { news.signal() }

    private func take(_ event: DigitEvent) {
        contents.withLock { contents in
            guard contents.end == nil else { return }
            if case .version = event, !contents.wasConnected {
                contents.wasConnected = true
                contents.line.invite()
            }
            Self.follow(contents.entry.take(event, at: Self.now), &contents)
        }
        wake()
    }

    /// At first a daemon has to be there; one that went away is waited for.
    private func cannotConnect(_ error: DigitClientError) {
        if contents.withLock({ !$0.wasConnected }) { end(.failed(error)) }
    }

    private func end(_ end: End) {
        contents.withLock { contents in
            if contents.end == nil { contents.end = end }
        }
        wake()
    }

    private static func follow(_ actions: [KeypadEntry.Action], _ contents: inout Contents) {
        for action in actions where contents.end == nil {
            switch action {
            case .completed(let digits): contents.end = .entry(digits)
            case .timedOut: contents.end = .timedOut(count: contents.entry.digits.count)
            case .refused(let message):
                contents.end = .failed(CommandFailure(.unavailable, "The daemon refused: \(message)"))
            default: contents.line.show(action, contents.entry.digits)
            }
        }
    }

    private static var now: Double {
        Double(DispatchTime.now().uptimeNanoseconds) / 1e9
    }
}

/// The prompt on standard error: one line that is written over on a terminal, a sentence each elsewhere.
private struct KeypadPromptLine {
    private let prompt: KeypadPrompt
    private let isTerminal: Bool
    private var isOpen = false

    init(_ prompt: KeypadPrompt, _ style: TerminalStyle) {
        self.prompt = prompt
        isTerminal = StandardError.isTerminal && style.hasCursor
    }

    mutating func invite() { say(prompt.invitation, []) }

    mutating func show(_ action: KeypadEntry.Action, _ digits: [Int]) {
        guard let sentence = prompt.sentence(action, count: digits.count) else { return }
        say(sentence, digits)
    }

    /// Takes the line away at the end.
    mutating func clear() {
        guard isOpen else { return }
        isOpen = false
        StandardError.write("\r\u{1B}[K")
    }

    private mutating func say(_ sentence: String, _ digits: [Int]) {
        guard isTerminal else { return StandardError.report(sentence) }
        isOpen = true
        // A longer line would wrap and leave its first part behind.
        let text = TerminalText.fitted(
            "\(prompt.progress(digits))   \(sentence)", columns: StandardError.columns - 1)
        StandardError.write("\r\(text)\u{1B}[K")
    }
}
