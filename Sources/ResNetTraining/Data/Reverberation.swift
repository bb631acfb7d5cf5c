/// A small room: the direct sound, then a decaying tail of sparse random echoes.
///
/// Velvet noise (random signs at about 1,500 echoes a second) sounds like Gaussian noise of the same decay and costs a
/// fifth of the multiplications. Source: Valimaki et al., "Late reverberation synthesis using filtered velvet noise" (2017).
struct Reverberation {
    private static let echoesPerSecond: Float = 1_500
    /// The tail ends where it has decayed by this much.
    private static let tailDecibels: Float = 40

    /// Adds a room to `signal`, which grows by the tail.
    ///
    /// - Parameters:
    ///   - decayTime: RT60 in seconds.
    ///   - directRatio: energy of the direct sound over that of the tail, in dB.
    static func apply(
        to signal: inout [Float], dry: inout [Float], decayTime: Float, directRatio: Float, rate: Int,
        random: inout SeededRandom
    ) {
        let tail = Int(decayTime * tailDecibels / 60 * Float(rate))
        let spacing = Float(rate) / echoesPerSecond
        // The first echo comes after 2 to 12 ms: a table top, a wall nearby.
        var position = random.uniform(in: 0.002...0.012) * Float(rate)
        var echoes: [(offset: Int, gain: Float)] = []
        var energy: Float = 0
        while Int(position) < tail {
            let decay = Math.power(10, -3 * position / Float(rate) / decayTime)
            let gain = random.chance(0.5) ? decay : -decay
            echoes.append((Int(position), gain))
            energy += gain * gain
            position += spacing * random.uniform(in: 0.3...1.7)
        }
        guard energy > 0 else { return }
        let scale = Math.amplitude(decibels: -directRatio) / energy.squareRoot()
        dry.removeAll(keepingCapacity: true)
        dry.append(contentsOf: signal)
        signal.append(contentsOf: repeatElement(0, count: tail))
        let count = dry.count
        dry.withUnsafeBufferPointer { source in
            signal.withUnsafeMutableBufferPointer { target in
                for echo in echoes {
                    let gain = echo.gain * scale
                    let shifted = UnsafeMutableBufferPointer(rebasing: target[echo.offset..<echo.offset + count])
                    for i in 0..<count { shifted[i] += gain * source[i] }
                }
            }
        }
    }
}
