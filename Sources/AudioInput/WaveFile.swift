/// WAV files of 16 bits, written by hand: libsndfile cannot write one atomically.
public enum WaveFile {
    /// A file's bytes.
    ///
    /// - Parameters:
    ///   - samples: mono, full scale 1; what lies beyond is cut off.
    ///   - rate: in Hz.
    public static func bytes(samples: [Float], rate: Int) -> [UInt8] {
        let size = 2 * samples.count
        var bytes: [UInt8] = []
        bytes.reserveCapacity(44 + size)
        func put(_ value: Int, _ count: Int) {
            for shift in 0..<count { bytes.append(UInt8(truncatingIfNeeded: value >> (8 * shift))) }
        }
        bytes += Array("RIFF".utf8)
        put(36 + size, 4)
        bytes += Array("WAVEfmt ".utf8)
        put(16, 4)
        put(1, 2)
        put(1, 2)
        put(rate, 4)
        put(2 * rate, 4)
        put(2, 2)
        put(16, 2)
        bytes += Array("data".utf8)
        put(size, 4)
        for sample in samples {
            let scaled = sample.isFinite ? (sample * 32_768).rounded() : 0
            put(Int(max(-32_768, min(32_767, scaled))), 2)
        }
        return bytes
    }
}
