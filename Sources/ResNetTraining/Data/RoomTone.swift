/// The noise that a recording holds beside its word, as a filter for white noise: a real microphone's hiss and room.
///
/// The word's own sounds are few where speakers are few, but every recording brings its microphone's noise with it, of which an
/// endless one can be made: white noise through the all-pole filter that linear prediction finds (the autocorrelation method,
/// Makhoul, "Linear prediction: a tutorial review", 1975).
enum RoomTone {
    /// Poles: two for each of up to six bumps below 4 kHz.
    static let order = 12
    /// Samples of one block (32 ms).
    private static let block = 256
    private static let hann = (0..<block).map { i in
        0.5 - 0.5 * Math.sine(2 * .pi * (Float(i) + 0.5) / Float(block) + .pi / 2)
    }
    /// Samples beside the utterance that may still hold of its edges (60 ms).
    private static let margin = 480
    /// Fewer blocks than this say too little.
    private static let blocksMin = 4
    /// Root mean square, in steps of 16 bits, below which rounding is all that is heard.
    private static let levelMin: Float = 2

    /// The filter's coefficients a1...a12 (y[n] = x[n] - a1 y[n - 1] - ...) of what lies beside an utterance; empty where that is too
    /// short or digital silence.
    ///
    /// - Parameters:
    ///   - samples: the recording.
    ///   - speech: where its utterance is, in samples.
    static func filter(_ samples: [Int16], beside speech: Range<Int>) -> [Float] {
        var blocks: [(power: Float, samples: [Float])] = []
        for (first, end) in [(0, speech.lowerBound - margin), (speech.upperBound + margin, samples.count)] {
            var start = first
            while start + block <= end {
                let values = samples[start..<start + block].map(Float.init)
                blocks.append((values.reduce(0) { $0 + $1 * $1 } / Float(block), values))
                start += block
            }
        }
        // The quieter half: breath, clicks and another word's beginning are in the rest.
        blocks.sort { $0.power < $1.power }
        let quiet = blocks.prefix((blocks.count + 1) / 2)
        guard quiet.count >= blocksMin, quiet[quiet.count / 2].power >= levelMin * levelMin else { return [] }
        var correlation = [Float](repeating: 0, count: order + 1)
        for (_, values) in quiet {
            let windowed = zip(values, hann).map { $0 * $1 }
            for lag in 0...order {
                for i in lag..<block { correlation[lag] += windowed[i] * windowed[i - lag] }
            }
        }
        return predictor(correlation)
    }

    /// Levinson's recursion, with white noise 40 dB below so that no pole comes near the circle.
    private static func predictor(_ correlation: [Float]) -> [Float] {
        var error = correlation[0] * 1.0001
        guard error > 0 else { return [] }
        var a: [Float] = []
        for i in 1...order {
            var sum = correlation[i]
            for j in 0..<i - 1 { sum += a[j] * correlation[i - 1 - j] }
            let reflection = -sum / error
            let before = a
            for j in 0..<i - 1 { a[j] += reflection * before[i - 2 - j] }
            a.append(reflection)
            error *= 1 - reflection * reflection
            guard error > 0, error.isFinite else { return [] }
        }
        return a
    }

    /// Turns white noise into that of the filter, in place.
    static func apply(_ filter: [Float], to noise: inout [Float]) {
        noise.withUnsafeMutableBufferPointer { y in
            filter.withUnsafeBufferPointer { a in
                for n in y.indices {
                    var value = y[n]
                    for k in 0..<min(a.count, n) { value -= a[k] * y[n - 1 - k] }
                    y[n] = value
                }
            }
        }
    }
}
