extension MelParameters {
    /// Where each band's value comes from when all frequencies are multiplied by `factor` (over 0): a place among the bands,
    /// 0...`bandCount` - 1, of which the fraction is the share of the next one; what lies outside is the nearest band.
    public func bandPositions(frequenciesTimes factor: Double) -> [Double] {
        let lowest = SlaneyScale.mel(hertz: lowestFrequency)
        let step = (SlaneyScale.mel(hertz: highestFrequency) - lowest) / Double(bandCount + 1)
        return (0..<bandCount).map { band in
            let centre = SlaneyScale.hertz(mel: lowest + Double(band + 1) * step)
            let position = (SlaneyScale.mel(hertz: centre / factor) - lowest) / step - 1
            // Not max, which hands on the NaN of two limits too close together for a step.
            return position > 0 ? min(position, Double(bandCount - 1)) : 0
        }
    }
}

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
            first = min(Int(position), count - 2)
            part = Float(position - Double(first))
        }
    }

    private let rows: [Source]
    private let columns: [Source]

    /// - Parameters:
    ///   - speed: 0.5...2; above 1 is faster and higher.
    ///   - parameters: the front end of the windows.
    public init(speed: Double, parameters: MelParameters = .standard) {
        precondition((0.5...2).contains(speed), "speed must be 0.5...2")
        rows = parameters.bandPositions(frequenciesTimes: speed).map { Source($0, count: parameters.bandCount) }
        let frames = parameters.windowFrames
        let (middle, last) = (Double(frames - 1) / 2, Double(frames - 1))
        columns = (0..<frames).map { frame in
            Source(min(max(middle + (Double(frame) - middle) * speed, 0), last), count: frames)
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
