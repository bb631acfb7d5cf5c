import AudioInput
import DigitEvents
import Foundation
import Testing

@testable import DigitRecognizer

@Suite struct SoundWatchTests {
    private func hear(_ watch: inout SoundWatch, _ seconds: Double, amplitude: Float) -> SoundWatch.Change? {
        var change: SoundWatch.Change?
        for _ in 0..<Int(seconds * 100) {
            let samples = (0..<80).map { $0 % 2 == 0 ? amplitude : -amplitude }
            change = watch.hear(samples.span) ?? change
        }
        return change
    }

    @Test(arguments: [0, 0.000_01] as [Float]) func fiveSecondsWithoutSoundAreToldOnce(amplitude: Float) {
        var watch = SoundWatch()
        #expect(hear(&watch, 1, amplitude: 0.01) == nil)
        #expect(hear(&watch, 4.9, amplitude: amplitude) == nil)
        #expect(hear(&watch, 0.1, amplitude: amplitude) == .silent)
        #expect(hear(&watch, 20, amplitude: amplitude) == nil)
        #expect(hear(&watch, 0.1, amplitude: 0.000_1) == .sound)
        #expect(hear(&watch, 4.9, amplitude: amplitude) == nil)
    }

    @Test func quietRoomIsSound() {
        var watch = SoundWatch()
        // -86 dB: the last two bits of 16.
        #expect(hear(&watch, 60, amplitude: 0.000_05) == nil)
        #expect(abs((watch.levelDecibels ?? 0) + 83) < 1)
        _ = hear(&watch, 1, amplitude: 0)
        #expect(watch.levelDecibels == -120)
    }
}

@Suite struct MuteTests {
    /// Words with silence between them, as events of a run that is muted while `muted` says so of the number of samples
    /// heard.
    private func events(_ samples: [Float], muted: @escaping (Int) -> Bool = { _ in false }) throws -> [DigitEvent] {
        let path = try LiveRecognitionTests.write(samples)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var live = LiveRecognition(
            reader: try AudioReader(try FileSource(path: path)),
            recognizer: try StreamRecognizer(classifier: ToneClassifier()), clocks: LiveRecognitionTests.clocks)
        var heard = 0
        var events: [DigitEvent] = []
        try live.run(
            isMuteWished: { muted(heard) }, hearing: { heard += $0.count }, housekeeping: { _ in true }
        ) { events.append($0) }
        return events
    }

    private func words(_ digits: [Int], silence: Double = 0.6) -> [Float] {
        var stream = ToneStream()
        for digit in digits {
            stream.silence(silence)
            stream.tone(digit)
        }
        stream.silence(0.6)
        return stream.samples
    }

    @Test func whatIsSaidWhileMutedIsNotRecognised_andTimesGoOn() throws {
        let samples = words([3, 1, 4])
        let plain = try events(samples)
        let words = plain.digits
        #expect(words.map(\.digit) == [3, 1, 4])
        // In the silences around the second word.
        let begin = Int((words[0].end + 0.3) * 8000)
        let end = Int((words[1].end + 0.3) * 8000)
        let muted = try events(samples) { (begin..<end).contains($0) }
        #expect(muted.digits.map(\.digit) == [3, 4])
        #expect(muted.compactMap { if case .mute(let mute) = $0 { mute.muted } else { nil } } == [true, false])
        let last = try #require(muted.digits.last)
        #expect(abs(last.start - words[2].start) < 0.03)
    }

    @Test func openSourceWithoutSoundIsTold_andItsReturn() throws {
        var stream = ToneStream()
        stream.silence(0.6)
        stream.tone(3)
        stream.silence(0.6)
        let end = words([1])
        let heard = try events(stream.samples + [Float](repeating: 0, count: 48_000) + end)
        let devices = heard.compactMap { if case .device(let device) = $0 { device } else { nil } }
        #expect(devices.map(\.reason) == [nil, .silent, nil])
        #expect(devices.allSatisfy { $0.state == .open && $0.rate == 8000 })
        #expect(heard.digits.map(\.digit) == [3, 1])
    }
}
