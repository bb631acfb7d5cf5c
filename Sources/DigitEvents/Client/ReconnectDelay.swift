/// How long to wait before the next attempt to connect: 0.1 s, doubled each time, at most 2 s.
struct ReconnectDelay {
    static let minimum = Duration.milliseconds(100)
    static let maximum = Duration.seconds(2)

    private var delay = minimum

    /// The wait before this attempt.
    mutating func next() -> Duration {
        defer { delay = min(delay * 2, Self.maximum) }
        return delay
    }

    /// A server was reached that works: the next attempt is the first again.
    mutating func reset() { delay = Self.minimum }
}
