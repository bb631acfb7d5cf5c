import Foundation

/// The few functions of the C library used here, by plain names, so that no other file needs Foundation for them.
enum Math {
    static func power(_ base: Float, _ exponent: Float) -> Float { Foundation.powf(base, exponent) }
    static func power(_ base: Double, _ exponent: Double) -> Double { Foundation.pow(base, exponent) }
    static func exponential(_ x: Float) -> Float { Foundation.expf(x) }
    static func logarithm(_ x: Float) -> Float { Foundation.logf(x) }
    static func sine(_ x: Float) -> Float { Foundation.sinf(x) }

    /// A level of 1 dB as the difference of two natural logarithms of power.
    static let nepersPerDecibel: Float = 0.2302585

    /// The amplitude factor of a level in dB.
    static func amplitude(decibels: Float) -> Float { Foundation.powf(10, decibels / 20) }
    /// The level in dB of an amplitude factor above 0.
    static func decibels(amplitude: Float) -> Float { 20 * Foundation.log10f(amplitude) }
}
