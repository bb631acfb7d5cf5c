import CSndFile
import Glibc

@testable import AudioInput

/// A directory of its own for one test, removed with the value.
final class ScratchDirectory: Sendable {
    let path: String

    init() {
        var template = Array("/tmp/AudioInputTests.XXXXXX".utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        removeAll()
    }

    /// Removes the directory and all that is in it; a value that lives as long as the process needs it at exit.
    func removeAll() {
        _ = system("rm -rf '\(path)'")
    }

    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = "\(path)/\(name)"
        let stream = fopen(file, "wb")!
        fwrite(bytes, 1, bytes.count, stream)
        fclose(stream)
        return file
    }
}

/// The bytes of a value, little end first.
func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A WAV file by hand, so that its header can say what no library would write.
///
/// - Parameters:
///   - tag: 1 for integers, 3 for floats.
///   - dataSize: the size the header claims, the true one when nil.
func waveBytes(
    data: [UInt8], rate: Int = 8000, channels: Int = 1, bits: Int = 16, tag: Int = 1, dataSize: Int? = nil
) -> [UInt8] {
    let size = dataSize ?? data.count
    let frameBytes = channels * bits / 8
    var bytes = Array("RIFF".utf8) + littleEndian(UInt32(truncatingIfNeeded: 36 + size)) + Array("WAVEfmt ".utf8)
    bytes += littleEndian(UInt32(16)) + littleEndian(UInt16(tag)) + littleEndian(UInt16(channels))
    bytes += littleEndian(UInt32(rate)) + littleEndian(UInt32(rate * frameBytes))
    bytes += littleEndian(UInt16(frameBytes)) + littleEndian(UInt16(bits))
    return bytes + Array("data".utf8) + littleEndian(UInt32(size)) + data
}

/// 16-bit samples that never repeat soon: a fixed linear congruential generator.
func noise16(_ count: Int, seed: UInt32 = 1) -> [Int16] {
    var state = seed
    return (0..<count).map { _ in
        state = state &* 1_664_525 &+ 1_013_904_223
        return Int16(truncatingIfNeeded: state >> 16) / 2
    }
}

/// A sine of `frequency` Hz at `rate` Hz, amplitude 0.5.
func sine(_ count: Int, frequency: Double, rate: Int) -> [Float] {
    (0..<count).map { Float(0.5 * sin(2 * .pi * frequency * Double($0) / Double(rate))) }
}

extension [Int16] {
    /// The samples as raw S16LE.
    var bytes: [UInt8] { flatMap { littleEndian($0) } }
    /// The samples as floats, full scale 1.0.
    var floats: [Float] { map { Float($0) / 32768 } }
}

extension [Float] {
    /// The samples as raw 32-bit floats.
    var bytes: [UInt8] { flatMap { littleEndian($0.bitPattern) } }
}

/// Writes interleaved floats through libsndfile, for formats that are not made by hand.
func writeSoundFile(_ path: String, _ samples: [Float], rate: Int, channels: Int = 1, format: Int) {
    var info = SF_INFO()
    info.samplerate = CInt(rate)
    info.channels = CInt(channels)
    info.format = CInt(format)
    let file = sf_open(path, CInt(SFM_WRITE), &info)
    sf_writef_float(file, samples, sf_count_t(samples.count / channels))
    sf_close(file)
}
