/// The small generator behind every random choice of the training data (xoshiro256**, seeded through SplitMix64).
///
/// `SystemRandomNumberGenerator` cannot be seeded, and the same `--seed` must give the same windows whatever the number
/// of threads. So nothing shares a generator: each window owns one, made from (seed, epoch, position).
/// Source: Blackman and Vigna, "Scrambled linear pseudorandom number generators" (2018). Not for secrets.
public struct SeededRandom: RandomNumberGenerator, Sendable {
    private var s0: UInt64
    private var s1: UInt64
    private var s2: UInt64
    private var s3: UInt64

    /// A generator whose sequence depends on all three numbers.
    public init(seed: UInt64, epoch: Int = 0, position: Int = 0) {
        var state = seed
        state = Self.splitMix(&state) ^ UInt64(bitPattern: Int64(epoch))
        state = Self.splitMix(&state) ^ UInt64(bitPattern: Int64(position))
        s0 = Self.splitMix(&state)
        s1 = Self.splitMix(&state)
        s2 = Self.splitMix(&state)
        s3 = Self.splitMix(&state)
    }

    private static func splitMix(_ state: inout UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }

    /// 64 random bits.
    @inline(__always)
    public mutating func next() -> UInt64 {
        let product = s1 &* 5
        let result = ((product << 7) | (product >> 57)) &* 9
        let t = s1 << 17
        s2 ^= s0
        s3 ^= s1
        s1 ^= s2
        s0 ^= s3
        s2 ^= t
        s3 = (s3 << 45) | (s3 >> 19)
        return result
    }

    /// A number in 0..<1 with 24 random bits.
    @inline(__always)
    public mutating func uniform() -> Float {
        Float(next() >> 40) * 0x1p-24
    }

    /// A number in `range`, uniform.
    @inline(__always)
    public mutating func uniform(in range: ClosedRange<Float>) -> Float {
        range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
    }

    /// A number in `range`, uniform in its logarithm; both bounds over 0.
    public mutating func logUniform(in range: ClosedRange<Float>) -> Float {
        range.lowerBound * Math.power(range.upperBound / range.lowerBound, uniform())
    }

    /// A number in 0..<1 with 53 random bits.
    public mutating func uniformDouble() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    /// An index in 0..<count; `count` is over 0. Its bias (under 2^-40 for any count in use) does not matter here.
    @inline(__always)
    public mutating func index(below count: Int) -> Int {
        Int(next().multipliedFullWidth(by: UInt64(count)).high)
    }

    /// An index in `range`, bounds included.
    public mutating func integer(in range: ClosedRange<Int>) -> Int {
        range.lowerBound + index(below: range.count)
    }

    /// True with the given probability (0...1).
    @inline(__always)
    public mutating func chance(_ probability: Float) -> Bool {
        uniform() < probability
    }

    /// Near-Gaussian noise of mean 0 and variance 1: the sum of four 16-bit uniforms of one draw (Irwin-Hall).
    ///
    /// Its tails end at 3.5 deviations, which no ear and no mel band notices, and it costs one draw and no logarithm.
    @inline(__always)
    public mutating func gaussian() -> Float {
        let bits = next()
        let sum =
            Int32(bits & 0xFFFF) + Int32((bits >> 16) & 0xFFFF) + Int32((bits >> 32) & 0xFFFF) + Int32(bits >> 48)
        // Each has variance 65536^2 / 12; four of them: deviation 65536 / sqrt(3).
        return Float(sum - 131_070) * (1.732_050_8 / 65_536)
    }
}
