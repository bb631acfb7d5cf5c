/// The background's log mel spectrum: each band's running mean over recent frames without speech.
///
/// The first frames are averaged evenly, so that the estimate is sensible from the first one; after 0.7 s it forgets with that
/// time constant. No allocation after `init`.
struct BackgroundEstimate {
    /// Frames whose mean the estimate is, once there were so many.
    static let timeConstant = 70

    private(set) var bands: [Float]
    /// Frames taken since the start.
    private(set) var count = 0

    init(bandCount: Int) {
        bands = Array(repeating: 0, count: bandCount)
    }

    mutating func reset() { count = 0 }

    /// Takes a guess for want of frames; the next frame replaces it.
    mutating func replace(by guess: [Float]) {
        bands = guess
        count = 0
    }

    mutating func add(_ frame: Span<Float>) {
        count += 1
        let share = 1 / Float(min(count, Self.timeConstant))
        if count == 1 {
            for band in bands.indices { bands[band] = frame[band] }
        } else {
            for band in bands.indices { bands[band] += (frame[band] - bands[band]) * share }
        }
    }
}
