import NIOCore

/// Lets one message of a kind into the log at a time and counts the others. A pure value; the caller brings the clock.
struct LogLimit {
    private let interval: TimeAmount
    private var next: NIODeadline?
    private var held = 0

    init(interval: TimeAmount) { self.interval = interval }

    /// Whether to log now: the number of messages held back since the last one, or nil for "hold back".
    mutating func admit(now: NIODeadline) -> Int? {
        if let next, now < next {
            held += 1
            return nil
        }
        next = now + interval
        defer { held = 0 }
        return held
    }
}
