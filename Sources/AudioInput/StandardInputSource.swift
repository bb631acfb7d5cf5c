import Glibc
import Logging

/// Raw 16-bit little-endian mono samples from a descriptor, standard input as a rule, up to its end.
///
/// Nothing is ever dropped: a full ring makes the writer of the pipe wait. An odd last byte is left out, with a warning.
public final class StandardInputSource: AudioSource {
    /// `-`, as on the command line.
    public let name = "-"
    /// What the input and its reader share.
    public let stream: SourceStream

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - rate: frames a second, 4,000 to 192,000 Hz.
    ///   - descriptor: what to read; it is not closed.
    ///   - logger: gets the warning of an odd last byte.
    /// - Throws: `.notUsable` for a rate outside the range; an input that fails or has no sample is thrown by the reader.
    public init(rate: Int, descriptor: CInt = STDIN_FILENO, logger: Logger) throws(AudioInputError) {
        guard acceptedRates.contains(rate) else { throw .notUsable(input: "-", reason: rateRefusal(rate)) }
        let stream = try SourceStream()
        self.stream = stream
        try SourceStream.startThread("stdin") { Self.run(stream, rate, descriptor, logger) }
    }

    deinit {
        stop()
    }

    /// Ends the source; its reader gets what is in the ring and then `.end`.
    public func stop() {
        stream.requestStop()
    }

    private static func run(_ stream: SourceStream, _ rate: Int, _ descriptor: CInt, _ logger: Logger) {
        var feeder = BlockingFeeder(stream)
        feeder.open(StreamFormat(sample: .int16, rate: rate, channels: 1), deviceChannels: 1)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 2 * AudioReader.blockFramesMax, alignment: 16)
        defer { buffer.deallocate() }
        var held = 0  // Bytes at the front of the buffer that make no whole frame yet: 0 or 1.
        var frameCount = 0
        reading: while !stream.isStopping {
            guard waitUntilReadable(descriptor, stream.stopDescriptor, until: .max) else { continue }
            if stream.isStopping { break }
            let count = Glibc.read(descriptor, buffer.baseAddress! + held, buffer.count - held)
            switch count {
            case 0:
                if held > 0 { logger.warning("The input ended within a sample; its last byte is left out.") }
                if frameCount == 0 { stream.fail(.notUsable(input: "Standard input", reason: "it holds no samples")) }
                break reading
            case ..<0:
                if errno == EINTR || errno == EAGAIN { continue }
                stream.fail(.unreadable(path: "Standard input", reason: systemErrorText(errno)))
                break reading
            default:
                let frames = (held + count) / 2
                let whole = UnsafeRawBufferPointer(rebasing: buffer[..<(frames * 2)])
                if frames > 0, !feeder.give(whole, frames: frames) { break reading }
                frameCount += frames
                held = (held + count) % 2
                if held > 0 { buffer[0] = buffer[frames * 2] }
            }
        }
        feeder.end()
    }
}
