import Foundation
import MelSpectrogram
import Testing

@Suite("Equality with librosa")
struct LibrosaTests {
    /// The relative error of each (power + 1e-10), which is the error of its logarithm.
    private func forEachBand(
        of golden: LibrosaGolden, _ body: (_ error: Float, _ power: Float, _ strongest: Float, Comment) -> Void
    ) throws {
        let mel = try MelSpectrogram(samples: golden.signal)
        for (frame, powers) in golden.frames.enumerated() {
            try #require(powers.count == mel.bandCount)
            for (band, power) in powers.enumerated() {
                let error = abs(mel[frame: frame, band: band] - logf(power + 1e-10))
                body(error, power + 1e-10, powers.max()!, "frame \(frame), band \(band)")
            }
        }
    }

    @Test func everyMelPowerOfAVoiceIsLibrosasToOneInTenThousand() throws {
        try forEachBand(of: LibrosaGolden.load("voice")) { error, _, _, place in
            #expect(error < 1e-4, place)
        }
    }

    // librosa transforms in double precision and FFTW here in single, whose rounding follows the frame's strongest bins
    // and reaches 3e-4 of bands 75 dB under a pure tone. Such a band may differ, in amplitude, by one rounding step
    // (2^-24) of the strongest band instead.
    @Test func everyMelPowerOfTonesAndClicksIsLibrosas_toSinglePrecision() throws {
        try forEachBand(of: LibrosaGolden.load("hard")) { error, power, strongest, place in
            #expect(error < max(1e-4, 2 * exp2f(-24) * (strongest / power).squareRoot()), place)
        }
    }

    @Test func aFrameIsReadyWithItsLastWeightedSample_28SamplesBeforeLibrosas() throws {
        let golden = try LibrosaGolden.load("voice")
        let librosaFrames = 1 + (golden.samples.count - 256) / 80
        #expect(golden.frames.count == librosaFrames)

        let lastSample = MelParameters.standard.sampleRange(ofFrame: librosaFrames - 1).upperBound - 1
        #expect(lastSample == 80 * (librosaFrames - 1) + 227)
        let without = try MelSpectrogram(samples: Array(golden.signal[..<lastSample]))
        let with = try MelSpectrogram(samples: Array(golden.signal[...lastSample]))
        #expect(without.frameCount == librosaFrames - 1)
        #expect(with.frameCount == librosaFrames)
    }
}
