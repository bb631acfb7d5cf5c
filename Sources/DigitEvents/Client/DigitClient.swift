/// A client of a running digitd.
///
/// ```swift
/// let client = DigitClient(policy: .init(watch: [.digit, .device], minConfidence: 0.9))
/// for try await event in client.events {
///     switch event {
///     case .digit(let digit): enter(digit.digit)
///     case .overflow(let overflow): clearEntry("\(overflow.lost) events were missed")
///     case .bye: clearEntry("the daemon has gone")
///     default: break
///     }
/// }
/// ```
///
/// The value itself holds no connection: each sequence of events and each question makes its own, and closes it at its end.
/// All connections of a process share one thread for input and output.
public struct DigitClient: Sendable {
    /// The sockets to try, in order.
    public let paths: [String]
    /// The events wanted. It is asked for on every connection.
    public let policy: DigitEvent.WatchPolicy
    /// Whether a sequence of events goes on when the daemon goes, with the next one.
    public let reconnects: Bool
    /// How long a daemon may take to its first line, and to the answer of a question. One that is started by the connection
    /// loads its network first.
    public var timeout = Duration.seconds(10)
    let whenWaiting: (@Sendable (DigitClientError) -> Void)?

    /// A client; it connects when it is asked for something.
    ///
    /// - Parameters:
    ///   - path: the daemon's socket; nil: the first of ``DigitSocket/candidates(environment:)`` that answers.
    ///   - policy: the events wanted.
    ///   - reconnects: whether sequences of events outlive the daemon, waiting for the next one for ever.
    ///   - whenWaiting: called by a sequence that reconnects and cannot connect: once, and again when the reason becomes
    ///     another.
    public init(
        path: String? = nil, policy: DigitEvent.WatchPolicy = .standard, reconnects: Bool = true,
        whenWaiting: (@Sendable (DigitClientError) -> Void)? = nil
    ) {
        paths = path.map { [$0] } ?? DigitSocket.candidates()
        self.policy = policy
        self.reconnects = reconnects
        self.whenWaiting = whenWaiting
    }

    /// The reason of the BYE that a client adds where a connection ended without one.
    public static let connectionLost = "connection_lost"
    /// The reason of the BYE that a client adds where it left because the server broke the protocol.
    public static let protocolViolation = "protocol_violation"
}
