/// The network's input: an utterance in the middle of a window of `bandCount` rows and `windowFrames` columns (40 x 96).
public enum UtteranceWindow {
    /// Keeps the division finite for a window of one constant value; small beside a real one's deviation of 2 to 5.
    public static let deviationFloor: Float = 1e-3

    /// Fewer frames of background than this are not trusted by `estimateBackground`.
    public static let backgroundFramesMin = 5

    /// Writes the network's input for one utterance.
    ///
    /// The utterance is centred (with an odd remainder, one frame more behind it than before it); of one longer than the
    /// window, the middle is used. Frames outside it are the background's value of each band. The whole window is then
    /// shifted and scaled by its own mean and standard deviation, `(x - mean) / (deviation + 1e-3)`, so that gain does not
    /// matter. No allocation.
    /// - Parameters:
    ///   - output: `bandCount * windowFrames` numbers, row by row: `[band * windowFrames + frame]`, lowest band first.
    ///   - utterance: Natural logarithms of mel powers, frame after frame, whole frames; may be empty.
    ///   - background: One natural logarithm of mel power a band.
    ///   - parameters: The front end that the frames come from.
    public static func fill(
        _ output: inout MutableSpan<Float>, utterance: Span<Float>, background: Span<Float>,
        parameters: MelParameters = .standard
    ) {
        let bands = parameters.bandCount
        let columns = parameters.windowFrames
        precondition(output.count == bands * columns, "output must be bandCount * windowFrames")
        precondition(background.count == bands, "background must have one value a band")
        precondition(utterance.count.isMultiple(of: bands), "utterance must be whole frames")

        let frames = utterance.count / bands
        let used = min(frames, columns)
        let firstFrame = (frames - used) / 2
        let firstColumn = (columns - used) / 2
        for band in 0..<bands {
            let row = band * columns
            for column in 0..<firstColumn { output[row + column] = background[band] }
            for index in 0..<used {
                output[row + firstColumn + index] = utterance[(firstFrame + index) * bands + band]
            }
            for column in firstColumn + used..<columns { output[row + column] = background[band] }
        }
        normalise(&output)
    }

    /// The background of a signal: each band's mean over the frames outside `excluding`.
    ///
    /// With fewer than 5 such frames (a clip trimmed to its word) the quietest tenth of all frames, at least 3, stands in.
    /// - Parameters:
    ///   - s: The signal.
    ///   - excluding: The frames of speech; what lies outside the signal is ignored.
    /// - Returns: One natural logarithm of mel power a band; that of silence for a signal without frames.
    public static func estimateBackground(_ s: MelSpectrogram, excluding: Range<Int>) -> [Float] {
        let outside = (0..<s.frameCount).filter { !excluding.contains($0) }
        if outside.count >= backgroundFramesMin { return mean(of: s, frames: outside) }
        guard s.frameCount > 0 else {
            return Array(repeating: MelParameters.standard.silence, count: s.bandCount)
        }
        let loudness = (0..<s.frameCount).map { frame in
            s.values[frame * s.bandCount..<(frame + 1) * s.bandCount].reduce(0, +)
        }
        // Ties are broken by position, so that the result does not depend on how the sort goes about them.
        let quietest = loudness.indices.sorted { (loudness[$0], $0) < (loudness[$1], $1) }
        return mean(of: s, frames: Array(quietest.prefix(max(3, s.frameCount / 10))))
    }

    private static func mean(of s: MelSpectrogram, frames: [Int]) -> [Float] {
        (0..<s.bandCount).map { band in
            Float(frames.reduce(0.0) { $0 + Double(s[frame: $1, band: band]) } / Double(frames.count))
        }
    }

    /// Shifts and scales a window by its own mean and standard deviation.
    static func normalise(_ window: inout MutableSpan<Float>) {
        var sum = 0.0
        for index in window.indices { sum += Double(window[index]) }
        let mean = Float(sum / Double(window.count))
        var squares = 0.0
        for index in window.indices {
            let difference = Double(window[index] - mean)
            squares += difference * difference
        }
        let deviation = Float((squares / Double(window.count)).squareRoot())
        let scale = 1 / (deviation + deviationFloor)
        for index in window.indices { window[index] = (window[index] - mean) * scale }
    }
}
