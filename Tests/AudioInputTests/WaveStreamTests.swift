import CSndFile
import Glibc
import Logging
import Testing

@testable import AudioInput

/// Standard input that is a sound file.
@Suite struct WaveStreamTests {
    private let scratch = ScratchDirectory()

    /// What a source gives for bytes that are written to its pipe in pieces of `chunk`.
    private func read(
        _ bytes: [UInt8], chunk: Int = 1000, rate: Int? = nil, channel: CaptureChannel = .mix
    ) throws -> (samples: [Float], markers: [AudioReading]) {
        var pipes: [CInt] = [0, 0]
        pipe(&pipes)
        let (input, output) = (pipes[0], pipes[1])
        try SourceStream.startThread("writer") {
            var done = 0
            while done < bytes.count {
                let count = bytes[done...].prefix(chunk).withUnsafeBytes { write(output, $0.baseAddress, $0.count) }
                if count <= 0 { break }
                done += count
            }
            close(output)
        }
        defer { close(input) }
        let source = try StandardInputSource(
            rate: rate, channel: channel, descriptor: input, logger: Logger(label: "test"))
        return try readAll(source)
    }

    private func ofFile(_ bytes: [UInt8], channel: CaptureChannel = .mix) throws -> [Float] {
        try readAll(try FileSource(path: scratch.write("a.wav", bytes), channel: channel)).samples
    }

    @Test(arguments: [1, 7, 4096]) func samplesAreThoseOfTheSameFile(chunk: Int) throws {
        let frames = chunk == 1 ? 500 : 20_000
        for (bits, tag, channels, rate) in [(16, 1, 2, 16_000), (24, 1, 1, 48_000), (32, 3, 3, 8000), (32, 1, 1, 8000)]
        {
            let samples = noise16(frames * channels)
            let data: [UInt8] =
                switch (bits, tag) {
                case (16, _): samples.bytes
                case (24, _): samples.flatMap { [3] + littleEndian($0) }
                case (_, 3): samples.floats.bytes
                default: samples.flatMap { [1, 2] + littleEndian($0) }
                }
            let bytes = waveBytes(data: data, rate: rate, channels: channels, bits: bits, tag: tag)
            let result = try read(bytes, chunk: chunk)
            #expect(try result.samples == ofFile(bytes), "\(bits) bits, \(channels) channels")
            #expect(result.markers == [.opened(name: "-", rate: rate, channels: channels)])
        }
    }

    @Test func channelIsChosenAsOfAFile() throws {
        let bytes = waveBytes(data: noise16(8000).bytes, channels: 2)
        #expect(try read(bytes, channel: .number(1)).samples == ofFile(bytes, channel: .number(1)))
        #expect(throws: AudioInputError.self) { try read(bytes, channel: .number(2)) }
    }

    /// What programs write that cannot know how long their sound will be.
    @Test(arguments: [0, 0x7FFF_F000, 0xFFFF_FFFF]) func lengthThatIsNotKnownGoesOnToTheEnd(length: Int) throws {
        let samples = noise16(5000)
        #expect(try read(waveBytes(data: samples.bytes, dataSize: length)).samples == samples.floats)
    }

    @Test func chunksBeforeAndAfterTheSamplesAreNoSound() throws {
        let samples = noise16(5000)
        let plain = waveBytes(data: samples.bytes)
        let note = Array("LIST".utf8) + littleEndian(UInt32(3)) + [1, 2, 3, 0]
        #expect(try read(plain[..<36] + note + plain[36...] + note).samples == samples.floats)
        var long = Array("RF64".utf8) + plain[4..<12] + Array("ds64".utf8) + littleEndian(UInt32(24))
        long += littleEndian(UInt64(0)) + littleEndian(UInt64(samples.count * 2)) + littleEndian(UInt64(0))
        long += plain[12..<40] + littleEndian(UInt32.max) + plain[44...] + note
        #expect(try read(long).samples == samples.floats)
    }

    @Test(arguments: [SF_FORMAT_FLAC | SF_FORMAT_PCM_16, SF_FORMAT_OGG | SF_FORMAT_VORBIS])
    func otherFilesAreHeardOnceTheyHaveCome(format: Int) throws {
        let path = scratch.path + "/a"
        writeSoundFile(path, noise16(40_000).floats, rate: 16_000, channels: 2, format: format)
        let stream = fopen(path, "rb")!
        var bytes = [UInt8](repeating: 0, count: 1_000_000)
        bytes.removeSubrange(fread(&bytes, 1, bytes.count, stream)...)
        fclose(stream)
        #expect(try read(bytes).samples == readAll(try FileSource(path: path)).samples)
    }

    @Test func rawSamplesNeedARate() {
        let error = #expect(throws: AudioInputError.self) { try read(noise16(100).bytes) }
        #expect(error?.description.contains("--rate") == true)
        #expect(error?.category == .inputNotUsable)
    }

    private static let damaged: [([UInt8], String)] = {
        let plain = waveBytes(data: noise16(100).bytes)
        let endless = plain[..<12] + Array("LIST".utf8) + littleEndian(UInt32(0x7000_0000))
        let empty = [[UInt8]](repeating: Array("junk".utf8) + [0, 0, 0, 0], count: 140_000).flatMap { $0 }
        return [
            (Array(plain[..<150]), "cut short"), (Array(plain[..<30]), "ends within its header"),
            (Array("RIFF0000AVI ".utf8), "no WAV file"), (Array(endless), "header is too long"),
            (Array(plain[..<12] + empty), "header is too long"), (Array(plain[..<12] + plain[36...]), "does not say"),
            (waveBytes(data: noise16(100).bytes, bits: 8), "not supported"),
            (waveBytes(data: noise16(100).bytes, rate: 500), "sample rate"), (waveBytes(data: []), "no samples"),
        ]
    }()

    @Test(arguments: damaged) func damageIsASentence(bytes: [UInt8], words: String) {
        let error = #expect(throws: AudioInputError.self) { try read(bytes) }
        #expect(error?.description.contains(words) == true, "\(String(describing: error))")
        #expect(error?.category == .inputNotUsable)
    }

    /// The beginning of raw samples may look like one of a file, for all but the last byte.
    @Test func rawSamplesStayRaw() throws {
        let bytes = Array("RIFA".utf8) + noise16(1000).bytes
        #expect(try read(bytes, chunk: 1, rate: 8000).samples.count == 1002)
        #expect(try read(Array("RI".utf8), rate: 8000).samples.count == 1)
    }
}
