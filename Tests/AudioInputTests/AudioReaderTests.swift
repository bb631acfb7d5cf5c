import CSndFile
import Glibc
import Logging
import Testing

@testable import AudioInput

/// Everything that a source gives, to its end, in reads of the sizes that `chunk` says.
func readAll(
    _ source: any AudioSource, chunk: () -> Int = { 800 }
) throws -> (samples: [Float], markers: [AudioReading]) {
    var reader = try AudioReader(source)
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 8192)
    defer { buffer.deallocate() }
    var samples: [Float] = []
    var markers: [AudioReading] = []
    while true {
        let part = UnsafeMutableBufferPointer(rebasing: buffer[..<chunk()])
        switch try reader.read(into: part, timeout: .seconds(10)) {
        case .samples(let count): samples += part[..<count]
        case .end:
            let (again, position) = (try reader.read(into: part, timeout: .zero), reader.position)
            #expect(again == .end)
            #expect(position == samples.count)
            return (samples, markers)
        case .timeout:
            Issue.record("no sound for 10 s")
            return (samples, markers)
        case let marker: markers.append(marker)
        }
    }
}

@Suite struct AudioReaderTests {
    let scratch = ScratchDirectory()

    @Test(arguments: [8000, 11_025, 16_000, 44_100, 48_000, 192_000])
    func samplesAreTheSameAtAnyChunking(rate: Int) throws {
        let path = scratch.write("a.wav", waveBytes(data: noise16(rate * 3 / 2).bytes, rate: rate))
        let whole = try AudioFile.readMono(path, rate: 8000)
        #expect(abs(whole.count - 12_000) <= 1)
        for (block, seed) in [(1, 1), (37, 2), (rate / 100, 3), (4096, 4)] as [(Int, UInt64)] {
            var random = LinearRandom(state: seed)
            let source = try FileSource(path: path, realtime: false, blockFrames: block, ringCapacity: 65_536 * 4)
            let (samples, markers) = try readAll(source) { Int.random(in: 1...3000, using: &random) }
            #expect(samples == whole, "block \(block)")
            #expect(markers == [.opened(name: path, rate: rate, channels: 1)])
        }
    }

    @Test func samplesOfAFullRingAreWaitedFor() throws {
        let path = scratch.write("a.wav", waveBytes(data: noise16(200_000).bytes))
        let source = try FileSource(path: path, realtime: false, blockFrames: 100, ringCapacity: 16_384)
        #expect(try readAll(source).samples == noise16(200_000).floats)
    }

    @Test func damageFurtherOnIsThrownBehindTheSamples() throws {
        var samples = noise16(20_000).floats
        samples[15_000] = .nan
        let path = scratch.write("a.wav", waveBytes(data: samples.bytes, bits: 32, tag: 3))
        var reader = try AudioReader(try FileSource(path: path))
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 8192)
        defer { buffer.deallocate() }
        var thrown: AudioInputError?
        do throws(AudioInputError) {
            while try reader.read(into: buffer, timeout: .seconds(5)) != .end {}
        } catch { thrown = error }
        #expect(thrown == .notUsable(input: path, reason: "it holds samples that are not numbers"))
        let (position, after) = (reader.position, try reader.read(into: buffer, timeout: .zero))
        #expect(position == 12_288)
        #expect(after == .end)
    }

    @Test func realtimeTakesItsTimeAndHasCaptureTimes() throws {
        let path = scratch.write("a.wav", waveBytes(data: noise16(16_000 / 2).bytes, rate: 16_000))
        let start = monotonicNanoseconds()
        var reader = try AudioReader(try FileSource(path: path, realtime: true))
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100)
        defer { buffer.deallocate() }
        while try reader.read(into: buffer, timeout: .seconds(5)) != .end {}
        let seconds = Double(monotonicNanoseconds() - start) / 1e9
        #expect(seconds > 0.45 && seconds < 3)
        let position = reader.position
        #expect(position == 4000)
        // Macros take no noncopyable values: their calls stand in front of them, here and below.
        let (time100, time3700) = (reader.captureTime(ofStreamSample: 100), reader.captureTime(ofStreamSample: 3700))
        let (first, last) = (try #require(time100), try #require(time3700))
        #expect(abs(last - first - 450_000_000) < 1000)
        #expect(first > start && last < monotonicNanoseconds())
    }

    @Test func stopEndsAPacedFileAtOnce() throws {
        let path = scratch.write("a.wav", waveBytes(data: noise16(80_000).bytes))
        let source = try FileSource(path: path, realtime: true)
        var reader = try AudioReader(source)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100)
        defer { buffer.deallocate() }
        _ = try reader.read(into: buffer, timeout: .seconds(1))
        let start = monotonicNanoseconds()
        source.stop()
        while try reader.read(into: buffer, timeout: .seconds(5)) != .end {}
        // 200 ms are promised; a loaded machine gets more.
        #expect(monotonicNanoseconds() - start < 500_000_000)
    }

    @Test func timeoutIsKept() throws {
        var pipes: [CInt] = [0, 0]
        pipe(&pipes)
        defer { pipes.forEach { close($0) } }
        let source = try StandardInputSource(rate: 8000, descriptor: pipes[0], logger: Logger(label: "test"))
        defer { source.stop() }
        var reader = try AudioReader(source)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100)
        defer { buffer.deallocate() }
        let first = try reader.read(into: buffer, timeout: .seconds(1))
        #expect(first == .opened(name: "-", rate: 8000, channels: 1))
        let start = monotonicNanoseconds()
        let second = try reader.read(into: buffer, timeout: .milliseconds(50))
        #expect(second == .timeout)
        let waited = monotonicNanoseconds() - start
        #expect(waited >= 50_000_000 && waited < 1_000_000_000)
    }
}

