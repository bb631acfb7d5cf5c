import DigitRecognizer
import Foundation
import Testing

@Suite struct SpeechLevelTests {
    private func sine(_ count: Int, amplitude: Float) -> [Float] {
        (0..<count).map { amplitude * Float(sin(2 * .pi * 400 * Double($0) / 8000)) }
    }

    @Test func levelsAreThoseOfSines() throws {
        let samples = sine(4000, amplitude: 0.01) + sine(2400, amplitude: 0.1)
        let level = SpeechLevel(samples: samples, speech: 4000..<6400)
        #expect(abs(level.word + 20) < 0.1)
        #expect(abs(try #require(level.background) + 40) < 0.1)
        #expect(level.clipped == 0)
    }

    @Test func samplesAtFullScaleAreCounted_andShortBackgroundIsNone() {
        var samples = sine(2400, amplitude: 0.5)
        samples[1000] = 1
        samples[1001] = -0.99
        let level = SpeechLevel(samples: samples, speech: 900..<2400)
        #expect(level.clipped == 2)
        #expect(level.background == nil)
    }

    @Test(arguments: [0..<0, 0..<10, 5..<50, 90..<200]) func anyRangeIsMeasured(speech: Range<Int>) {
        let level = SpeechLevel(samples: [Float](repeating: 0, count: 100), speech: speech)
        #expect(level.word == -100)
    }

    @Test func historyKeepsTheLastSamplesByPosition() {
        var history = SampleHistory(capacity: 100)
        var next: Float = 0
        for count in [1, 99, 150, 7, 300, 43] {
            let chunk = (0..<count).map { _ in
                next += 1
                return next - 1
            }
            history.append(chunk.span)
        }
        #expect(history.positions.upperBound == 600)
        #expect(history.positions.count >= 100)
        #expect(history.samples(550..<553) == [550, 551, 552])
        #expect(history.samples(598..<700) == [598, 599])
        #expect(history.samples(0..<10) == [])
    }
}
