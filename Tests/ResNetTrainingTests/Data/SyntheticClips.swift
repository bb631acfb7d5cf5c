import Foundation

@testable import ResNetTraining

/// Sounds made for the tests: a vowel-like tone of a pitch of its own for every digit, with silence around it.
enum SyntheticClips {
    /// 8 kHz mono: `silence` s of faint noise, a harmonic tone with an envelope, and as much silence again.
    static func word(_ label: Int, speaker: Int, silence: Double = 0.15, length: Double = 0.35) -> [Float] {
        var random = SeededRandom(seed: UInt64(speaker), epoch: label)
        let padding = Int(silence * 8_000)
        let count = Int(length * 8_000)
        return (0..<count + 2 * padding).map { i in
            let noise = random.gaussian() * 0.0005
            guard i >= padding && i < padding + count else { return noise }
            let t = Float(i - padding) / 8_000
            let envelope = sinf(.pi * Float(i - padding) / Float(count))
            let pitch = 110 + Float(label * 17 + speaker * 5)
            let tone = (1...8).reduce(Float(0)) { $0 + sinf(2 * .pi * pitch * Float($1) * t) / Float($1 + label % 3) }
            return noise + 0.2 * envelope * tone
        }
    }

    /// A store with `speakers` speakers of every digit and of two other words, and one noise.
    static func store(speakers: Int = 2) -> ClipStore {
        var clips: [(clip: LabelledClip, samples: [Float])] = []
        for speaker in 0..<speakers {
            for label in 0...9 {
                let clip = LabelledClip(
                    path: "\(label)/s\(speaker)_0.wav", label: label, speaker: "s\(speaker)", set: "a")
                clips.append((clip, word(label, speaker: speaker)))
            }
            for (i, folder) in ["tree", "bed"].enumerated() {
                let clip = LabelledClip(
                    path: "\(folder)/s\(speaker)_0.wav", label: 10, speaker: "s\(speaker)", set: "a", folder: folder)
                clips.append((clip, word(11 + i, speaker: speaker)))
            }
        }
        var random = SeededRandom(seed: 9)
        return ClipStore(clips: clips, noises: [(0..<8_000).map { _ in random.gaussian() * 0.1 }])
    }
}

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "digitd-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Makes files (empty unless `data` is given) with the folders they need.
    func make(_ files: [String], data: Data = Data()) throws {
        for file in files {
            let url = URL(fileURLWithPath: path + "/" + file)
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url)
        }
    }
}

/// A 16-bit mono WAV file at 8 kHz.
func wave(_ samples: [Float]) -> Data {
    var data = Data()
    func put(_ value: UInt32) { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
    func put(_ value: UInt16) { withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) } }
    data.append(contentsOf: Array("RIFF".utf8))
    put(UInt32(36 + samples.count * 2))
    data.append(contentsOf: Array("WAVEfmt ".utf8))
    put(UInt32(16))
    put(UInt16(1))
    put(UInt16(1))
    put(UInt32(8_000))
    put(UInt32(16_000))
    put(UInt16(2))
    put(UInt16(16))
    data.append(contentsOf: Array("data".utf8))
    put(UInt32(samples.count * 2))
    for sample in samples { put(UInt16(bitPattern: Int16(max(-1, min(1, sample)) * 32_767))) }
    return data
}
