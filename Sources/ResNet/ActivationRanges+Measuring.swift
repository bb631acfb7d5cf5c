extension ActivationRanges {
    /// Measures the ranges on windows, which should be training windows, some hundreds of them.
    ///
    /// Of each tensor's values a histogram is made; the range is the one with the least mean square error, between values cut off
    /// at its end and the coarseness of its 255 (or twice 127) steps.
    ///
    /// - Parameters:
    ///   - windows: whole windows of the shape, one after the other, as `ResNet18.logits` takes them.
    ///   - weights: the network's.
    ///   - shape: the windows' size.
    /// - Throws: as `ResNet18.init`.
    public static func measured(
        on windows: Span<Float>, weights: WeightsFile, shape: NetworkShape = .standard
    ) throws(WeightsError) -> ActivationRanges {
        let network = try ResNet18(weights: weights, shape: shape, batchSize: 16)
        var logits = [Float](repeating: 0, count: windows.count / shape.inputCount * shape.classCount)
        var histograms = Dictionary(uniqueKeysWithValues: names.map { ($0, MagnitudeHistogram()) })
        // Names of operations that are none of the tensors', such as the stem's convolution, are passed over.
        var span = logits.mutableSpan
        network.logits(windows, into: &span, observing: { name, values in histograms[name]?.add(values) })
        return ActivationRanges(histograms: histograms)
    }

    /// The best ranges for the values of each tensor.
    init(histograms: [String: MagnitudeHistogram]) {
        maxima = [:]
        for (name, histogram) in histograms {
            maxima[name] = Self.headroom * histogram.bestMaximum(steps: name.contains("downsample") ? 127 : 255)
        }
    }

    /// Room for clips that are unlike the windows that the ranges were measured on: without it, of 9,612 clips one had a digit's
    /// probability changed by 0.22 against f32. Steps that are larger by so little cost nothing.
    private static var headroom: Float { 1.1 }
}

/// Counts of magnitudes in bins of equal width, from 0 to a limit that doubles as needed.
struct MagnitudeHistogram {
    private var counts = [Int](repeating: 0, count: 4096)
    private var limit: Float = 1.0 / 1024

    /// Counts values; zeros, which every range represents, are left out, and so is what is no finite number.
    mutating func add(_ values: UnsafeBufferPointer<Float>) {
        var largest: Float = 0
        for value in values where abs(value) > largest && value.isFinite { largest = abs(value) }
        while largest >= limit { double() }
        // The limit is a power of two, so the product is exact, and under the number of bins.
        let scale = Float(counts.count) / limit
        for value in values {
            let magnitude = abs(value)
            if magnitude > 0, magnitude < limit { counts[Int(magnitude * scale)] += 1 }
        }
    }

    private mutating func double() {
        for bin in 0..<counts.count / 2 { counts[bin] = counts[2 * bin] + counts[2 * bin + 1] }
        for bin in counts.count / 2..<counts.count { counts[bin] = 0 }
        limit *= 2
    }

    /// The maximum of the range with the least square error when it is divided into so many steps; never 0.
    func bestMaximum(steps: Int) -> Float {
        guard let last = counts.lastIndex(where: { $0 > 0 }) else { return 1 }
        let width = limit / Float(counts.count)
        var best = (error: Double.infinity, maximum: limit)
        // Under a third of the largest value, cutting off costs more than any finer step gains.
        for bin in stride(from: max(last / 3, 16), through: max(last + 1, 17), by: max(1, last / 200)) {
            let maximum = Float(bin) * width
            let error = squareError(maximum, step: maximum / Float(steps), width: width, last: last)
            if error < best.error { best = (error, maximum) }
        }
        return best.maximum
    }

    private func squareError(_ maximum: Float, step: Float, width: Float, last: Int) -> Double {
        var sum = 0.0
        for bin in 0...last where counts[bin] > 0 {
            let value = (Float(bin) + 0.5) * width
            // Within the range the error is anything up to half a step; over it, the distance.
            let square = value <= maximum ? step * step / 12 : (value - maximum) * (value - maximum)
            sum += Double(square) * Double(counts[bin])
        }
        return sum
    }
}
