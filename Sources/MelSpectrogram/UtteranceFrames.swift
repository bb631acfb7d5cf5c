/// The network's input for an utterance of any length: its log-mel frames, made independent of gain and of digital
/// silence.
public enum UtteranceFrames {
    /// Values further than this below the utterance's greatest are raised to that: 65 dB in natural logarithms of
    /// power. A room's noise is rarely quieter; digital silence (-23) would otherwise decide mean and deviation alone.
    public static let range: Float = 65 * 0.230_258_5

    /// What a weights file's `__metadata__` says of it, in place of a window's normalisation.
    public static let metadata = [
        "frontend.normalisation": "utterance_mean_std", "frontend.range_db": "65",
    ]

    /// Shifts and scales frames by their own mean and standard deviation, `(x - mean) / (deviation + 1e-3)`, after
    /// raising what is more than `range` below their greatest value. No allocation.
    ///
    /// - Parameter frames: natural logarithms of mel powers, whole frames one after the other, in any order of bands;
    ///   may be empty.
    public static func normalise(_ frames: inout MutableSpan<Float>) {
        guard frames.count > 0 else { return }
        var greatest = -Float.infinity
        for index in frames.indices { greatest = max(greatest, frames[index]) }
        let least = greatest - range
        var sum = 0.0
        for index in frames.indices {
            let value = max(frames[index], least)
            frames[index] = value
            sum += Double(value)
        }
        let mean = Float(sum / Double(frames.count))
        var squares = 0.0
        for index in frames.indices {
            let difference = Double(frames[index] - mean)
            squares += difference * difference
        }
        let deviation = Float((squares / Double(frames.count)).squareRoot())
        let scale = 1 / (deviation + UtteranceWindow.deviationFloor)
        for index in frames.indices { frames[index] = (frames[index] - mean) * scale }
    }
}
