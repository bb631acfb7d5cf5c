import Foundation

/// The power of a frame in the band of speech, computed from its log mel powers, so that a picture of a spectrogram gives
/// the energies of its sound.
///
/// A mel filter is a triangle of unit area in Hz; multiplied by its area before that (half its width in Hz) it is a
/// triangle of unit height, and neighbouring triangles of unit height add up to 1. The weighted sum of the band powers is
/// therefore the power of the FFT's bins in the band. A cost of one exponential a band; no allocation.
public struct SpeechBandEnergy: Sendable {
    /// Bands whose centre lies under this frequency (in Hz) do not count: mains hum and its harmonics, handling noise and
    /// the offset of cheap converters live there, and of speech only part of the lowest voices' fundamental.
    public static let lowestCentre = 200.0

    private let firstBand: Int
    private let scales: [Float]

    /// The energy of frames of this front end. Without a band above `lowestCentre`, all bands count.
    public init(_ p: MelParameters = .standard) {
        let edges = MelFilterBank(p).edges
        let first = (0..<p.bandCount).first { edges[$0 + 1] >= Self.lowestCentre } ?? 0
        // By Parseval a sine of full scale puts (fftLength / 2) * sum(window^2) / 2 into the half spectrum, and the sum
        // of a squared periodic Hann window is 3/8 of its length: 4,800 for the standard numbers.
        let fullScale = Double(p.fftLength) / 4 * 3 / 8 * Double(p.windowLength)
        firstBand = first
        scales = (first..<p.bandCount).map { Float((edges[$0 + 2] - edges[$0]) / 2 / fullScale) }
    }

    /// The level of one frame in dB relative to a sine of full scale: 0 for that sine in mid-band, about -101 for digital
    /// silence.
    /// - Parameter frame: Natural logarithms of mel powers, one a band, lowest first.
    public func decibels(_ frame: Span<Float>) -> Float {
        precondition(frame.count == firstBand + scales.count, "one value a band")
        let sum = frame.withUnsafeBytes { frame in
            scales.withUnsafeBytes { scales in
                var sums = SIMD4<Float>.zero
                let (count, first) = (scales.count / 4, firstBand * 4)
                var index = 0
                while index + 4 <= count {
                    let levels = frame.loadUnaligned(fromByteOffset: first + 4 * index, as: SIMD4<Float>.self)
                    sums +=
                        scales.loadUnaligned(fromByteOffset: 4 * index, as: SIMD4<Float>.self) * VectorMath.exp(levels)
                    index += 4
                }
                if index < count {
                    // What is missing to four has no weight.
                    var (levels, weights) = (SIMD4<Float>.zero, SIMD4<Float>.zero)
                    for lane in 0..<count - index {
                        levels[lane] = frame.loadUnaligned(fromByteOffset: first + 4 * (index + lane), as: Float.self)
                        weights[lane] = scales.loadUnaligned(fromByteOffset: 4 * (index + lane), as: Float.self)
                    }
                    sums += weights * VectorMath.exp(levels)
                }
                return sums.sum()
            }
        }
        return 10 * log10f(sum)
    }

    /// The level of every frame of a spectrogram, in dB relative to a sine of full scale.
    public func decibels(_ spectrogram: MelSpectrogram) -> [Float] {
        let values = spectrogram.values.span
        let count = spectrogram.bandCount
        return (0..<spectrogram.frameCount).map { decibels(values.extracting($0 * count..<($0 + 1) * count)) }
    }
}
