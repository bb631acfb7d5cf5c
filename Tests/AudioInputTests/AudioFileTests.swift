import CSndFile
import Glibc
import Testing

@testable import AudioInput

@Suite struct AudioFileTests {
    let scratch = ScratchDirectory()

    @Test func readMonoIsBitExact_forSixteenBitsAtEightKilohertz() throws {
        let samples = noise16(20_001)
        let path = scratch.write("a.wav", waveBytes(data: samples.bytes))
        #expect(try AudioFile.readMono(path, rate: 8000) == samples.floats)
        let whole = try AudioFile.readMono(path)
        #expect(whole.rate == 8000)
        #expect(whole.samples == samples.floats)
    }

    @Test func channelsAreMixedByTheirMean() throws {
        let left = noise16(5000, seed: 1)
        let right = noise16(5000, seed: 2)
        let interleaved = zip(left, right).flatMap { [$0, $1] }
        let path = scratch.write("a.wav", waveBytes(data: interleaved.bytes, channels: 2))
        #expect(try AudioFile.readMono(path).samples == zip(left, right).map { (Float($0) + Float($1)) / 65536 })
    }

    @Test(arguments: [1, 2, 6]) func anyChannelCountReads(channels: Int) throws {
        let mono = noise16(3000)
        let interleaved = mono.flatMap { [Int16](repeating: $0, count: channels) }
        let path = scratch.write("a.wav", waveBytes(data: interleaved.bytes, channels: channels))
        let read = try AudioFile.readMono(path).samples
        #expect(zip(read, mono.floats).allSatisfy { abs($0 - $1) < 1e-6 })
        #expect(read.count == mono.count)
    }

    @Test(arguments: [
        ("a.flac", SF_FORMAT_FLAC | SF_FORMAT_PCM_16, Float(1e-4)), ("a.ogg", SF_FORMAT_OGG | SF_FORMAT_VORBIS, 0.05),
        ("a.wav", SF_FORMAT_WAV | SF_FORMAT_FLOAT, 0), ("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_24, 1e-6),
        ("a.wav", SF_FORMAT_WAV | SF_FORMAT_PCM_32, 1e-6), ("a.wav", SF_FORMAT_WAV | SF_FORMAT_ULAW, 0.02),
    ])
    func formatsOfLibsndfileRead(name: String, format: Int, tolerance: Float) throws {
        let samples = sine(16_000, frequency: 440, rate: 16_000)
        let path = "\(scratch.path)/\(name)"
        writeSoundFile(path, samples, rate: 16_000, format: format)
        let read = try AudioFile.readMono(path)
        #expect(read.rate == 16_000)
        #expect(read.samples.count == samples.count)
        #expect(zip(read.samples, samples).allSatisfy { abs($0 - $1) <= tolerance })
    }

    @Test(arguments: [4000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000, 192_000])
    func resampledSineKeepsItsFrequencyPhaseAndLength(rate: Int) throws {
        let path = "\(scratch.path)/a.wav"
        writeSoundFile(
            path, sine(rate, frequency: 440, rate: rate), rate: rate, format: SF_FORMAT_WAV | SF_FORMAT_FLOAT)
        let read = try AudioFile.readMono(path, rate: 8000)
        let expected = sine(8000, frequency: 440, rate: 8000)
        #expect(abs(read.count - 8000) <= 1)
        // The ends ring: the sine does not stop at a zero.
        #expect(zip(read, expected).dropFirst(400).dropLast(400).allSatisfy { abs($0 - $1) < 1e-3 })
    }

    /// What programs write that do not know the length when they begin: 0xFFFFFFFF is ffmpeg, the other SoX.
    @Test(arguments: [0x7FFF_F000, 0xFFFF_FFFF - 36]) func dataOfUnknownLengthIsUsedUpToItsEnd(size: Int) throws {
        let samples = noise16(4000)
        let path = scratch.write("a.wav", waveBytes(data: samples.bytes, dataSize: size))
        #expect(try AudioFile.readMono(path).samples == samples.floats)
    }
}

@Suite struct OfflineResamplingTests {
    private let scratch = ScratchDirectory()

