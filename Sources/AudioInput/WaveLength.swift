import Glibc

/// Whether a WAV file ends before the data that its header promises: libsndfile plays what is there without a word, and a
/// recording that broke off is no digit to be trusted.
///
/// The lengths that programs write into a pipe, where they cannot know (0, 0x7FFFF000 of SoX, 0xFFFFFFFF of ffmpeg), promise
/// nothing.
///
/// - Parameters:
///   - descriptor: the open file; its position does not move.
///   - size: the file's size in bytes.
func waveIsCutShort(_ descriptor: CInt, size: Int) -> Bool {
    guard let riff = bytes(descriptor, at: 0, count: 12), riff[..<4] == Array("RIFF".utf8)[...],
        riff[8...] == Array("WAVE".utf8)[...]
    else { return false }
    var offset = 12
    while let chunk = bytes(descriptor, at: offset, count: 8) {
        let length = chunk[4...].reversed().reduce(0) { $0 << 8 | Int($1) }
        let end = offset + 8 + length
        if chunk[..<4] == Array("data".utf8)[...] {
            return length < 0x7FFF_0000 && end > size
        }
        // Chunks begin at even offsets.
        offset = end + length % 2
    }
    return false
}

private func bytes(_ descriptor: CInt, at offset: Int, count: Int) -> [UInt8]? {
    var bytes = [UInt8](repeating: 0, count: count)
    return pread(descriptor, &bytes, count, offset) == count ? bytes : nil
}
