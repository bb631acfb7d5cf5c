import DigitEvents

/// One entry of digits by voice, such as a PIN: events and times in, what to do out.
///
///     VERSION ... DIGIT 4, REJECTED, DIGIT 1, DIGIT 1; a pause; DIGIT 4, DIGIT 7, DIGIT 1, DIGIT 1  ──>  "4711"
///
/// An entry is given only if it was said whole after the last thing that may have swallowed one of its digits: lost
/// samples, missed events, a lost device or daemon, a digit that is not certain enough, and an utterance that is no
/// digit, however short. Each of them clears what was entered so far, and makes what follows in the same breath
/// worthless too: the next digit that counts comes after a pause (``KeypadBreath``). Silence longer than the pause
/// between digits clears too, or completes an entry whose length is open. No clock and no I/O; for one thread at a
/// time.
public struct KeypadEntry: Sendable {
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
    /// When speech began that has not ended yet.
    private var speechTime: Double?
    /// When speech ended last.
    private var silenceTime: Double?
    /// When time was let pass later than at the deadline, and nothing has been heard of since.
    private var lateTime: Double?
    private var breath = KeypadBreath()
    /// What was lost while nothing was entered, so that nobody was told.
    private var untoldLoss: Loss?
    private var wasTooSoonTold = false
    /// What begins before this is part of an entry that a pause cleared, in seconds of the stream.
    private var clearedEnd: Double?
    private var lastSequence: Int?
    private var obstacle: Obstacle?
    /// The open device that gives no sound.
    private var silentDevice: String?
    private var hasConnected = false
    /// When the banner came that no DEVICE has followed yet.
    private var bannerTime: Double?

    /// A timer that runs out while somebody speaks waits for what is being said, but not for longer than this after the
    /// beginning of the utterance, in seconds.
    static let speechMaximum = 3.0
    /// DEVICE within so many seconds of the banner is the greeting's, and tells of nothing new.
    private static let greetingMaximum = 0.5
    /// After speech, the event that tells what it was may come so many seconds later.
    static let settling = 0.5
    /// Whoever lets time pass so many seconds too late (the process was stopped, or the machine is busy) has not taken
    /// the events that came meanwhile: an entry that a pause is to end waits for them, for ``settling``.
    private static let lateness = 0.25

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
        case .version: return connect(at: now)
        case .bye:
            forgetStream()
            return lose(.connection, at: now) + wait(for: .daemon)
        case .device(let device): return take(device, at: now)
        case .digit(let digit): return take(digit, at: now)
        case .rejected(let rejected): return take(rejected, at: now)
        case .speech(let speech):
            (speechTime, silenceTime) = speech.state == .start ? (now, nil) : (nil, now)
            return []
        case .gap: return lose(.gap, at: now)
        case .mute: return lose(.muted, at: now)
        case .overflow:
            // It stands where the missing numbers are missing.
            lastSequence = nil
            return lose(.missedEvents, at: now)
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
        guard now >= pauseDeadline else { return [] }
        if now > pauseDeadline + Self.lateness, lateTime == nil {
            lateTime = now
            return []
        }
        // What has been said for so long may be the entry's next digits.
        guard speechTime == nil else { return lose(.pause, at: now) }
        clearedEnd = breath.end.map { $0 + parameters.pause }
        return endByPause()
    }
}

// MARK: - Utterances

extension KeypadEntry {
    private mutating func take(_ digit: DigitEvent.Digit, at now: Double) -> [Action] {
        let utterance = KeypadBreath.Utterance(digit, at: now)
        if let actions = missed(before: digit.seq, utterance, at: now) { return actions }
        var actions = endByPause(before: utterance)
        // A digit after the pause that completed the entry is no part of it.
        guard !isEnded else { return actions }
        hear(at: now)
        guard (0...9).contains(digit.digit), digit.confidence >= parameters.minConfidence else {
            return actions + reject(utterance, .uncertain)
        }
        if let clearedEnd, utterance.start <= clearedEnd {
            breath.reject(utterance)
            return actions + tellTooSoon()
        }
        clearedEnd = nil
        guard breath.admit(utterance) else { return actions + tellTooSoon() }
        (untoldLoss, wasTooSoonTold) = (nil, false)
        digits.append(digit.digit)
        if digits.count > countMaximum {
            countMaximum = digits.count
            progressTime = now
        }
        actions += digits.count == parameters.length.upperBound ? complete() : [.taken]
        return actions
    }