    @Test(arguments: [8000, 11_025, 22_050, 44_100, 48_000, 96_000], [1, 2])
    func samplesAreTheSoundsOwn_andAsManyAsLast(rate: Int, channels: Int) throws {
        let frequency = min(7000, 0.4 * Double(rate))
        let frames = sine(rate / 2 + 3, frequency: frequency, rate: rate)
        let path = scratch.path + "/\(rate)-\(channels).wav"
        writeSoundFile(
            path, frames.flatMap { [Float](repeating: $0, count: channels) }, rate: rate, channels: channels,
            format: SF_FORMAT_WAV | SF_FORMAT_FLOAT)
        let found = try AudioFile.readMonoOffline(path, rate: 16_000)
        #expect(found.count == Int((Double(frames.count) * 16_000 / Double(rate)).rounded(.up)))
        let expected = sine(found.count, frequency: frequency, rate: 16_000)
        // A sound that begins and ends at once rings there.
        let worst = (1000..<7000).map { abs(found[$0] - expected[$0]) }.max()!
        #expect(worst < 5e-4)
    }

    @Test func whatIsAboveTheBandIsGone_whereTheLivePathFoldsItBack() throws {
        let path = scratch.path + "/8200.wav"
        writeSoundFile(
            path, sine(24_000, frequency: 8200, rate: 48_000), rate: 48_000, format: SF_FORMAT_WAV | SF_FORMAT_FLOAT)
        func loudest(_ samples: [Float]) -> Float { samples[1000..<7000].map(abs).max()! }
        #expect(loudest(try AudioFile.readMonoOffline(path, rate: 16_000)) < 1e-4)
        #expect(loudest(try AudioFile.readMono(path, rate: 16_000)) > 1e-2)
    }

    @Test func sameRateIsBitExact_andDamageIsRefused() throws {
        let samples = noise16(1234)
        let path = scratch.write("a.wav", waveBytes(data: samples.bytes, rate: 16_000))
        #expect(try AudioFile.readMonoOffline(path, rate: 16_000) == samples.floats)
        #expect(throws: AudioInputError.self) {
            try AudioFile.readMonoOffline(scratch.write("b.wav", []), rate: 16_000)
        }
    }
}

@Suite struct AudioFileRefusalTests {
    let scratch = ScratchDirectory()

    private func refusal(_ path: String) -> AudioInputError? {
        do throws(AudioInputError) {
            _ = try AudioFile.readMono(path)
            return nil
        } catch { return error }
    }

    @Test func missingFileIsMissing() {
        let path = "\(scratch.path)/none.wav"
        #expect(refusal(path) == .missing(path: path))
        #expect(refusal(path)?.category == .inputMissing)
    }

    @Test(.enabled(if: geteuid() != 0, "root may read every file"))
    func fileWithoutPermissionIsUnreadable() {
        let path = scratch.write("a.wav", waveBytes(data: noise16(10).bytes))
        chmod(path, 0)
        #expect(refusal(path) == .unreadable(path: path, reason: "Permission denied"))
        #expect(refusal(path)?.category == .inputMissing)
    }

    @Test func directoryIsNotUsable() {
        expectNotUsable(scratch.path, "directory")
    }

    @Test func emptyFileIsNotUsable() {
        expectNotUsable(scratch.write("a.wav", []), "empty")
    }

    @Test func textNamedWavIsNotUsable() {
        expectNotUsable(scratch.write("a.wav", Array("This is no sound.\n".utf8)), "not a sound file")
    }

    @Test(arguments: [1, 2, 5001, 7998]) func truncatedDataIsNotUsable(missing: Int) {
        let bytes = waveBytes(data: noise16(4000).bytes)
        expectNotUsable(scratch.write("a.wav", bytes.dropLast(missing)), "cut short")
    }

