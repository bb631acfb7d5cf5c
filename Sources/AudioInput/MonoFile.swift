/// A sound file as blocks of mono samples at its own rate.
struct MonoFile: ~Copyable {
    private var file: SoundFile
    private var mixer: ChannelMixer
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

    /// - Parameters:
    ///   - channel: what is heard of several channels.
    ///   - whenCancelled: called once where they cancel each other out.
    init(
        path: String, channel: CaptureChannel = .mix, whenCancelled: @escaping @Sendable () -> Void = {}
    ) throws(AudioInputError) {
        try self.init(try SoundFile(path: path), channel, whenCancelled)
    }

    /// - Parameter file: is taken over.
    init(
        _ file: consuming SoundFile, _ channel: CaptureChannel, _ whenCancelled: @escaping @Sendable () -> Void
    ) throws(AudioInputError) {
        if let refusal = channel.refusal(channels: file.channels) {
            throw .notUsable(input: file.path, reason: refusal)
        }
        mixer = ChannelMixer(channel, whenCancelled: whenCancelled)
        mixer.begin(rate: file.rate, channels: file.channels)
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
        let allFinite = mixer.mix(.float32, interleaved.baseAddress!, frames: frames, into: mono.baseAddress!)
        guard allFinite else { throw .notUsable(input: file.path, reason: "it holds samples that are not numbers") }
        return UnsafeBufferPointer(rebasing: mono[..<frames])
    }
}
