import AudioInput
import Foundation
import Testing

@Suite struct WaveFileTests {
    @Test func writtenSamplesAreReadBack_andWhatIsBeyondFullScaleIsCutOff() throws {
        let samples: [Float] = [0, 0.5, -0.25, 1.5, -1.5, .nan, 0x1p-15] + [Float](repeating: 0.125, count: 500)
        let path = NSTemporaryDirectory() + "/digitd-wave-\(UUID().uuidString).wav"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data(WaveFile.bytes(samples: samples, rate: 8000)).write(to: URL(fileURLWithPath: path))
        let read = try AudioFile.readMono(path, rate: 8000)
        #expect(read.count == samples.count)
        let expected: [Float] = [0, 0.5, -0.25, 0x7FFFp-15, -1, 0, 0x1p-15]
        #expect(Array(read.prefix(7)) == expected)
    }
}
