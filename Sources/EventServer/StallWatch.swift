import NIOCore

/// Tells when a client that has something to read has read nothing for too long. A pure value; the caller brings the clock.
struct StallWatch {
    private var unsent: Int
    private var progress: NIODeadline

    /// Begins when `unsent` bytes are first held up, at `now`.
    init(unsent: Int, now: NIODeadline) {
        self.unsent = unsent
        progress = now
    }

    /// Whether nothing has moved for `limit`. Any change of `unsent` is progress: it grows only by what the client made room for.
    mutating func isStalled(unsent: Int, now: NIODeadline, limit: TimeAmount) -> Bool {
        if unsent != self.unsent {
            self.unsent = unsent
            progress = now
        }
        return now - progress >= limit
    }
}
