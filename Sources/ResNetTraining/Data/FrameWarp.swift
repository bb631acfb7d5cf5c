import MelSpectrogram

/// Moves the frequency axis of mel frames by a factor, as another length of vocal tract does, pitch and time unchanged.
struct FrameWarp {
    /// For every band, where its value comes from, in bands.
    private let sources: [Float]

    /// - Parameter factor: frequencies of the result over those of the source, 0.8...1.25.
    init(factor: Float) {
        sources = MelParameters.standard.bandPositions(frequenciesTimes: Double(factor)).map { Float($0) }
    }

    /// Warps whole frames in place.
    func apply(to frames: inout [Float]) {
        let bands = sources.count
        var old = [Float](repeating: 0, count: bands)
        for start in stride(from: 0, to: frames.count, by: bands) {
            for band in 0..<bands { old[band] = frames[start + band] }
            for band in 0..<bands {
                let low = min(Int(sources[band]), bands - 2)
                let part = sources[band] - Float(low)
                frames[start + band] = old[low] + (old[low + 1] - old[low]) * part
            }
        }
    }

    /// Appends the frames of `range` to `output`, `factor` times as many, interpolated linearly.
    ///
    /// - Parameter bend: a point of the result and where in the range it comes from, both parts of 1 and inside of 0...1: what is before
    ///   it goes slower, what is behind it faster, or the other way round.
    static func stretch(
        _ frames: [Float], _ range: Range<Int>, by factor: Float, bend: (at: Float, from: Float),
        into output: inout [Float]
    ) {
        let bands = WindowShape.bands
        let count = max(2, Int((Float(range.count) * factor).rounded()))
        let step = 1 / Float(count - 1)
        for i in 0..<count {
            let x = Float(i) * step
            let share =
                x < bend.at ? x * bend.from / bend.at : 1 - (1 - x) * (1 - bend.from) / (1 - bend.at)
            let position = share * Float(range.count - 1)
            let low = min(Int(position), range.count - 2)
            let part = position - Float(low)
            let start = (range.lowerBound + low) * bands
            for band in 0..<bands {
                let value = frames[start + band]
                output.append(value + (frames[start + bands + band] - value) * part)
            }
        }
    }
}