    private mutating func take(_ rejected: DigitEvent.Rejected, at now: Double) -> [Action] {
        let utterance = KeypadBreath.Utterance(rejected, at: now)
        if let actions = missed(before: rejected.seq, utterance, at: now) { return actions }
        let actions = endByPause(before: utterance)
        guard !isEnded else { return actions }
        hear(at: now)
        switch rejected.reason {
        case .lowConfidence: return actions + reject(utterance, .uncertain)
        case .tooShort where digits.isEmpty:
            // A click for the most part, and nobody is to be told of each; but a clipped seven is as short.
            breath.reject(utterance)
            if untoldLoss == nil { untoldLoss = .notADigit }
            return actions
        default: return actions + reject(utterance, .notADigit)
        }
    }

    /// DIGIT and REJECTED are counted together, so a number left out is one that did not arrive; it may have been said
    /// right before this.
    private mutating func missed(
        before sequence: Int, _ utterance: KeypadBreath.Utterance, at now: Double
    ) -> [Action]? {
        defer { lastSequence = sequence }
        // The number is foreign: it may be the last one that there is.
        guard let lastSequence, sequence != lastSequence &+ 1 else { return nil }
        hear(at: now)
        return reject(utterance, .missedEvents)
    }

    private mutating func hear(at now: Double) {
        heardTime = now
        lateTime = nil
    }

    private mutating func reject(_ utterance: KeypadBreath.Utterance, _ loss: Loss) -> [Action] {
        breath.reject(utterance)
        digits.removeAll()
        (untoldLoss, wasTooSoonTold) = (nil, false)
        return [.cleared(loss)]
    }

    private mutating func tellTooSoon() -> [Action] {
        defer { (untoldLoss, wasTooSoonTold) = (nil, true) }
        if let untoldLoss { return [.cleared(untoldLoss)] }
        return wasTooSoonTold ? [] : [.tooSoon]
    }
}

// MARK: - Devices and connections

extension KeypadEntry {
    private mutating func connect(at now: Double) -> [Action] {
        defer { (hasConnected, bannerTime) = (true, now) }
        forgetStream()
        // The first connection is the beginning of everything.
        return hasConnected ? lose(.connection, at: now) + resume() : []
    }

    private mutating func take(_ device: DigitEvent.Device, at now: Double) -> [Action] {
        defer { bannerTime = nil }
        // A device that is open and falls silent, or is heard again, has lost nothing.
        let wasSilent = silentDevice == device.name
        silentDevice = device.state == .open && device.reason == .silent ? device.name : nil
        if device.state == .open, obstacle == nil, wasSilent || silentDevice != nil { return [] }
        (speechTime, silenceTime) = (nil, nil)
        if device.state == .open, obstacle == nil, let bannerTime, now - bannerTime < Self.greetingMaximum { return [] }
        let actions = lose(.device, at: now)
        if device.state == .lost { return actions + wait(for: .device(name: device.name)) }
        return actions + (device.state == .open ? resume() : [])
    }

    /// Another stream, or none, follows: its times and numbers have nothing to do with those so far.
    private mutating func forgetStream() {
        breath.forgetStream()
        clearedEnd = nil
        (speechTime, silenceTime) = (nil, nil)
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
}

// MARK: - Ends and beginnings

extension KeypadEntry {
    private mutating func complete() -> [Action] {
        isEnded = true
        return [.completed(digits.map(String.init).joined())]
    }

    /// The stream says how long nobody spoke, however late its events come.
    private mutating func endByPause(before utterance: KeypadBreath.Utterance) -> [Action] {
        guard !digits.isEmpty, let end = breath.end, utterance.start - end > parameters.pause else { return [] }
        return endByPause()
    }

    private mutating func endByPause() -> [Action] {
        if parameters.length.contains(digits.count) { return complete() }
        digits.removeAll()
        return [.cleared(.pause)]
    }

    /// Something was lost that has no place in the stream.
    private mutating func lose(_ loss: Loss, at now: Double) -> [Action] {
        breath.spoil(at: now)
        wasTooSoonTold = false
        guard !digits.isEmpty else {
            untoldLoss = loss
            return []
        }
        digits.removeAll()
        untoldLoss = nil
        return [.cleared(loss)]
    }

    private var timeoutDeadline: Double { held(progressTime + parameters.timeout) }
    private var pauseDeadline: Double {
        guard !digits.isEmpty else { return .infinity }
        return max(held(heardTime + parameters.pause), (lateTime ?? -.infinity) + Self.settling)
    }

    private func held(_ time: Double) -> Double {
        if let speechTime { return max(time, speechTime + Self.speechMaximum) }
        if let silenceTime { return max(time, silenceTime + Self.settling) }
        return time
    }
}
