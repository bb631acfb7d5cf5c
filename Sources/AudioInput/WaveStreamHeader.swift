/// The header of a WAV file (RIFF or RF64) that comes through a pipe, as far as it has come: a pure value, no I/O.
///
/// libsndfile wants to seek in some of these files, and a program that writes into a pipe does not know how long its
/// sound will be, so its lengths mean little: 0, 0x7FFFF000 of SoX and 0xFFFFFFFF of ffmpeg stand for "up to the end".
struct WaveStreamHeader: Equatable {
    /// What the samples are.
    var format: StreamFormat
    /// Where they begin, in bytes from the beginning.
    var dataOffset: Int
    /// Their bytes; nil where they go on to the end.
    var dataBytes: Int?

    /// What is wrong, as the end of a sentence.
    struct Refusal: Error, Equatable {
        var reason: String
    }

    /// No header is longer, in bytes: what is written before the samples are names and dates.
    static let bytesMaximum = 1 << 20
    /// Lengths from here on are those of programs that do not know.
    private static let lengthUnknown = 0x7FFF_0000

    /// Reads the header from the first bytes of a file that begins with RIFF or RF64.
    ///
    /// - Returns: nil where more bytes are needed.
    static func read(_ bytes: [UInt8]) throws(Refusal) -> WaveStreamHeader? {
        guard bytes.count >= 12 else { return nil }
        guard bytes[8..<12].elementsEqual("WAVE".utf8) else { throw Refusal(reason: "it is no WAV file") }
        func number(_ offset: Int, _ count: Int) -> Int {
            (0..<count).reversed().reduce(0) { $0 << 8 | Int(bytes[offset + $1]) }
        }
        var format: StreamFormat?
        var longLength: Int?
        var offset = 12
        while bytes.count >= offset + 8 {
            let length = number(offset + 4, 4)
            let content = offset + 8
            if bytes[offset..<offset + 4].elementsEqual("data".utf8) {
                guard let format else { throw Refusal(reason: "its header does not say what its samples are") }
                // RF64 has the true length in a chunk of its own.
                let bytes = length == 0xFFFF_FFFF ? longLength ?? length : length
                let isKnown = bytes > 0 && (bytes < lengthUnknown || longLength != nil)
                return WaveStreamHeader(format: format, dataOffset: content, dataBytes: isKnown ? bytes : nil)
            }
            let end = content + length + length % 2
            guard end <= bytesMaximum else { throw Refusal(reason: "its header is too long") }
            guard bytes.count >= end else { return nil }
            if bytes[offset..<offset + 4].elementsEqual("fmt ".utf8) {
                guard length >= 16 else { throw Refusal(reason: "its header is damaged") }
                // WAVE_FORMAT_EXTENSIBLE has the true tag in the first bytes of its sub-format.
                let tag = number(content, 2) == 0xFFFE && length >= 26 ? number(content + 24, 2) : number(content, 2)
                format = try StreamFormat(
                    tag: tag, channels: number(content + 2, 2), rate: number(content + 4, 4),
                    bits: number(content + 14, 2))
            } else if bytes[offset..<offset + 4].elementsEqual("ds64".utf8), length >= 16 {
                longLength = Int(exactly: UInt64(truncatingIfNeeded: number(content + 8, 8)))
            }
            offset = end
        }
        guard offset < bytesMaximum else { throw Refusal(reason: "its header is too long") }
        return nil
    }
}

extension StreamFormat {
    fileprivate init(tag: Int, channels: Int, rate: Int, bits: Int) throws(WaveStreamHeader.Refusal) {
        guard acceptedRates.contains(rate) else { throw .init(reason: rateRefusal(rate)) }
        guard (1...255).contains(channels) else { throw .init(reason: "it has \(channels) channels") }
        let sample: SampleFormat
        switch (tag, bits) {
        case (1, 16): sample = .int16
        case (1, 24): sample = .int24Packed
        case (1, 32): sample = .int32
        case (3, 32): sample = .float32
        default:
            throw .init(
                reason:
                    "its encoding is not supported through a pipe, where 16, 24 or 32 bits are; give the file's name")
        }
        self.init(sample: sample, rate: rate, channels: channels)
    }
}
