import DigitEvents

/// One entry of digits by voice, such as a PIN: events and times in, what to do out.
///
///     VERSION ... DIGIT 4, DIGIT 7 (uncertain), DIGIT 7, DIGIT 1, DIGIT 1  ──>  "4711"
///
/// An entry is given only if every digit of it was heard: whatever may have swallowed one (lost samples, missed events, a
/// lost device or daemon) clears what was entered so far. A digit that is not certain enough, or an utterance that is no
/// digit, is not taken and is asked for again. Silence longer than the pause clears too, or completes an entry whose
/// length is open. No clock and no I/O; for one thread at a time.
public struct KeypadEntry: Sendable {
    /// What makes an entry.
    public struct Parameters: Sendable, Equatable {
        /// How many digits, within ``lengthRange``. With different bounds, a pause after at least the lower one completes
        /// the entry too.
        public var length: ClosedRange<Int>
        /// The least confidence of a digit that is taken, from 0 to 1.
        public var minConfidence: Double
        /// The silence between two digits that clears the entry, in seconds.
        public var pause: Double
        /// How long the next digit is waited for, in seconds: the first one, and each after one that brought the entry
        /// further than it had ever been. So the whole takes at most this times one more than the length.
        public var timeout: Double

        /// The lengths that there are.
        public static let lengthRange = 1...64

        /// Creates parameters.
        public init(
            length: ClosedRange<Int> = 4...4, minConfidence: Double = 0, pause: Double = 5, timeout: Double = 30
        ) {
            self.length = length
            self.minConfidence = minConfidence
            self.pause = pause
            self.timeout = timeout
        }
    }

    /// What follows from an event, or from time that has passed.
    public enum Action: Sendable, Equatable {
        /// A digit was taken.
        case taken
        /// A digit has to be said again.
        case again(Doubt)
        /// What was entered is forgotten; the entry begins anew.
        case cleared(Loss)
        /// Nothing can be heard until ``resumed``.
        case waiting(Obstacle)
        /// Digits are heard again.
        case resumed
        /// The entry is complete: its digits. Nothing follows.
        case completed(String)
        /// No digit came in time. Nothing follows.
        case timedOut
        /// The daemon serves no more clients, with its sentence. Nothing follows.
        case refused(String)
    }

    /// Why a digit has to be said again.
    public enum Doubt: Sendable, Equatable {
        /// It was a digit, but not certain enough.
        case uncertain
        /// It was taken for something else than a digit, or for too long.
        case notADigit
    }

    /// Why an entry begins anew.
    public enum Loss: Sendable, Equatable {
        /// Nobody spoke for longer than the pause.
        case pause
        /// Samples were lost between microphone and recogniser.
        case gap
        /// Events were lost between the daemon and here.
        case missedEvents
        /// The capture device was lost or exchanged.
        case device
        /// The connection to the daemon ended.
        case connection
    }

    /// What keeps digits from being heard.
    public enum Obstacle: Sendable, Equatable {
        /// The daemon has lost this capture device.
        case device(name: String)
        /// There is no daemon at present.
        case daemon
    }

    /// The digits taken so far.
    public private(set) var digits: [Int] = []
    /// Whether nothing more will follow.
    public private(set) var isEnded = false
    private let parameters: Parameters

    /// When the last digit was taken that brought the entry further than ever, or the beginning.
    private var progressTime: Double
    private var countMaximum = 0
    /// When an utterance was last heard of.
    private var heardTime: Double
    /// Where that utterance ended, in seconds of the stream.
    private var heardEnd: Double?
    /// When speech began that has not ended yet.
    private var speechTime: Double?
    /// Whether a digit was asked for again and none has come since.
    private var isAsking = false
    private var lastSequence: Int?
    private var obstacle: Obstacle?

    /// A timer that runs out while somebody speaks waits for what is being said, but not for longer than this after the
    /// beginning of the utterance, in seconds. The longest utterance has 1.5 s, and 0.25 s of silence after it.
    static let speechMaximum = 3.0

    /// Begins an entry.
    ///
    /// - Parameter now: seconds of a clock that never goes back, as in all calls.
    public init(_ parameters: Parameters, at now: Double) {
        self.parameters = parameters
        progressTime = now
        heardTime = now
    }

    /// When ``elapse(to:)`` has something to do if nothing happens before.
    public var deadline: Double {
        guard !isEnded else { return .infinity }
        return min(timeoutDeadline, pauseDeadline)
    }

