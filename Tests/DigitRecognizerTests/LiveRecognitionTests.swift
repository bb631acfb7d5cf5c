import AudioInput
import DigitEvents
import Foundation
import Testing

@testable import DigitRecognizer

@Suite struct LiveRecognitionTests {
    /// A WAV file of 16-bit samples.
    static func write(_ samples: [Float]) throws -> String {
        let path = FileManager.default.temporaryDirectory.appendingPathComponent("digitd-\(UUID()).wav").path
        var data = Data()
        func append<Number: FixedWidthInteger>(_ value: Number) {
            withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
        }
        data.append(contentsOf: "RIFF".utf8)
        append(UInt32(36 + 2 * samples.count))
        data.append(contentsOf: "WAVEfmt ".utf8)
        append(UInt32(16))
        append(UInt16(1))
        append(UInt16(1))
        append(UInt32(8000))
        append(UInt32(16_000))
        append(UInt16(2))
        append(UInt16(16))
        data.append(contentsOf: "data".utf8)
        append(UInt32(2 * samples.count))
        for sample in samples { append(Int16(max(-32768, min(32767, sample * 32768)))) }
        try data.write(to: URL(fileURLWithPath: path))
        return path
    }

    static let clocks = RecognitionClocks(
        wallTime: { WallTime(millisecondsSince1970: 1_000) }, monotonicNanoseconds: { 0 })

    @Test func fileGivesItsDeviceAndItsDigits() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        for digit in [3, 1, 4] {
            stream.tone(digit)
            stream.silence(0.4)
        }
        stream.tone(1)
        let path = try Self.write(stream.samples)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var live = LiveRecognition(
            reader: try AudioReader(try FileSource(path: path)),
            recognizer: try StreamRecognizer(classifier: ToneClassifier()), clocks: Self.clocks)
        var events: [DigitEvent] = []
        try live.run { events.append($0) }

        #expect(events.first == .device(.init(state: .open, name: path, rate: 8000, channels: 1)))
        #expect(events.digits.map(\.digit) == [3, 1, 4, 1])
        #expect(events.digits.allSatisfy { $0.time == WallTime(millisecondsSince1970: 1_000) })
        #expect(events.digits.allSatisfy { $0.latencyMilliseconds == nil })
        // 16 bits change a level by less than what shows in an event.
        let direct: [[Double]] = try recognize(stream.samples).digits.map { [$0.start, $0.end, $0.at] }
        let times: [[Double]] = events.digits.map { [$0.start, $0.end, $0.at] }
        #expect(times == direct)
    }

    @Test func realTimeFileHasLatencies() throws {
        var stream = ToneStream()
        stream.silence(0.3)
        stream.tone(3)
        stream.silence(0.4)
        let path = try Self.write(stream.samples)
        defer { try? FileManager.default.removeItem(atPath: path) }
        var live = LiveRecognition(
            reader: try AudioReader(try FileSource(path: path, realtime: true)),
            recognizer: try StreamRecognizer(classifier: ToneClassifier()))
        var events: [DigitEvent] = []
        try live.run { events.append($0) }
        let digit = try #require(events.digits.first)
        let latency = try #require(digit.latencyMilliseconds)
        // The algorithm waits 70 ms; the rest is this computer's load.
        #expect((50...2000).contains(latency))
        #expect(digit.time != nil)
    }

    @Test func stopFlagEndsTheRun_andFinishesTheWord() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(3, 1)
        stream.silence(60)
        let path = try Self.write(stream.samples)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let source = try FileSource(path: path)
        var live = LiveRecognition(
            reader: try AudioReader(source), recognizer: try StreamRecognizer(classifier: ToneClassifier()))
        var hasBegun = false
        var events: [DigitEvent] = []
        try live.run(shouldStop: { hasBegun }) { event in
            events.append(event)
            if case .speech = event { hasBegun = true }
        }
        source.stop()
        #expect(events.digits.count == 1)
        #expect(live.recognizer.seconds < 2)
    }

    @Test func damageIsThrownAfterTheEventsBeforeIt() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(3)
        stream.silence(0.5)
        let path = try Self.write(stream.samples)
        defer { try? FileManager.default.removeItem(atPath: path) }
        // The header promises more than there is.
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try handle.seek(toOffset: 40)
        try handle.write(contentsOf: Data([0, 0, 0x40, 0]))
        try handle.close()
        var events: [DigitEvent] = []
        do {
            var live = LiveRecognition(
                reader: try AudioReader(try FileSource(path: path)),
                recognizer: try StreamRecognizer(classifier: ToneClassifier()))
            try live.run { events.append($0) }
        } catch let error as AudioInputError {
            // Whether a truncated file is refused is the reader's decision; its digits are not lost either way.
            #expect(!error.description.isEmpty)
        }
        #expect(events.isEmpty || events.digits.map(\.digit) == [3])
    }
}
