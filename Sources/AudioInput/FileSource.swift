import Logging

/// A sound file as a source: as fast as the reader takes it, or at the speed of its own clock.
///
/// Nothing is ever dropped: a full ring makes the file wait.
public final class FileSource: AudioSource {
    /// The file's path.
    public let name: String
    /// What the file and its reader share.
    public let stream: SourceStream

    /// Opens the file and begins to read it.
    ///
    /// - Parameters:
    ///   - path: a WAV, FLAC, Ogg or other file that libsndfile knows.
    ///   - realtime: whether a second of the file takes a second; its samples then have capture times.
    ///   - channel: what is heard of several channels.
    ///   - logger: is told where they cancel each other out.
    /// - Throws: `.missing`, `.unreadable` or `.notUsable`; damage, NaN or infinity further on are thrown by the reader.
    public convenience init(
        path: String, realtime: Bool = false, channel: CaptureChannel = .mix, logger: Logger? = nil
    ) throws(AudioInputError) {
        try self.init(
            path: path, realtime: realtime, channel: channel, logger: logger, blockFrames: nil, ringCapacity: nil)
    }

    /// - Parameters:
    ///   - blockFrames: frames put into the ring at once, 1 to 4096; 10 ms in real time and 4096 else when nil.
    ///   - ringCapacity: bytes of the ring, its default when nil.
    init(
        path: String, realtime: Bool, channel: CaptureChannel = .mix, logger: Logger? = nil, blockFrames: Int?,
        ringCapacity: Int?
    ) throws(AudioInputError) {
        let file = OpenedFile(
            try MonoFile(path: path, channel: channel) { logger?.warning("\(cancelledChannels(path))") })
        let block = blockFrames ?? (realtime ? max(1, file.mono.rate / 100) : MonoFile.blockFrames)
        let stream = try SourceStream(ringCapacity: ringCapacity)
        name = path
        self.stream = stream
        try SourceStream.startThread("file") { Self.run(file, stream, block, realtime) }
    }

    deinit {
        stop()
    }

    /// Ends the source; its reader gets what is in the ring and then `.end`.
    public func stop() {
        stream.requestStop()
    }

    private static func run(_ file: OpenedFile, _ stream: SourceStream, _ blockFrames: Int, _ realtime: Bool) {
        var feeder = BlockingFeeder(stream)
        do throws(AudioInputError) {
            let rate = file.mono.rate
            // Whole seconds apart: frames times a billion would overflow after two days.
            func nanoseconds(of frames: Int) -> Int64 {
                let (seconds, rest) = frames.quotientAndRemainder(dividingBy: rate)
                return Int64(seconds * 1_000_000_000 + rest * 1_000_000_000 / rate)
            }
            feeder.open(StreamFormat(sample: .float32, rate: rate, channels: 1), deviceChannels: file.mono.channels)
            let start = monotonicNanoseconds()
            var given = 0
            var hasMore = true
            while hasMore {
                let block = try file.mono.readBlock()
                hasMore = !block.isEmpty
                var taken = 0
                while taken < block.count, hasMore {
                    let part = UnsafeRawBufferPointer(
                        rebasing: UnsafeRawBufferPointer(block)[
                            (taken * 4)..<(min(taken + blockFrames, block.count) * 4)])
                    let frames = part.count / 4
                    var time: Int64 = 0
                    if realtime {
                        // A block is there once its last frame has been played.
                        time = start + nanoseconds(of: given)
                        stream.sleep(until: start + nanoseconds(of: given + frames))
                    }
                    hasMore = feeder.give(part, frames: frames, time: time)
                    taken += frames
                    given += frames
                }
            }
        } catch {
            stream.fail(error)
        }
        feeder.end()
    }
}

/// Hands an open file to the thread that reads it, and to no other: opened once, it can be a pipe.
private final class OpenedFile: @unchecked Sendable {
    var mono: MonoFile

    init(_ mono: consuming MonoFile) {
        self.mono = mono
    }
}
