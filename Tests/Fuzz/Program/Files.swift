@testable import AudioInput
@testable import DaemonConfiguration
import DigitRecognizer
import Glibc
import MelSpectrogram
@testable import ResNet

/// A configuration. What is accepted must be the same after it was written and read.
@Sendable func feedConfiguration(_ input: [UInt8]) {
    // TOMLKit frees nothing that it hands out, see TOMLDocument; Swift's own memory is counted.
    ignoreLeaks(true)
    defer { ignoreLeaks(false) }
    do throws(ConfigurationError) {
        let file = try ConfigurationFile(bytes: input, path: "fuzz")
        let text = file.configuration.text
        let again = try? ConfigurationFile(bytes: Array(text.utf8), path: "fuzz")
        check(again?.configuration == file.configuration, "another configuration after writing: \(text)")
    } catch {
        check(!error.description.isEmpty, "an error without words")
    }
}

@_silgen_name("__lsan_disable") private func disableLeakChecks()
@_silgen_name("__lsan_enable") private func enableLeakChecks()

private func ignoreLeaks(_ areIgnored: Bool) {
    if areIgnored { disableLeakChecks() } else { enableLeakChecks() }
}

/// A weights file, with the front end and the network that are made of it.
@Sendable func feedWeights(_ input: [UInt8]) {
    guard let file = try? WeightsFile(bytes: input, path: "fuzz") else { return }
    if let parameters = try? MelParameters(metadata: file.metadata) { _ = try? MelFrameStream(parameters) }
    _ = try? ResNetClassifier(weights: file)
    _ = RecognizerParameters()
    guard let bytes = try? file.encoded(precision: .f32) else { return }
    guard let again = try? WeightsFile(bytes: bytes, path: "fuzz") else { fail("what was written is not read") }
    check(again.metadata == file.metadata, "other metadata after writing")
    // Counts are written as whole numbers.
    for (name, tensor) in file.tensors where !name.hasSuffix("num_batches_tracked") {
        check(again.tensors[name] == tensor, "another tensor \(name) after writing")
    }
}

/// A picture as `digitd classify` reads it, of digitd's own kind and of the reference project's.
@Sendable func feedPicture(_ input: [UInt8]) {
    // Where the number of bytes is even the checksums are made right, or hardly any change would get past them.
    let path = file.holding(input.count.isMultiple(of: 2) ? withChecksums(input) : input)
    if let image = try? MelImage(contentsOf: path) {
        check(image.pixels.count == image.width * image.height, "\(image.pixels.count) pixels")
        _ = image.spectrogram
    }
    if let image = try? DecibelImage(contentsOf: path) { check(image.window.allSatisfy(\.isFinite), "no number") }
}

/// A recording as `digitd classify` reads it, at once and in blocks.
@Sendable func feedAudio(_ input: [UInt8]) {
    let path = file.holding(input)
    guard let whole = try? AudioFile.readMono(path) else { return }
    check(whole.samples.allSatisfy(\.isFinite), "a sample that is no number")
    guard whole.samples.count < 1_000_000 else { return }
    guard let samples = try? AudioFile.readMono(path, rate: AudioReader.rate) else {
        // At a lower rate less than one sample may be left.
        return check(whole.samples.count * AudioReader.rate < 8 * whole.rate, "read once but not twice")
    }
    check(whole.rate != AudioReader.rate || samples == whole.samples, "other samples in blocks")
    _ = try? AudioFile.readMonoOffline(path, rate: AudioReader.rate)
}

/// A file in memory, used again for each input.
private let file = MemoryFile()

private struct MemoryFile {
    private let descriptor: CInt = {
        var name = Array("/dev/shm/digitd-fuzz-XXXXXX".utf8CString)
        let descriptor = mkstemp(&name)
        check(descriptor >= 0 && unlink(name) == 0, "no file in /dev/shm")
        return descriptor
    }()

    /// Puts these bytes into the file, and gives its name.
    func holding(_ bytes: [UInt8]) -> String {
        check(ftruncate(descriptor, 0) == 0 && pwrite(descriptor, bytes, bytes.count, 0) == bytes.count, "not written")
        return "/proc/self/fd/\(descriptor)"
    }
}

/// A PNG file with the right checksum behind each of its chunks.
private func withChecksums(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    var start = 8
    while start + 12 <= bytes.count {
        let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        let end = start + 8 + length
        guard end + 4 <= bytes.count else { break }
        let sum = checksum(bytes[(start + 4)..<end])
        for index in 0..<4 { bytes[end + index] = UInt8(truncatingIfNeeded: sum >> (24 - 8 * UInt32(index))) }
        start = end + 4
    }
    return bytes
}

/// CRC-32 as in annex D of the PNG specification.
private func checksum(_ bytes: some Sequence<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
        sum ^= UInt32(byte)
        for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return ~sum
}
