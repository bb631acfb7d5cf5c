import Glibc

/// What is wrong with the chunks of a file, before libsndfile reads it; nil if nothing is.
///
/// Two things that libsndfile does not say: it plays a WAV file that ends before the data that its header promises
/// without a word, and a recording that broke off is no digit to be trusted; and for a gigabyte of empty chunks it
/// takes a minute and a half. The lengths that programs write into a pipe, where they cannot know (0, 0x7FFFF000 of
/// SoX, 0xFFFFFFFF of ffmpeg), promise nothing.
///
/// - Parameters:
///   - descriptor: the open file; its position does not move.
///   - size: the file's size in bytes.
func chunkComplaint(_ descriptor: CInt, size: Int) -> String? {
    guard let begin = bytes(descriptor, at: 0, count: 12) else { return nil }
    let isWave = begin[..<4] == Array("RIFF".utf8)[...] && begin[8...] == Array("WAVE".utf8)[...]
    // The lengths of RF64 stand elsewhere, those of AIFF have their high byte first.
    let isLong = begin[..<4] == Array("RF64".utf8)[...]
    let isBigEndian = begin[..<4] == Array("FORM".utf8)[...]
    guard isWave || isLong || isBigEndian else { return nil }
    var offset = 12
    for _ in 0..<chunksMax {
        guard let chunk = bytes(descriptor, at: offset, count: 8) else { return nil }
        let digits = isBigEndian ? Array(chunk[4...]) : chunk[4...].reversed()
        let length = digits.reduce(0) { $0 << 8 | Int($1) }
        let end = offset + 8 + length
        if isWave, chunk[..<4] == Array("data".utf8)[...] {
            guard length < 0x7FFF_0000 else { return nil }
            if end > size { return "it is cut short: its header promises more sound than it holds" }
        }
        // Chunks begin at even offsets.
        offset = end + length % 2
    }
    return "it has more than \(chunksMax) parts; give a file with sound alone"
}

/// Chunks of a file that are looked at; one with many notes has dozens.
private let chunksMax = 10_000

private func bytes(_ descriptor: CInt, at offset: Int, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(descriptor, &bytes, count, offset) == count ? bytes : nil
}
