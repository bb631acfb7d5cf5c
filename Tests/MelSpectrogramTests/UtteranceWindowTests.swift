import MelSpectrogram
import Testing

@Suite("The network's window")
struct UtteranceWindowTests {
    private let bands = 40
    private let columns = 96

    /// The window of an utterance whose every value tells its frame and band, and of a background of `-1 - band / 100`.
    private func window(frames: Int) -> [Float] {
        let utterance = (0..<frames * bands).map { Float($0 / bands + 1) + Float($0 % bands) / 100 }
        let background = (0..<bands).map { -1 - Float($0) / 100 }
        return filled(utterance: utterance, background: background)
    }

    /// What `window(frames:)` should be, computed the plain way.
    private func expected(frames: Int) -> [Float] {
        let firstColumn = (columns - min(frames, columns)) / 2
        let firstFrame = (frames - min(frames, columns)) / 2
        let raw: [Double] = (0..<bands * columns).map { index in
            let (band, column) = (index / columns, index % columns)
            let frame = column - firstColumn + firstFrame
            let inside = column >= firstColumn && frame < frames
            return inside ? Double(frame + 1) + Double(band) / 100 : -1 - Double(band) / 100
        }
        let mean = raw.reduce(0, +) / Double(raw.count)
        let variance = raw.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(raw.count)
        return raw.map { Float(($0 - mean) / (variance.squareRoot() + 1e-3)) }
    }

    @Test(arguments: [0, 1, 2, 31, 50, 95, 96, 97, 98, 150, 401])
    func theUtteranceIsCentredInItsBackgroundAndNormalised(frames: Int) {
        let actual = window(frames: frames)
        for (index, pair) in zip(actual, expected(frames: frames)).enumerated() {
            #expect(
                abs(pair.0 - pair.1) < 1e-4, "\(frames) frames, band \(index / columns), column \(index % columns)")
        }
    }

    private func filled(utterance: [Float], background: [Float]) -> [Float] {
        var output = [Float](repeating: .nan, count: bands * columns)
        var span = output.mutableSpan
        UtteranceWindow.fill(&span, utterance: utterance.span, background: background.span)
        return output
    }

    @Test func gainMakesNoDifference() throws {
        let quiet = try MelSpectrogram(samples: noise(5000, amplitude: 0.01))
        let loud = MelSpectrogram(bandCount: 40, values: quiet.values.map { $0 + 4 })
        let windows = [quiet, loud].map { mel in
            filled(
                utterance: Array(mel.values[400..<1600]),
                background: UtteranceWindow.estimateBackground(mel, excluding: 10..<40))
        }
        for (a, b) in zip(windows[0], windows[1]) { #expect(abs(a - b) < 1e-4) }
    }

    @Test func aConstantWindowIsZeroAndNotInfinite() {
        let constant = [Float](repeating: -23, count: bands)
        let output = filled(utterance: constant, background: constant)
        #expect(output.allSatisfy { abs($0) < 1e-2 })
    }

    /// Frames of two bands: frame `i` holds `levels[i]` and `levels[i] + 100`.
    private func spectrogram(_ levels: [Float]) -> MelSpectrogram {
        MelSpectrogram(bandCount: 2, values: levels.flatMap { [$0, $0 + 100] })
    }

    @Test func theBackgroundIsTheMeanOfTheFramesOutsideTheUtterance() {
        let s = spectrogram([1, 2, 50, 60, 70, 3, 4, 5])
        #expect(UtteranceWindow.estimateBackground(s, excluding: 2..<5) == [3, 103])
        #expect(UtteranceWindow.estimateBackground(s, excluding: 2..<2) == [24.375, 124.375])
    }

    @Test func theQuietestFramesAreTheBackgroundOfATrimmedClip() {
        let few = spectrogram([9, 1, 50, 2, 6, 70])
        #expect(UtteranceWindow.estimateBackground(few, excluding: 1..<6) == [3, 103])
        let many = spectrogram((0..<50).map { Float(($0 * 7) % 50) })
        #expect(UtteranceWindow.estimateBackground(many, excluding: -5..<100) == [2, 102])
    }

    @Test func theBackgroundOfNothingIsSilence() {
        let silence = UtteranceWindow.estimateBackground(MelSpectrogram(bandCount: 40, values: []), excluding: 0..<0)
        #expect(silence == Array(repeating: MelParameters.standard.silence, count: 40))
    }
}
