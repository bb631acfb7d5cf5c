/// A sound file as blocks of mono samples at its own rate.
struct MonoFile: ~Copyable {
    private var file: SoundFile
    private let interleaved: UnsafeMutableBufferPointer<Float>
    private let mono: UnsafeMutableBufferPointer<Float>
    /// Frames of a block, all but the last.
    static let blockFrames = 4096

    /// Sample rate in Hz.
    var rate: Int { file.rate }
    /// Channels before mixing.
    var channels: Int { file.channels }
    /// Frames that the header promises; a hint only.
    var frameCount: Int { file.frameCount }

    init(path: String) throws(AudioInputError) {
        let file = try SoundFile(path: path)
        interleaved = .allocate(capacity: Self.blockFrames * file.channels)
        mono = .allocate(capacity: Self.blockFrames)
        self.file = file
    }

    deinit {
        interleaved.deallocate()
        mono.deallocate()
    }

    /// The next block, empty at the end; valid until the next call.
    ///
    /// - Throws: `.notUsable` for damage, NaN or infinity in the file.
    mutating func readBlock() throws(AudioInputError) -> UnsafeBufferPointer<Float> {
        let frames = try file.readFrames(into: interleaved)
        guard frames > 0 else { return UnsafeBufferPointer(start: nil, count: 0) }
        let allFinite = SampleFormat.float32.mixToMono(
            interleaved.baseAddress!, frames: frames, channels: file.channels, into: mono.baseAddress!)
        guard allFinite else { throw .notUsable(input: file.path, reason: "it holds samples that are not numbers") }
        return UnsafeBufferPointer(rebasing: mono[..<frames])
    }
}
