import Logging
import Synchronization
import Testing

@testable import AudioInput

/// Log lines that a test looks at.
private final class LogLines: LogHandler, Sendable {
    let lines = Mutex<[String]>([])
    var logLevel: Logger.Level {
        get { .trace }
        set {}
    }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }
    func log(event: LogEvent) { lines.withLock { $0.append("\(event.message)") } }
}

@Suite struct ChannelTests {
    private let scratch = ScratchDirectory()

    /// A file of interleaved channels.
    private func file(_ channels: [[Float]], rate: Int = 8000) -> String {
        let frames = channels[0].count
        let interleaved = (0..<frames).flatMap { frame in channels.map { $0[frame] } }
        return scratch.write(
            "c.wav", waveBytes(data: interleaved.bytes, rate: rate, channels: channels.count, bits: 32, tag: 3))
    }

    private func read(_ path: String, _ channel: CaptureChannel = .mix, block: Int = 4096) throws -> [Float] {
        try readAll(
            try FileSource(path: path, realtime: false, channel: channel, blockFrames: block, ringCapacity: nil)
        )
        .samples
    }

    private func mean(_ channels: [[Float]]) -> [Float] {
        (0..<channels[0].count).map { frame in
            channels.reduce(Float(0)) { $0 + $1[frame] } / Float(channels.count)
        }
    }

    @Test func oneChannelIsHeardAlone() throws {
        let channels = (1...6).map { noise16(20_000, seed: UInt32($0)).floats }
        let path = file(channels)
        for (number, samples) in channels.enumerated() { #expect(try read(path, .number(number)) == samples) }
        #expect(try read(path) == mean(channels))
    }

    @Test(arguments: [(1, 3, "one channel, of number 0,"), (6, 6, "6 channels, of numbers 0 to 5,")])
    func aNumberThatIsNotThereIsAnError(channels: Int, number: Int, words: String) throws {
        let path = file((0..<channels).map { _ in [Float](repeating: 0.1, count: 100) })
        let error = #expect(throws: AudioInputError.self) { try FileSource(path: path, channel: .number(number)) }
        #expect(error == .notUsable(input: path, reason: "it has \(words) and no channel \(number)"))
    }

    @Test func textsAreMixOrANumber() {
        #expect(CaptureChannel("mix") == .mix)
        for number in [0, 5, 254] { #expect(CaptureChannel("\(number)")?.text == "\(number)") }
        for wrong in ["", "left", "-1", "255", "1.0", "+1", "01", "MIX"] { #expect(CaptureChannel(wrong) == nil) }
    }

    // MARK: Channels that cancel each other out

    /// Two words of speech-like sound with quiet before, between and after them.
    private func words(_ rate: Int = 8000) -> [Float] {
        var samples = [Float](repeating: 0, count: 3 * rate)
        for start in [rate / 2, 2 * rate] {
            for index in 0..<rate / 2 { samples[start + index] = sine(rate, frequency: 300, rate: rate)[index] }
        }
        return samples
    }

    @Test func inverseChannelsAreHeardAsTheStrongerOne_withoutAFlutter() throws {
        let signal = words()
        // Each microphone has a noise of its own, so that between the words nothing cancels out.
        let (left, right) = (noise16(signal.count, seed: 1).floats, noise16(signal.count, seed: 2).floats)
        let channels = [
            zip(signal, left).map { $0 + $1 * 0.003 }, zip(signal, right).map { $0 * -0.9 + $1 * 0.003 },
        ]
        let heard = try read(file(channels))
        // 30 ms after the beginning of the first word it is the left channel, to the end.
        let begin = 8000 / 2 + 400
        #expect(Array(heard[begin...]) == Array(channels[0][begin...]))
        #expect(heard[..<4000].elementsEqual(mean(channels)[..<4000]))
    }

    @Test func samplesAreTheSameAtAnyChunking() throws {
        let signal = words()
        let path = file([signal, signal.map { -$0 }, noise16(signal.count).floats.map { $0 * 0.01 }])
        let whole = try read(path)
        for block in [1, 37, 80, 1000] { #expect(try read(path, block: block) == whole, "block \(block)") }
        #expect(whole.map(abs).max()! > 0.4)
    }

    @Test func soundThatNoLongerCancelsOutIsMixedAgain() throws {
        let signal = words()
        let other = noise16(24_000, seed: 3).floats
        let channels = [signal + other, signal.map { -$0 } + other.map { $0 * 0.5 }]
        let heard = try read(file(channels))
        #expect(Array(heard[40_000...]) == Array(mean(channels)[40_000...]))
    }

    @Test(arguments: [0, 1]) func channelsThatHaveNothingToDoWithEachOtherAreMixed(silent: Int) throws {
        // Also where one of them is dead.
        let channels = [
            noise16(20_000, seed: 1).floats, noise16(20_000, seed: 2).floats.map { $0 * Float(1 - silent) },
        ]
        #expect(try read(file(channels)) == mean(channels))
    }

    @Test func itIsLoggedOnce() throws {
        let log = LogLines()
        let path = file([words() + words(), (words() + words()).map { -$0 }])
        _ = try readAll(try FileSource(path: path, logger: Logger(label: "test") { _ in log }))
        #expect(log.lines.withLock { $0 } == [cancelledChannels(path)])
    }
}

@Suite struct OffsetTests {
    private let scratch = ScratchDirectory()

    private func read(_ samples: [Float], block: Int = 4096) throws -> [Float] {
        let path = scratch.write("o.wav", waveBytes(data: samples.bytes, bits: 32, tag: 3))
        return try readAll(try FileSource(path: path, realtime: false, blockFrames: block, ringCapacity: nil)).samples
    }

    /// Quiet speech-like sound.
    private var quiet: [Float] { sine(16_000, frequency: 400, rate: 8000).map { $0 * 0.006 } }

    @Test func offsetIsTakenOff() throws {
        let heard = try read(quiet.map { $0 + 0.1 })
        // After 20 ms to know it and three time constants of 8 ms.
        for (index, (sample, expected)) in zip(heard, quiet).enumerated() where index > 400 {
            guard abs(sample - expected) > 0.000_4 else { continue }
            Issue.record("sample \(index) is \(sample), not \(expected)")
            return
        }
        #expect(try read(quiet.map { $0 + 0.1 }, block: 7) == heard)
    }

    @Test func soundWithoutAnOffsetIsHeardBitForBit() throws {
        for samples in [quiet, noise16(16_000).floats, sine(16_000, frequency: 60, rate: 8000)] {
            #expect(try read(samples) == samples)
        }
        let path = packagedRecording
        var file = try MonoFile(path: path)
        var plain: [Float] = []
        while case let block = try file.readBlock(), !block.isEmpty { plain += block }
        #expect(try AudioFile.readMono(path, rate: file.rate) == plain)
    }

    @Test func offsetThatGoesIsLetGo() throws {
        let samples = quiet.map { $0 + 0.1 } + noise16(80_000).floats
        #expect(try read(samples).suffix(1000) == samples.suffix(1000))
    }
}

/// A recording that comes with the package.
private let packagedRecording: String = {
    let file = "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
    return file + "/Audio/digits/7/flite-slt_0.flac"
}()
