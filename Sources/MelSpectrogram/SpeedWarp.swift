/// A window as it would be of the same words said faster or slower, by a shorter or longer vocal tract: a recording played at another speed.
///
/// Every frequency is multiplied by the speed, every time, from the window's middle, divided by it; between bands and frames it is
/// interpolated linearly. What comes from outside is the nearest band's or frame's. Near enough to resampling the sound for speeds
/// close to 1, and no sound is needed (Jaitly and Hinton, "Vocal tract length perturbation improves speech recognition", 2013, did so
/// to the frequencies of training data).
public struct SpeedWarp: Sendable {
    /// Where a row or column comes from: `first`, and `part` of the way on to the next one.
    private struct Source {
        let first: Int
        let part: Float

        init(_ position: Double, count: Int) {
            let inside = min(max(position, 0), Double(count - 1))
            first = min(Int(inside), count - 2)
            part = Float(inside - Double(first))
        }
    }

    private let rows: [Source]
    private let columns: [Source]

    /// - Parameters:
    ///   - speed: 0.5...2; above 1 is faster and higher.
    ///   - parameters: the front end of the windows.
    public init(speed: Double, parameters: MelParameters = .standard) {
        precondition((0.5...2).contains(speed), "speed must be 0.5...2")
        let lowest = SlaneyScale.mel(hertz: parameters.lowestFrequency)
        let step = (SlaneyScale.mel(hertz: parameters.highestFrequency) - lowest) / Double(parameters.bandCount + 1)
        rows = (0..<parameters.bandCount).map { band in
            let centre = SlaneyScale.hertz(mel: lowest + Double(band + 1) * step)
            return Source(
                (SlaneyScale.mel(hertz: centre / speed) - lowest) / step - 1, count: parameters.bandCount)
        }
        let middle = Double(parameters.windowFrames - 1) / 2
        columns = (0..<parameters.windowFrames).map { frame in
            Source(middle + (Double(frame) - middle) * speed, count: parameters.windowFrames)
        }
    }

    /// Writes the window at the other speed, normalised as `UtteranceWindow.fill` does. No allocation.
    ///
    /// - Parameters:
    ///   - window: `bandCount * windowFrames` numbers, row by row, as `UtteranceWindow.fill` writes them.
    ///   - output: as many.
    public func apply(_ window: Span<Float>, into output: inout MutableSpan<Float>) {
        let width = columns.count
        precondition(window.count == rows.count * width && output.count == window.count, "one window of the front end")
        for band in rows.indices {
            let row = rows[band]
            let low = row.first * width
            for frame in columns.indices {
                let column = columns[frame]
                let at = low + column.first
                let lower = window[at] + (window[at + 1] - window[at]) * column.part
                let upper = window[at + width] + (window[at + width + 1] - window[at + width]) * column.part
                output[band * width + frame] = lower + (upper - lower) * row.part
            }
        }
        UtteranceWindow.normalise(&output)
    }
}
