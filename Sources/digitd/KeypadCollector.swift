import DigitEvents
import DigitTerminal
import Dispatch
import Synchronization

/// Brings the daemon's events and the clock together in one entry.
final class KeypadCollector: Sendable {
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
    private let news: WakePipe

    init(_ parameters: KeypadEntry.Parameters, _ line: KeypadPromptLine) throws(TerminalError) {
        news = try WakePipe()
        contents = Mutex(Contents(entry: KeypadEntry(parameters, at: Self.now), line: line))
    }

    /// Begins to take events in a task of its own.
    func start(_ path: String?) -> Task<Void, Never> {
        // Uncertain digits too: they clear the entry. SPEECH, as timers wait for what is being said.
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
            news.wait(seconds: deadline - Self.now)
        }
    }

    func wake() { news.wake() }

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
struct KeypadPromptLine {
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