    /// Takes what the daemon sends, in order.
    public mutating func take(_ event: DigitEvent, at now: Double) -> [Action] {
        guard !isEnded else { return [] }
        switch event {
        case .version:
            forgetStream()
            let actions = clear(.connection)
            return actions + resume()
        case .bye:
            forgetStream()
            return clear(.connection) + wait(for: .daemon)
        case .device(let device):
            speechTime = nil
            let actions = clear(.device)
            if device.state == .lost { return actions + wait(for: .device(name: device.name)) }
            return actions + (device.state == .open ? resume() : [])
        case .digit(let digit): return take(digit, at: now)
        case .rejected(let rejected): return take(rejected, at: now)
        case .speech(let speech):
            if speech.state == .start { speechTime = now } else { speechTime = nil }
            return []
        case .gap: return clear(.gap)
        case .overflow: return clear(.missedEvents)
        case .error(let failure):
            guard failure.code == "too_many_clients" else { return [] }
            isEnded = true
            return [.refused(failure.message)]
        case .level, .watch, .status, .pong, .unknown: return []
        }
    }

    /// Lets time pass without an event.
    public mutating func elapse(to now: Double) -> [Action] {
        guard !isEnded else { return [] }
        if now >= timeoutDeadline {
            isEnded = true
            return [.timedOut]
        }
        return now >= pauseDeadline ? endByPause() : []
    }
}

// MARK: - Utterances

extension KeypadEntry {
    private mutating func take(_ digit: DigitEvent.Digit, at now: Double) -> [Action] {
        var actions = missed(before: digit.seq)
        if isPause(before: digit.start) { actions += endByPause() }
        // A digit after the pause that completed the entry is no part of it.
        guard !isEnded else { return actions }
        hear(end: digit.end, at: now)
        guard (0...9).contains(digit.digit), digit.confidence >= parameters.minConfidence else {
            isAsking = true
            return actions + [.again(.uncertain)]
        }
        digits.append(digit.digit)
        isAsking = false
        if digits.count > countMaximum {
            countMaximum = digits.count
            progressTime = now
        }
        return actions + (digits.count == parameters.length.upperBound ? complete() : [.taken])
    }

    private mutating func take(_ rejected: DigitEvent.Rejected, at now: Double) -> [Action] {
        let actions = missed(before: rejected.seq)
        // A click or a cough: no digit is that short.
        guard rejected.reason != .tooShort else { return actions }
        hear(end: rejected.end, at: now)
        isAsking = true
        return actions + [.again(rejected.reason == .lowConfidence ? .uncertain : .notADigit)]
    }

    /// DIGIT and REJECTED are counted together, so a number left out is one that did not arrive.
    private mutating func missed(before sequence: Int) -> [Action] {
        defer { lastSequence = sequence }
        guard let lastSequence, sequence != lastSequence + 1 else { return [] }
        return clear(.missedEvents)
    }

    private mutating func hear(end: Double, at now: Double) {
        heardTime = now
        heardEnd = end
    }

    /// The stream says how long nobody spoke, however late its events come.
    private func isPause(before start: Double) -> Bool {
        guard !digits.isEmpty, let heardEnd else { return false }
        return start - heardEnd > parameters.pause
    }
}

// MARK: - Ends and beginnings

extension KeypadEntry {
    private mutating func complete() -> [Action] {
        isEnded = true
        return [.completed(digits.map(String.init).joined())]
    }

    private mutating func endByPause() -> [Action] {
        // Never with a digit missing that was asked for again.
        parameters.length.contains(digits.count) && !isAsking ? complete() : clear(.pause)
    }

    private mutating func clear(_ loss: Loss) -> [Action] {
        isAsking = false
        guard !digits.isEmpty else { return [] }
        digits.removeAll()
        return [.cleared(loss)]
    }

    /// Another stream, or none, follows: its times and numbers have nothing to do with those so far.
    private mutating func forgetStream() {
        heardEnd = nil
        speechTime = nil
        lastSequence = nil
    }

    private mutating func wait(for obstacle: Obstacle) -> [Action] {
        guard obstacle != self.obstacle else { return [] }
        self.obstacle = obstacle
        return [.waiting(obstacle)]
    }

    private mutating func resume() -> [Action] {
        guard obstacle != nil else { return [] }
        obstacle = nil
        return [.resumed]
    }

    private var timeoutDeadline: Double { held(progressTime + parameters.timeout) }
    private var pauseDeadline: Double { digits.isEmpty ? .infinity : held(heardTime + parameters.pause) }

    private func held(_ time: Double) -> Double {
        guard let speechTime else { return time }
        return max(time, speechTime + Self.speechMaximum)
    }
}
