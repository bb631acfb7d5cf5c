import Foundation
import Testing

@testable import ResNetTraining

@Suite struct BiquadTests {
    /// What filters give at frequencies where the formulas say it: the corner, far below and far above.
    @Test func gainsAreThoseOfTheFormulas() {
        let half = -3.01 as Float
        let cases: [(Biquad, [(frequency: Float, decibels: Float)])] = [
            (.highPass(400, rate: 8_000), [(400, half), (40, -40), (3_900, 0)]),
            (.lowPass(1_000, rate: 8_000), [(1_000, half), (50, 0), (3_900, -70)]),
            (.highShelf(1_000, decibels: 6, rate: 8_000), [(10, 0), (1_000, 3), (3_990, 6)]),
            (.highShelf(1_000, decibels: -6, rate: 8_000), [(10, 0), (1_000, -3), (3_990, -6)]),
            (.peak(1_000, decibels: 12, quality: 2, rate: 8_000), [(1_000, 12), (20, 0), (3_990, 0)]),
            (.peak(2_500, decibels: -12, quality: 0.7, rate: 8_000), [(2_500, -12), (10, 0), (3_999, 0)]),
        ]
        for (i, (filter, points)) in cases.enumerated() {
            for (frequency, decibels) in points {
                let found = gain(filter, frequency)
                // Below -40 dB only the order of magnitude counts.
                #expect(abs(found - decibels) < (decibels < -30 ? 6 : 0.1), "\(i): \(found) dB at \(frequency) Hz")
            }
        }
    }

    @Test func aPeaksWidthIsItsFrequencyOverItsQuality() {
        let filter = Biquad.peak(800, decibels: 10, quality: 2, rate: 8_000)
        // Half of the gain in dB is at frequencies whose product is that of the centre (the bilinear transform moves them a little).
        let lower = (500...800).last { gain(filter, Float($0)) < 5 } ?? 0
        let upper = (800...1_200).first { gain(filter, Float($0)) < 5 } ?? 0
        #expect(abs(upper - lower - 400) < 30, "\(lower), \(upper)")
    }

    /// In dB, of the impulse response's spectrum.
    private func gain(_ filter: Biquad, _ frequency: Float) -> Float {
        var signal = [Float](repeating: 0, count: 8_000)
        signal[0] = 1
        filter.apply(to: &signal)
        var (real, imaginary) = (0.0, 0.0)
        for (i, value) in signal.enumerated() {
            let angle = 2 * Double.pi * Double(frequency) * Double(i) / 8_000
            real += Double(value) * cos(angle)
            imaginary += Double(value) * sin(angle)
        }
        return Float(10 * log10(real * real + imaginary * imaginary))
    }
}
