/// Whether a running device may be left alone for a while, and for how long: a pure value type, fed with what was read.
///
/// Its buffer must have been emptied, it must hold far more than will gather, and the device must be known to run by its own
/// clock: one that hands sound on faster, as those of tests do, would fill its buffer within the wait.
struct CapturePace: Sendable {
    /// How long the device may be left alone, in ns: a third of what its buffer holds, so that being late loses nothing.
    let napLimit: Int64
    private let rate: Double
    private var start: Int64 = 0
    private var frameCount = 0
    private var isDrained = false

    /// Faster than this many times its rate is no clock. What a sound server held back at the start is over it for a moment.
    private static let paceMax = 1.25
    /// Seconds of running before the pace is judged.
    private static let settlingTime = 0.5

    /// - Parameters:
    ///   - rate: frames a second, in Hz.
    ///   - bufferFrames: frames that the device's buffer holds.
    init(rate: Int, bufferFrames: Int) {
        self.rate = Double(rate)
        napLimit = Int64(bufferFrames) * 1_000_000_000 / Int64(3 * rate)
    }

    /// Frames were read.
    ///
    /// - Parameters:
    ///   - frames: how many, at least 1.
    ///   - isAll: whether no more were there.
    ///   - now: CLOCK_MONOTONIC in ns.
    mutating func read(frames: Int, isAll: Bool, now: Int64) {
        if start == 0 { start = now } else { frameCount += frames }
        isDrained = isAll
    }

    /// Whether the device may be left alone at this moment.
    ///
    /// - Parameter now: CLOCK_MONOTONIC in ns.
    func mayNap(now: Int64) -> Bool {
        let seconds = Double(now - start) / 1e9
        return isDrained && start > 0 && seconds >= Self.settlingTime
            && Double(frameCount) <= seconds * rate * Self.paceMax
    }

    /// Something else than a read of frames happened.
    mutating func interrupt() { isDrained = false }
}
