/// Sound files as mono samples, full scale 1.0.
///
/// WAV, FLAC, Ogg and what else libsndfile knows, at 4 to 192 kHz with any number of channels, which are mixed by their mean.
/// A file that is cut short is refused, and so are NaN and infinity.
public enum AudioFile {
    /// The most samples that are read at once: 2 h 46 min at 8 kHz, 320 MB. `AudioFileReader` has no limit.
    static let samplesMax = 80_000_000

    /// Before the memory is taken: a megabyte of FLAC can promise, and hold, days of silence.
    private static func refuseLong(_ samples: Int, _ path: String) throws(AudioInputError) {
        guard samples <= samplesMax else {
            throw .notUsable(input: path, reason: "it is too long to be read at once; cut it into parts")
        }
    }

    /// Reads a whole file at its own rate.
    ///
    /// Memory is 4 bytes a sample; for long files use `AudioFileReader`.
    /// - Returns: mono samples, full scale 1.0, and their rate in Hz.
    /// - Throws: `.missing`, `.unreadable` or `.notUsable`.
    public static func readMono(_ path: String) throws(AudioInputError) -> (samples: [Float], rate: Int) {
        var file = try MonoFile(path: path)
        try refuseLong(file.frameCount, path)
        var samples: [Float] = []
        // The header's word is not trusted with the memory of more than a minute.
        samples.reserveCapacity(min(file.frameCount, file.rate * 60))
        while true {
            let block = try file.readBlock()
            if block.isEmpty { break }
            try refuseLong(samples.count + block.count, path)
            samples.append(contentsOf: block)
        }
        guard !samples.isEmpty else { throw .notUsable(input: path, reason: "it holds no samples") }
        return (samples, file.rate)
    }

    /// Reads a whole file at the rate asked for, resampled as `librosa.load` does (`soxr_hq`).
    ///
    /// Unlike `readMono(_:rate:)`, whose samples are those of the live path: that one trades the upper end of the band for
    /// less delay where the file's rate is the higher one. Elsewhere the two differ by the count at most.
    /// - Parameter rate: rate of the samples returned, in Hz; a file of that rate is returned bit for bit.
    /// - Returns: mono samples, full scale 1.0, `ceil(count * rate / fileRate)` of them.
    /// - Throws: `.missing`, `.unreadable` or `.notUsable`.
    public static func readMonoOffline(_ path: String, rate: Int) throws(AudioInputError) -> [Float] {
        let (samples, fileRate) = try readMono(path)
        return try Resampler.resample(samples, from: fileRate, to: rate)
    }

    /// Reads a whole file at the rate asked for.
    ///
    /// - Parameter rate: rate of the samples returned, in Hz; a file of that rate is returned bit for bit.
    /// - Returns: mono samples, full scale 1.0.
    /// - Throws: `.missing`, `.unreadable` or `.notUsable`.
    public static func readMono(_ path: String, rate: Int) throws(AudioInputError) -> [Float] {
        var reader = try AudioFileReader(path: path, rate: rate)
        // In whole seconds, so that no product overflows.
        try refuseLong(reader.secondsPromised.multipliedReportingOverflow(by: rate).partialValue, path)
        var samples: [Float] = []
        let block = UnsafeMutableBufferPointer<Float>.allocate(capacity: 8192)
        defer { block.deallocate() }
        while true {
            let count = try reader.read(into: block)
            if count == 0 { break }
            try refuseLong(samples.count + count, path)
            samples.append(contentsOf: block[..<count])
        }
        guard !samples.isEmpty else { throw .notUsable(input: path, reason: "it holds no samples") }
        return samples
    }
}

/// A sound file read in blocks, mixed to mono, at the rate asked for; memory stays the same for a file of any length.
public struct AudioFileReader: ~Copyable {
    private var file: MonoFile
    private var resampler: Resampler
    private var offset: OffsetRemover
    private var block = UnsafeBufferPointer<Float>(start: nil, count: 0)
    private var blockTaken = 0
    private var isAtEnd = false

    /// Whole seconds of sound that the file's header promises.
    var secondsPromised: Int { file.frameCount / file.rate }

    /// Opens a file.
    ///
    /// - Parameters:
    ///   - path: the file's name.
    ///   - rate: rate of the samples wanted, in Hz; a file of that rate is given bit for bit.
    /// - Throws: `.missing`, `.unreadable` or `.notUsable`.
    public init(path: String, rate: Int) throws(AudioInputError) {
        let file = try MonoFile(path: path)
        let resampler = try Resampler(from: file.rate, to: rate)
        self.file = file
        self.resampler = resampler
        offset = OffsetRemover(rate: rate)
    }

    /// Fills `output` with the next samples.
    ///
    /// - Returns: the samples written, fewer than `output.count` only at the end, 0 after it.
    /// - Throws: `.notUsable` for damage, NaN or infinity in the file.
    public mutating func read(into output: UnsafeMutableBufferPointer<Float>) throws(AudioInputError) -> Int {
        var written = 0
        while written < output.count {
            let room = UnsafeMutableBufferPointer(rebasing: output[written...])
            if isAtEnd {
                let count = resampler.flush(into: room)
                if count == 0 { break }
                written += count
            } else if blockTaken == block.count {
                block = try file.readBlock()
                blockTaken = 0
                isAtEnd = block.isEmpty
            } else {
                let step = resampler.process(UnsafeBufferPointer(rebasing: block[blockTaken...]), into: room)
                blockTaken += step.taken
                written += step.written
            }
        }
        offset.process(UnsafeMutableBufferPointer(rebasing: output[..<written]))
        return written
    }
}