    /// libsndfile takes a minute and a half for a gigabyte of them.
    @Test(arguments: [true, false]) func floodOfEmptyChunksIsNotUsable(isBeforeTheSound: Bool) {
        let whole = waveBytes(data: noise16(100).bytes)
        let chunks = [[UInt8]](repeating: Array("junk".utf8) + [0, 0, 0, 0], count: 20_000).flatMap { $0 }
        let bytes = isBeforeTheSound ? whole[..<36] + chunks + whole[36...] : whole + chunks
        expectNotUsable(scratch.write("a.wav", Array(bytes)), "parts")
        let few = [[UInt8]](repeating: Array("junk".utf8) + [0, 0, 0, 0], count: 200).flatMap { $0 }
        #expect(throws: Never.self) { try AudioFile.readMono(scratch.write("b.wav", whole + few)) }
    }

    @Test func soundThatIsTooLongForTheMemoryIsRefusedBeforeItIsTaken() throws {
        let path = scratch.path + "/long.flac"
        writeSoundFile(path, [Float](repeating: 0, count: 8000), rate: 8000, format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
        // The number of samples is the last 36 bits before the checksum of STREAMINFO.
        let file = fopen(path, "r+b")!
        fseek(file, 21, SEEK_SET)
        let bits = UInt8(truncatingIfNeeded: fgetc(file))
        fseek(file, 21, SEEK_SET)
        fputc(CInt(bits | 0x0F), file)
        fputc(0xFF, file)
        fclose(file)
        #expect(
            throws: AudioInputError.notUsable(
                input: path, reason: "it is too long to be read at once; cut it into parts")
        ) { try AudioFile.readMono(path) }
        #expect(throws: AudioInputError.self) { try AudioFile.readMono(path, rate: 16_000) }
        #expect(throws: AudioInputError.self) { try AudioFile.readMonoOffline(path, rate: 8000) }
    }

    @Test(arguments: [4, 12, 20, 30, 36, 40, 44]) func truncatedHeaderIsNotUsable(length: Int) {
        let whole = waveBytes(data: noise16(100).bytes)
        expectNotUsable(scratch.write("a.wav", Array(whole.prefix(length))), "")
    }

    @Test func noChannelsIsNotUsable() {
        expectNotUsable(scratch.write("a.wav", waveBytes(data: noise16(100).bytes, channels: 0)), "")
    }

    @Test(arguments: [500, 3999, 192_001, 768_000]) func rateOutsideTheRangeIsNotUsable(rate: Int) {
        expectNotUsable(scratch.write("a.wav", waveBytes(data: noise16(100).bytes, rate: rate)), "\(rate) Hz")
    }

    @Test(arguments: [Float.nan, .infinity, -.infinity]) func samplesThatAreNotNumbersAreNotUsable(sample: Float) {
        var samples = noise16(10_000).floats
        samples[9000] = sample
        expectNotUsable(scratch.write("a.wav", waveBytes(data: samples.bytes, bits: 32, tag: 3)), "not numbers")
    }

    @Test func flacCutShortIsNotUsable() {
        let path = "\(scratch.path)/a.flac"
        writeSoundFile(path, noise16(40_000).floats, rate: 8000, format: SF_FORMAT_FLAC | SF_FORMAT_PCM_16)
        var status = stat()
        stat(path, &status)
        truncate(path, status.st_size / 2)
        expectNotUsable(path, "damaged")
    }

    /// Expects category `.inputNotUsable` and one sentence that has the path and `word`.
    private func expectNotUsable(_ path: String, _ word: String, at location: SourceLocation = #_sourceLocation) {
        let error = refusal(path)
        #expect(error?.category == .inputNotUsable, sourceLocation: location)
        let sentence = error?.description ?? ""
        #expect(sentence.contains(path) && (word.isEmpty || sentence.contains(word)), sourceLocation: location)
        #expect(sentence.last == "." && !sentence.contains("\n") && !sentence.contains(". "), sourceLocation: location)
    }
}