/// A source whose thread hangs: it never says that it has ended.
private final class StuckSource: AudioSource {
    let name = "stuck"
    let stream: SourceStream

    init() throws { stream = try SourceStream() }

    func stop() { stream.requestStop() }
}

@Suite struct StuckSourceTests {
    @Test func readEndsWhenAStoppedSourceHangs() throws {
        let source = try StuckSource()
        var reader = try AudioReader(source)
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 100)
        defer { buffer.deallocate() }
        try SourceStream.startThread("stop") {
            usleep(100_000)
            source.stop()
        }
        let start = monotonicNanoseconds()
        let reading = try reader.read(into: buffer, timeout: .seconds(10))
        #expect(reading == .end)
        #expect(monotonicNanoseconds() - start < 1_000_000_000)
    }
}

@Suite struct StandardInputSourceTests {
    /// What a source gives for bytes that are written to its pipe in pieces of `chunk`.
    private func read(_ bytes: [UInt8], chunk: Int, rate: Int = 8000) throws -> [Float] {
        var pipes: [CInt] = [0, 0]
        pipe(&pipes)
        let (input, output) = (pipes[0], pipes[1])
        try SourceStream.startThread("writer") {
            var done = 0
            while done < bytes.count {
                done += bytes[done...].prefix(chunk).withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
            }
            close(output)
        }
        defer { close(input) }
        return try readAll(try StandardInputSource(rate: rate, descriptor: input, logger: Logger(label: "test")))
            .samples
    }

    @Test(arguments: [1, 3, 1000, 65_536]) func samplesAreBitExactAtAnyChunking(chunk: Int) throws {
        let samples = noise16(chunk == 1 ? 3000 : 50_000)
        #expect(try read(samples.bytes, chunk: chunk) == samples.floats)
    }

    @Test func samplesAreThoseOfTheSameFile() throws {
        let scratch = ScratchDirectory()
        let samples = noise16(48_000)
        let path = scratch.write("a.wav", waveBytes(data: samples.bytes, rate: 48_000))
        let file = try AudioFile.readMono(path, rate: 8000)
        #expect(try read(samples.bytes, chunk: 1111, rate: 48_000) == file)
    }

    @Test func oddLastByteIsLeftOut() throws {
        let samples = noise16(1000)
        #expect(try read(samples.bytes + [1], chunk: 333) == samples.floats)
    }

    @Test func inputWithoutASampleIsNotUsable() {
        #expect(throws: AudioInputError.notUsable(input: "Standard input", reason: "it holds no samples")) {
            try read([], chunk: 1)
        }
    }

    @Test func rateOutsideTheRangeIsNotUsable() {
        let error = #expect(throws: AudioInputError.self) {
            try StandardInputSource(rate: 500, logger: Logger(label: "test"))
        }
        #expect(error?.category == .inputNotUsable)
    }
}

@Suite struct SampleFormatTests {
    @Test func everyFormatGivesTheSameSamples() {
        let samples = noise16(1000)
        let bytes: [SampleFormat: [UInt8]] = [
            .int16: samples.bytes,
            .int24Packed: samples.flatMap { [0] + littleEndian($0) },
            // The highest byte is not defined, whatever the sign.
            .int24: samples.flatMap { [0] + littleEndian($0) + [0x5a] },
            .int32: samples.flatMap { [0, 0] + littleEndian($0) },
            .float32: samples.floats.bytes,
        ]
        for format in SampleFormat.allCases {
            var output = [Float](repeating: 0, count: samples.count)
            #expect(bytes[format]!.count == samples.count * format.byteCount)
            #expect(format.mixToMono(bytes[format]!, frames: samples.count, channels: 1, into: &output))
            #expect(output == samples.floats, "\(format)")
            var half = [Float](repeating: 0, count: samples.count / 2)
            #expect(format.mixToMono(bytes[format]!, frames: samples.count / 2, channels: 2, into: &half))
            let floats = samples.floats
            let mean: [Float] = (0..<500).map { (floats[2 * $0] + floats[2 * $0 + 1]) / 2 }
            #expect(half == mean, "\(format)")
        }
    }
}
