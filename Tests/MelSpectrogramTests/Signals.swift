import Foundation
import MelSpectrogram

/// Samples and mel powers that librosa gives for them; Golden/README.md says how they were made.
struct LibrosaGolden: Decodable, Sendable {
    let samples: [Int16]
    let frames: [[Float]]

    var signal: [Float] { samples.map { Float($0) / 32768 } }

    static func load(_ name: String) throws -> LibrosaGolden {
        let folder = Bundle.module.url(forResource: "Golden", withExtension: nil)!
        let data = try Data(contentsOf: folder.appendingPathComponent("\(name).json"))
        let decoder = JSONDecoder()
        return try decoder.decode(LibrosaGolden.self, from: data)
    }
}

/// Noise that is the same in every run (xorshift), uniform in -amplitude ... amplitude.
func noise(_ count: Int, amplitude: Float = 0.5, seed: UInt64 = 1) -> [Float] {
    var state = seed &* 0x9E37_79B9_7F4A_7C15
    return (0..<count).map { _ in
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return amplitude * (Float(state >> 40) / Float(1 << 23) - 1)
    }
}

/// A sine at 8 kHz.
func sine(_ hertz: Double, _ count: Int, amplitude: Double = 1) -> [Float] {
    (0..<count).map { Float(amplitude * sin(2 * Double.pi * hertz * Double($0) / 8000)) }
}

/// All frames of a stream fed in chunks of the given sizes, over and over, as bit patterns of the values.
func frames(of samples: [Float], stream: inout MelFrameStream, chunks: [Int]) -> [UInt32] {
    var bits: [UInt32] = []
    var position = 0
    var turn = 0
    while position < samples.count {
        let end = min(position + chunks[turn % chunks.count], samples.count)
        stream.process(samples.span.extracting(position..<end)) { frame in
            for index in frame.indices { bits.append(frame[index].bitPattern) }
        }
        position = end
        turn += 1
    }
    return bits
}
