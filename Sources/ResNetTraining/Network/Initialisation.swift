import Glibc

extension TrainingNetwork {
    /// torchvision's initial values: Kaiming normal (fan out) for convolutions, ones and zeros for batch norm, uniform in
    /// 1/sqrt(512) for the head. The same seed gives the same values on every machine and thread count.
    public func initialise(seed: UInt64) throws {
        var random = SplitMix64(seed: seed &+ 0x6469_6769_7464)
        for parameter in parameters {
            let count = parameter.shape.reduce(1, *)
            if parameter.shape.count == 4 {
                let deviation = (2 / Float(parameter.shape[0] * parameter.shape[2] * parameter.shape[3])).squareRoot()
                try parameter.load((0..<count).map { _ in deviation * random.normal() })
            } else if parameter.name.hasPrefix("fc.") {
                let bound = 1 / Float(512).squareRoot()
                try parameter.load((0..<count).map { _ in (2 * random.uniform() - 1) * bound })
            } else {
                try parameter.load([Float](repeating: parameter.name.hasSuffix(".weight") ? 1 : 0, count: count))
            }
        }
        for statistic in statistics {
            let value: Float = statistic.name.hasSuffix("running_var") ? 1 : 0
            statistic.values = [Float](repeating: value, count: statistic.values.count)
        }
    }
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: small, and the same everywhere.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// Uniform in [0, 1), 24 bits.
    mutating func uniform() -> Float { Float(next() >> 40) * 0x1p-24 }

    /// Standard normal, by Box and Muller.
    mutating func normal() -> Float {
        let radius = (-2 * log(1 - uniform())).squareRoot()
        return radius * cos(2 * .pi * uniform())
    }
}
