import Foundation

/// A second-order filter (transposed direct form II), for the colour of microphones and rooms.
///
/// Coefficients after Bristow-Johnson, "Cookbook formulae for audio EQ biquad filter coefficients".
struct Biquad {
    private var b0: Float
    private var b1: Float
    private var b2: Float
    private var a1: Float
    private var a2: Float

    private init(b: (Double, Double, Double), a: (Double, Double, Double)) {
        b0 = Float(b.0 / a.0)
        b1 = Float(b.1 / a.0)
        b2 = Float(b.2 / a.0)
        a1 = Float(a.1 / a.0)
        a2 = Float(a.2 / a.0)
    }

    /// Butterworth high-pass with its corner at `frequency` Hz.
    static func highPass(_ frequency: Float, rate: Int) -> Biquad {
        let (c, alpha) = terms(frequency, rate: rate)
        return Biquad(b: ((1 + c) / 2, -(1 + c), (1 + c) / 2), a: (1 + alpha, -2 * c, 1 - alpha))
    }

    /// Butterworth low-pass with its corner at `frequency` Hz.
    static func lowPass(_ frequency: Float, rate: Int) -> Biquad {
        let (c, alpha) = terms(frequency, rate: rate)
        return Biquad(b: ((1 - c) / 2, 1 - c, (1 - c) / 2), a: (1 + alpha, -2 * c, 1 - alpha))
    }

    /// First-order high shelf: `decibels` above `frequency` Hz, nothing below.
    static func highShelf(_ frequency: Float, decibels: Float, rate: Int) -> Biquad {
        let gain = pow(10, Double(decibels) / 20)
        let k = tan(Double.pi * Double(frequency) / Double(rate))
        let root = gain.squareRoot()
        // Analogue prototype (s sqrt(g) + 1) / (s / sqrt(g) + 1), scaled so that direct current passes unchanged.
        return Biquad(b: (k + root, k - root, 0), a: (k + 1 / root, k - 1 / root, 0))
    }

    /// Peak or dip of `decibels` at `frequency` Hz, nothing far from it.
    ///
    /// - Parameter quality: frequency over the width between the points of half the gain in dB.
    static func peak(_ frequency: Float, decibels: Float, quality: Float, rate: Int) -> Biquad {
        let w = 2 * Double.pi * Double(frequency) / Double(rate)
        let (c, alpha) = (cos(w), sin(w) / (2 * Double(quality)))
        let root = pow(10, Double(decibels) / 40)
        return Biquad(b: (1 + alpha * root, -2 * c, 1 - alpha * root), a: (1 + alpha / root, -2 * c, 1 - alpha / root))
    }

    private static func terms(_ frequency: Float, rate: Int) -> (cosine: Double, alpha: Double) {
        let w = 2 * Double.pi * Double(frequency) / Double(rate)
        return (cos(w), sin(w) * 0.5.squareRoot())
    }

    /// Filters in place, starting from silence.
    func apply(to signal: inout [Float]) {
        var z1: Float = 0
        var z2: Float = 0
        signal.withUnsafeMutableBufferPointer { samples in
            for i in samples.indices {
                let x = samples[i]
                let y = b0 * x + z1
                z1 = b1 * x - a1 * y + z2
                z2 = b2 * x - a2 * y
                samples[i] = y
            }
        }
    }
}
