import DigitEvents
import Synchronization
import Testing

@testable import AudioInput
@testable import DigitRecognizer

/// A microphone that does what it is told, entry by entry.
private final class ToldSource: AudioSource {
    let name = "mic"
    let stream: SourceStream

    /// - Parameter tell: puts entries into the ring; the source ends only when it is stopped.
    init(_ tell: (inout RingWriter) -> Void) throws {
        stream = try SourceStream()
        var writer = RingWriter(stream.ring)
        tell(&writer)
    }

    func stop() { stream.requestStop() }
}

extension RingWriter {
    fileprivate mutating func open() {
        announce(OpenedMarker(format: .init(sample: .float32, rate: 8000, channels: 1), deviceChannels: 1).entry)
    }

    fileprivate mutating func give(_ samples: [Float]) {
        for start in stride(from: 0, to: samples.count, by: 80) {
            let block = samples[start..<min(start + 80, samples.count)]
            let isIn = block.withUnsafeBytes {
                offer($0.baseAddress!, count: $0.count, frames: $0.count / 4, time: 0)
            }
            #expect(isIn)
        }
    }

    fileprivate mutating func tell(_ entry: RingEntry) {
        let isIn = mark(entry)
        #expect(isIn)
    }
}

@Suite struct DeviceLifeTests {
    /// Half a second of silence, the word of a digit, and half a second of silence.
    private func word(_ digit: Int) -> [Float] {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(digit)
        stream.silence(0.5)
        return stream.samples
    }

    /// The events without their times, until there are `count` of them.
    private func events(_ count: Int, of source: ToldSource) throws -> [DigitEvent] {
        var live = LiveRecognition(
            reader: try AudioReader(source), recognizer: try StreamRecognizer(classifier: ToneClassifier()))
        live.recognizer.parameters.reportsSpeech = false
        var events: [DigitEvent] = []
        var turns = 0
        try live.run(
            housekeeping: { _ in
                turns += 1
                return events.count < count && turns < 1000
            }
        ) { events.append($0) }
        return events
    }

    @Test func whatBecomesOfTheDeviceIsToldWithItsReason() throws {
        let (first, second) = (word(3), word(4))
        let source = try ToldSource { writer in
            writer.tell(DeviceLoss(code: 16).entry)  // EBUSY
            writer.open()
            writer.give(first)
            writer.tell(DeviceLoss(code: 19).entry)  // ENODEV
            writer.tell(DeviceLoss(code: 13).entry)  // EACCES
            writer.tell(RingEntry(kind: .released))
            writer.open()
            writer.give(second)
            writer.tell(DeviceLoss.silence.entry)
        }
        let told = try events(8, of: source).map { event in
            switch event {
            case .device(let device): device.state.rawValue + (device.reason.map { " " + $0.rawValue } ?? "")
            case .digit(let digit): "\(digit.digit)"
            default: "?"
            }
        }
        let expected = ["lost busy", "open", "3", "lost missing", "lost forbidden", "released", "open", "4"]
        #expect(told == expected)
    }

    @Test func lossHasItsErrorInWords() throws {
        let source = try ToldSource { $0.tell(DeviceLoss.silence.entry) }
        let expected = DigitEvent.Device(state: .lost, name: "mic", reason: .silent, error: "No sound for 2 s")
        #expect(try events(1, of: source) == [.device(expected)])
    }

    @Test func housekeepingIsCalledWithoutADevice_andMayChangeParameters() throws {
        let source = try ToldSource { $0.tell(DeviceLoss(code: 19).entry) }
        var live = LiveRecognition(
            reader: try AudioReader(source), recognizer: try StreamRecognizer(classifier: ToneClassifier()))
        var turns = 0
        try live.run(
            housekeeping: { recognizer in
                turns += 1
                recognizer.parameters.reportsLevel = true
                return turns < 5
            }
        ) { _ in }
        #expect(turns == 5)
        #expect(live.recognizer.parameters.reportsLevel)
    }

    @Test func openingIsForgottenWhereNoSoundFollows() throws {
        let samples = word(5)
        let source = try ToldSource { writer in
            writer.open()
            writer.tell(DeviceLoss(code: 19).entry)
            writer.open()
            writer.give(samples)
        }
        let events = try events(3, of: source)
        let isLostFirst = if case .device(let device) = events.first { device.state == .lost } else { false }
        #expect(isLostFirst)
        #expect(events.digits.map(\.digit) == [5])
        #expect(events.count == 3)
    }
}
