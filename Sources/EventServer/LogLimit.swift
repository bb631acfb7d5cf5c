import NIOCore

/// Lets so many messages of a kind into the log at a time and counts the others: clients must not be able to fill it.
/// A pure value; the caller brings the clock.
struct LogLimit {
    private let messages: Int
    private let interval: TimeAmount
    private var begin: NIODeadline?
    private var admitted = 0
    private var held = 0

    /// At most `messages` in any `interval` that begins with a message.
    init(messages: Int, interval: TimeAmount) {
        self.messages = messages
        self.interval = interval
    }

    /// Whether to log now: the number of messages held back before, or nil for "hold back".
    mutating func admit(now: NIODeadline) -> Int? {
        if begin.map({ now - $0 >= interval }) ?? true {
            begin = now
            admitted = 0
        }
        guard admitted < messages else {
            held += 1
            return nil
        }
        admitted += 1
        defer { held = 0 }
        return held
    }
}
