import Glibc
import Logging

/// Sound from a descriptor, standard input as a rule, up to its end.
///
/// What begins as a WAV file (RIFF or RF64) is read as one, as it comes; a FLAC or Ogg file is heard once all of it has
/// come, and everything else is raw 16-bit little-endian mono. Nothing is ever dropped: a full ring makes the writer of
/// the pipe wait. Bytes at the end that make no whole frame are left out, with a warning.
public final class StandardInputSource: AudioSource {
    /// `-`, as on the command line.
    public let name = "-"
    /// What the input and its reader share.
    public let stream: SourceStream

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - rate: frames a second of raw samples, 4,000 to 192,000 Hz; nil where only a file with a header will do.
    ///   - channel: what is heard of several channels.
    ///   - descriptor: what to read; it is not closed.
    ///   - logger: gets the warning of bytes left out, and is told where channels cancel each other out.
    /// - Throws: `.notUsable` for a rate outside the range; an input that fails or has no sample is thrown by the
    ///   reader.
    public init(
        rate: Int?, channel: CaptureChannel = .mix, descriptor: CInt = STDIN_FILENO, logger: Logger
    ) throws(AudioInputError) {
        if let rate, !acceptedRates.contains(rate) { throw .notUsable(input: "-", reason: rateRefusal(rate)) }
        let stream = try SourceStream(channel: channel, logger: logger)
        self.stream = stream
        try SourceStream.startThread("stdin") {
            var feeder = InputFeeder(stream: stream, descriptor: descriptor, rate: rate)
            do throws(AudioInputError) { try feeder.run() } catch { stream.fail(error) }
            feeder.end()
        }
    }

    deinit {
        stop()
    }

    /// Ends the source; its reader gets what is in the ring and then `.end`.
    public func stop() {
        stream.requestStop()
    }
}

/// The body of the reading thread.
private struct InputFeeder: ~Copyable {
    private let stream: SourceStream
    private let descriptor: CInt
    private let rate: Int?
    private var feeder: BlockingFeeder
    /// What the reader was told that the bytes are.
    private var opened: StreamFormat?
    private var chunk = [UInt8](repeating: 0, count: 2 * AudioReader.blockFramesMax)

    /// How the input is called in sentences.
    private static let name = "Standard input"
    /// What of a FLAC or Ogg file is taken, in bytes: days of speech.
    private static let fileBytesMaximum = 256 << 20
    /// How long the first bytes are waited for before an input with a rate counts as open, in ns: whoever listens waits
    /// for that.
    private static let headWait: Int64 = 100_000_000

    init(stream: SourceStream, descriptor: CInt, rate: Int?) {
        self.stream = stream
        self.descriptor = descriptor
        self.rate = rate
        feeder = BlockingFeeder(stream)
    }

    mutating func end() { feeder.end() }

    mutating func run() throws(AudioInputError) {
        var head: [UInt8] = []
        if let rate,
            !waitUntilReadable(descriptor, stream.stopDescriptor, until: monotonicNanoseconds() + Self.headWait)
        {
            open(StreamFormat(sample: .int16, rate: rate, channels: 1), channels: 1)
        }
        while head.count < 4, try more(into: &head) {}
        if stream.isStopping { return }
        switch head.prefix(4) {
        case Array("RIFF".utf8)[...], Array("RF64".utf8)[...]: try readWave(head)
        case Array("fLaC".utf8)[...], Array("OggS".utf8)[...]: try readFile(head)
        default:
            guard let rate else {
                throw .notUsable(
                    input: Self.name,
                    reason: "it is no WAV, FLAC or Ogg file, and raw samples need --rate, such as --rate 16000")
            }
            try feed(StreamFormat(sample: .int16, rate: rate, channels: 1), head, nil)
        }
    }

    /// Tells the reader what follows, unless it was told so.
    private mutating func open(_ format: StreamFormat, channels: Int) {
        if opened != format { feeder.open(format, deviceChannels: channels) }
        opened = format
    }

    private mutating func readWave(_ begin: [UInt8]) throws(AudioInputError) {
        var head = begin
        while true {
            let header: WaveStreamHeader?
            do throws(WaveStreamHeader.Refusal) { header = try WaveStreamHeader.read(head) } catch {
                throw .notUsable(input: Self.name, reason: error.reason)
            }
            if let header {
                return try feed(header.format, Array(head[header.dataOffset...]), header.dataBytes)
            }
            guard try more(into: &head) else {
                if stream.isStopping { return }
                throw .notUsable(input: Self.name, reason: "it ends within its header")
            }
        }
    }

