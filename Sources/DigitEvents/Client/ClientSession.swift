/// What a client makes of the lines of one connection: a state machine without input or output.
struct ClientSession {
    /// What follows from a line.
    enum Action: Equatable {
        /// The server is one to talk to: pass its VERSION on, and send what there is to ask.
        case greeted(DigitClient.Line)
        /// Pass the event on.
        case event(DigitClient.Line)
        /// The last event of this connection.
        case bye(DigitClient.Line)
        /// Nothing to pass on.
        case skip
        /// Close the connection.
        case fail(DigitClientError)
    }

    private let path: String
    private let policy: DigitEvent.WatchPolicy
    /// Whether VERSION has come.
    private(set) var isGreeted = false
    /// Whether the server went on after VERSION, so that it may be connected to again at once.
    private(set) var isServed = false
    /// Whether events that the policy leaves out may come still, as it is not in force yet.
    private var isPolicyPending: Bool

    init(path: String, policy: DigitEvent.WatchPolicy) {
        self.path = path
        self.policy = policy
        isPolicyPending = policy != .standard
    }

    /// A line without its LF.
    mutating func receive(_ bytes: [UInt8]) -> Action {
        let event: DigitEvent
        do {
            event = try DigitEvent(jsonBytes: bytes)
        } catch {
            return .fail(.protocolViolation(path, reason: "a line is no event"))
        }
        let line = DigitClient.Line(event: event, text: String(decoding: bytes, as: UTF8.self))
        guard isGreeted else { return greet(line) }
        switch event {
        case .bye: return .bye(line)
        case .error: return .event(line)
        case .watch: isPolicyPending = false
        default: break
        }
        isServed = true
        return isPolicyPending && !policy.lets(event) ? .skip : .event(line)
    }

    private mutating func greet(_ line: DigitClient.Line) -> Action {
        guard case .version(let version) = line.event else {
            return .fail(.protocolViolation(path, reason: "the first line is not VERSION"))
        }
        guard version.protocol == DigitEvent.Version.currentProtocol else {
            return .fail(.unsupportedProtocol(path, protocol: version.protocol))
        }
        isGreeted = true
        return .greeted(line)
    }
}

extension DigitEvent.WatchPolicy {
    /// Whether an event that the standard policy sends is one of this policy. The state of the device always is.
    fileprivate func lets(_ event: DigitEvent) -> Bool {
        switch event {
        case .digit(let digit): watch.contains(.digit) && digit.confidence >= minConfidence
        case .rejected: watch.contains(.rejected)
        case .gap: watch.contains(.gap)
        default: true
        }
    }
}
