import Foundation
import MelSpectrogram
import Testing

@Suite struct SpeedWarpTests {
    private static let bands = MelParameters.standard.bandCount
    private static let frames = MelParameters.standard.windowFrames

    private static func warped(_ window: [Float], by speed: Double) -> [Float] {
        var output = [Float](repeating: 0, count: window.count)
        var span = output.mutableSpan
        SpeedWarp(speed: speed).apply(window.span, into: &span)
        return output
    }

    /// A window with a tone of `hertz` for so many frames in its middle, as `UtteranceWindow` would make it.
    private static func tone(_ hertz: Float, _ count: Int) throws -> [Float] {
        let parameters = MelParameters.standard
        let samples = (0..<8_000).map { i in sinf(2 * .pi * hertz * Float(i) / 8_000) * 0.5 }
        let spectrum = try MelSpectrogram(samples: samples, parameters: parameters)
        let utterance = Array(spectrum.values[0..<count * bands])
        var window = [Float](repeating: 0, count: bands * frames)
        var span = window.mutableSpan
        UtteranceWindow.fill(
            &span, utterance: utterance.span, background: [Float](repeating: -12, count: bands).span)
        return window
    }

    /// The band of most power in the middle, and the number of columns in which it stands out.
    private static func peak(_ window: [Float]) -> (band: Int, columns: Int) {
        let middle = frames / 2
        let band = (0..<bands).max { window[$0 * frames + middle] < window[$1 * frames + middle] } ?? 0
        let half = (window[band * frames + middle] + window[band * frames]) / 2
        return (band, (0..<frames).count { window[band * frames + $0] > half })
    }

    @Test func ownSpeedChangesNothing() throws {
        let window = try Self.tone(700, 40)
        let differences = zip(window, Self.warped(window, by: 1)).map { abs($0 - $1) }
        #expect(differences.max()! < 0.01)
    }

    /// At 1.12 times the speed a tone of 1,500 Hz is one of 1,680 Hz, for less long: as the window of that tone.
    @Test(arguments: [0.88, 1.12]) func frequenciesRiseAndTimesShrinkWithTheSpeed(_ speed: Double) throws {
        let window = try Self.tone(1_500, 50)
        let found = Self.peak(Self.warped(window, by: speed))
        let expected = Self.peak(try Self.tone(Float(1_500 * speed), Int(50 / speed)))
        #expect(abs(found.band - expected.band) <= 1 && found.band != Self.peak(window).band, "\(found), \(expected)")
        #expect(abs(found.columns - expected.columns) <= 1, "\(found), \(expected)")
    }

    /// The result has a mean of 0 and a deviation of 1, whatever went in.
    @Test(arguments: [0.5, 0.88, 1.12, 2]) func windowsAreNormalised(_ speed: Double) throws {
        let window = try Self.tone(300, 30)
        let output = Self.warped(window, by: speed)
        let mean = output.reduce(0, +) / Float(output.count)
        let variance = output.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Float(output.count)
        #expect(abs(mean) < 1e-3 && abs(variance - 1) < 1e-2)
        #expect(Self.warped([Float](repeating: 3, count: window.count), by: speed).allSatisfy { $0 == 0 })
    }
}