    /// Gives samples to the reader, `begin` first, up to the end of the input or of `bytes`.
    private mutating func feed(_ format: StreamFormat, _ begin: [UInt8], _ bytes: Int?) throws(AudioInputError) {
        if let refusal = stream.channel.refusal(channels: format.channels) {
            throw .notUsable(input: Self.name, reason: refusal)
        }
        open(format, channels: format.channels)
        let blockBytes = AudioReader.blockFramesMax / 16 * format.frameBytes
        var waiting = begin
        var left = bytes ?? .max
        var given = 0
        while true {
            if waiting.count > left { waiting.removeSubrange(left...) }
            let whole = waiting.count / format.frameBytes * format.frameBytes
            var start = 0
            while start < whole {
                let end = min(whole, start + blockBytes)
                let isTaken = waiting.withUnsafeBytes {
                    feeder.give(
                        UnsafeRawBufferPointer(rebasing: $0[start..<end]), frames: (end - start) / format.frameBytes)
                }
                guard isTaken else { return }
                start = end
            }
            waiting.removeSubrange(..<whole)
            (given, left) = (given + whole, left - whole)
            if left < format.frameBytes { return }
            guard try more(into: &waiting) else { break }
        }
        if stream.isStopping { return }
        if !waiting.isEmpty {
            let bytes = waiting.count == 1 ? "its last byte is" : "its last \(waiting.count) bytes are"
            stream.logger?.warning("The input ended within a sample; \(bytes) left out.")
        }
        if given == 0 { throw .notUsable(input: Self.name, reason: "it holds no samples") }
        if bytes != nil {
            throw .notUsable(
                input: Self.name, reason: "it is cut short: its header promises more sound than it holds")
        }
    }

    /// Keeps the input in a file without a name, as its decoder wants to seek, and hears that.
    private mutating func readFile(_ begin: [UInt8]) throws(AudioInputError) {
        var template = Array("/tmp/digitd.XXXXXX".utf8CString)
        let file = mkstemp(&template)
        guard file >= 0 else { throw .system(what: "Keeping standard input in /tmp", reason: systemErrorText(errno)) }
        unlink(template)
        _ = fcntl(file, F_SETFD, FD_CLOEXEC)
        do throws(AudioInputError) { try keep(begin, in: file) } catch {
            close(file)
            throw error
        }
        if stream.isStopping {
            close(file)
            return
        }
        lseek(file, 0, SEEK_SET)
        let logger = stream.logger
        var mono = try MonoFile(try SoundFile(descriptor: file, name: Self.name), stream.channel) {
            logger?.warning("\(cancelledChannels(Self.name))")
        }
        open(StreamFormat(sample: .float32, rate: mono.rate, channels: 1), channels: mono.channels)
        while true {
            let block = try mono.readBlock()
            guard !block.isEmpty, feeder.give(UnsafeRawBufferPointer(block), frames: block.count) else { return }
        }
    }

    private mutating func keep(_ begin: [UInt8], in file: CInt) throws(AudioInputError) {
        var piece = begin
        var total = 0
        repeat {
            total += piece.count
            guard total <= Self.fileBytesMaximum else {
                throw .notUsable(
                    input: Self.name,
                    reason: "it is too long for a FLAC or Ogg file through a pipe; give the file's name")
            }
            var rest = piece[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                guard count > 0 else {
                    throw .system(what: "Keeping standard input in /tmp", reason: systemErrorText(errno))
                }
                rest = rest.dropFirst(count)
            }
            piece.removeAll(keepingCapacity: true)
        } while try more(into: &piece)
    }

    /// Appends what comes next; false at the end, and when a stop is wished for.
    private mutating func more(into bytes: inout [UInt8]) throws(AudioInputError) -> Bool {
        while !stream.isStopping {
            guard waitUntilReadable(descriptor, stream.stopDescriptor, until: .max), !stream.isStopping else {
                continue
            }
            let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes.append(contentsOf: chunk[..<count])
                return true
            }
            if count == 0 { return false }
            guard errno == EINTR || errno == EAGAIN else {
                throw .unreadable(path: Self.name, reason: systemErrorText(errno))
            }
        }
        return false
    }
}
