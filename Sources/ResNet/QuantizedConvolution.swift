/// A convolution in 8-bit integers, u8 in and u8 out: steps of the output = scales * sums + bias + shortcutScale * shortcut.
struct QuantizedConvolution {
    /// [outputs, inputs, kernel, kernel], as `weights` is arranged row-major.
    let shape: [Int]
    let weights: [Int8]
    /// For each output, what turns a sum of products of integers into steps of the output.
    let scales: [Float]
    /// For each output, in steps of the output, with the offsets of output and shortcut in it.
    let bias: [Float]
    /// What turns a step of the shortcut into steps of the output.
    let shortcutScale: Float

    /// The largest sum of two weights of the same sign that stand next to each other.
    ///
    /// CPUs without VNNI multiply pairs (`vpmaddubsw`) and keep the pair's sum in 16 bits: 255 * 128 is the most. All CPUs get the same
    /// weights, so that all give the same answers.
    static let pairMaximum: Float = 128

    init(shape: [Int], weights: [Int8], scales: [Float], bias: [Float], shortcutScale: Float) {
        precondition(weights.count == shape.reduce(1, *) && bias.count == shape[0] && scales.count == shape[0])
        self.shape = shape
        self.weights = weights
        self.scales = scales
        self.bias = bias
        self.shortcutScale = shortcutScale
    }

    /// Rounds a kernel to integers, each output channel by a step of its own.
    ///
    /// - Parameters:
    ///   - folded: the kernel, with an even number of inputs.
    ///   - input: what the input's integers stand for; values from 0 only.
    ///   - output: what the output's shall stand for.
    ///   - shortcut: what the integers stand for that are added, where there are any.
    init(_ folded: FoldedConvolution, input: QuantizedRange, output: QuantizedRange, shortcut: QuantizedRange? = nil) {
        let (outputs, inputs, area) = (folded.shape[0], folded.shape[1], folded.shape[2] * folded.shape[3])
        precondition(inputs.isMultiple(of: 2) && input.offset == 0)
        let count = inputs * area
        var scales: [Float] = []
        scales.reserveCapacity(outputs)
        weights = [Int8](unsafeUninitializedCapacity: folded.weights.count) { integers, initialized in
            folded.weights.withUnsafeBufferPointer { weights in
                for channel in 0..<outputs {
                    let kernel = UnsafeBufferPointer(rebasing: weights[channel * count..<(channel + 1) * count])
                    let step = Self.step(kernel, area: area)
                    let inverse = 1 / step
                    for i in 0..<count {
                        // Adding 1.5 * 2^23 rounds to the nearest integer, ties to even, and leaves it in the lowest bits.
                        let rounded = (kernel[i] * inverse + 0x1.8p23).bitPattern
                        integers[channel * count + i] = Int8(truncatingIfNeeded: rounded)
                    }
                    scales.append(step * input.step / output.step)
                }
            }
            initialized = folded.weights.count
        }
        shape = folded.shape
        self.scales = scales
        shortcutScale = shortcut.map { $0.step / output.step } ?? 0
        let offset = output.offset - (shortcut.map { $0.offset * $0.step / output.step } ?? 0)
        bias = folded.bias.map { $0 / output.step + offset }
    }

    /// The smallest step that keeps every weight within 127, and every pair of neighbouring inputs within `pairMaximum`, after rounding.
    private static func step(_ kernel: UnsafeBufferPointer<Float>, area: Int) -> Float {
        // Magnitudes are compared as integers, which order them alike and vectorise. Where the signs of a pair differ, its sum is
        // smaller than one of the two, which the first limit sees to.
        let magnitude: UInt32 = 0x7FFF_FFFF
        var (largest, pair) = (UInt32(0), UInt32(0))
        for value in kernel { largest = max(largest, value.bitPattern & magnitude) }
        var pairs = SIMD8<UInt32>.zero
        for start in stride(from: 0, to: kernel.count, by: 2 * area) {
            var i = start
            while i + 8 <= start + area {
                let first = UnsafeRawPointer(kernel.baseAddress! + i)
                let sum =
                    first.loadUnaligned(as: SIMD8<Float>.self)
                    + (first + 4 * area).loadUnaligned(as: SIMD8<Float>.self)
                let bits = unsafeBitCast(sum, to: SIMD8<UInt32>.self) & magnitude
                pairs.replace(with: bits, where: bits .> pairs)
                i += 8
            }
            while i < start + area {
                pair = max(pair, (kernel[i] + kernel[i + area]).bitPattern & magnitude)
                i += 1
            }
        }
        pair = max(pair, pairs.max())
        let step = max(Float(bitPattern: largest) / 127, Float(bitPattern: pair) / (pairMaximum - 0.5))
        // A channel of nothing but zeros; or of numbers so small that their inverse would be infinite.
        return step > 1e-30 ? step : 1
    }
}
