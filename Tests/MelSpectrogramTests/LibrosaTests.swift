import Foundation
import MelSpectrogram
import Testing

@Suite("Equality with librosa")
struct LibrosaTests {
    @Test func everyMelPowerIsLibrosasToOneInTenThousand() throws {
        let golden = try LibrosaGolden.load()
        let mel = try MelSpectrogram(samples: golden.signal)
        var worst: (error: Float, frame: Int, band: Int) = (0, 0, 0)
        for (frame, powers) in golden.frames.enumerated() {
            try #require(powers.count == mel.bandCount)
            for (band, power) in powers.enumerated() {
                // The logarithm's absolute error is the relative error of (power + floor).
                let error = abs(mel[frame: frame, band: band] - logf(power + 1e-10))
                if !(error <= worst.error) { worst = (error, frame, band) }
            }
        }
        print("WORST", worst)
        #expect(worst.error < 1e-4, "frame \(worst.frame) band \(worst.band)")
    }

    @Test func framesStartWhereLibrosasDoAndOnlyTheTailHasMore() throws {
        let golden = try LibrosaGolden.load()
        #expect(golden.frames.count == 1 + (golden.samples.count - 256) / 80)
        // 228 + 80 * 57 samples: the 58th frame is complete, while librosa's block of 256 would not be.
        let mel = try MelSpectrogram(samples: Array(golden.signal.prefix(228 + 80 * 57)))
        #expect(mel.frameCount == 58)
        #expect(1 + (228 + 80 * 57 - 256) / 80 == 57)
    }
}
