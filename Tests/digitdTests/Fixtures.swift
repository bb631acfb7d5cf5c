import Foundation
import MelSpectrogram
import ResNet

/// The bytes of a value, little end first.
func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}

/// A WAV file by hand, so that its header can say what no library would write.
func waveBytes(data: [UInt8], rate: Int = 8000, channels: Int = 1, bits: Int = 16, isFloat: Bool = false) -> [UInt8] {
    var bytes = Array("RIFF".utf8) + littleEndian(UInt32(36 + data.count)) + Array("WAVEfmt ".utf8)
    bytes += littleEndian(UInt32(16)) + littleEndian(UInt16(isFloat ? 3 : 1)) + littleEndian(UInt16(channels))
    bytes += littleEndian(UInt32(rate)) + littleEndian(UInt32(rate * channels * bits / 8))
    bytes += littleEndian(UInt16(channels * bits / 8)) + littleEndian(UInt16(bits))
    return bytes + Array("data".utf8) + littleEndian(UInt32(data.count)) + data
}

/// Noise of low level as S16LE: a fixed linear congruential generator.
func noise(samples: Int, amplitude: Int32 = 300) -> [UInt8] {
    var state: UInt32 = 1
    return (0..<samples).flatMap { _ -> [UInt8] in
        state = state &* 1_664_525 &+ 1_013_904_223
        return littleEndian(Int16((Int32(state >> 16) - 32_768) * amplitude / 32_768))
    }
}

/// A colour picture of 24 x 18 pixels: what a photograph is to a reader of spectrograms.
let colourPicture = [UInt8](
    Data(
        base64Encoded: "iVBORw0KGgoAAAANSUhEUgAAABgAAAASCAIAAADOjonJAAAAG0lEQVR42mO40GBAFcQwatCoQaMGjRo03AwCAHyiiB+S"
            + "MczHAAAAAElFTkSuQmCC")!)

/// A network that answers 7 whatever it hears: all tensors are zero but for the classifier's bias.
///
/// So the whole program can be tested without a trained network, and its confidence is known: the bias of 10 over the
/// temperature of 2 makes exp(5) / (exp(5) + 10), 0.9369.
enum ConstantNetwork {
    static let line = "Prediction: 7 (Confidence: 0.9369)"

    /// The file, made once and removed when the tests end.
    static let path: String = {
        let file = scratch.path + "/constant.safetensors"
        try! write(to: file, changing: [:])
        return file
    }()

    /// What the network of the reference recipe answers to pictures: exp(10) / (exp(10) + 9) is 0.9996.
    static let imageLine = "Prediction: 7 (Confidence: 0.9996)"

    /// The same network for the reference recipe's pictures: ten classes, no temperature and no threshold.
    static func writeForImages(to path: String, changing changes: [String: String] = [:]) throws {
        var metadata = DecibelImage.metadata
        metadata["labels"] = ResNet18Topology.labels.dropLast().joined(separator: ",")
        metadata["calibration.temperature"] = "1"
        metadata["threshold.accept"] = "0"
        try write(to: path, metadata: metadata.merging(changes) { $1 }, classCount: 10)
    }

    /// The same for numbers: a seven in every column, which is one long seven.
    static func writeForNumbers(to path: String, changing changes: [String: String] = [:]) throws {
        var metadata = MelParameters.standard.metadata.merging(UtteranceFrames.metadata) { $1 }
        metadata["labels"] = "0,1,2,3,4,5,6,7,8,9,oh,other,blank"
        metadata["network.frames_per_column"] = "4"
        metadata["calibration.temperature"] = "1"
        metadata["threshold.accept"] = "0.5"
        try write(to: path, metadata: metadata.merging(changes) { $1 }, classCount: 13)
    }

    /// Writes the file with some of its metadata changed. The zeros are a hole in the file, which takes no room.
    /// Tensors in `filling` hold that value throughout.
    static func write(
        to path: String, changing changes: [String: String], filling values: [String: Float] = [:]
    ) throws {
        var metadata = MelParameters.standard.metadata
        metadata["labels"] = ResNet18Topology.labels.joined(separator: ",")
        metadata["calibration.temperature"] = "2"
        metadata["threshold.accept"] = "0.9"
        // A seven is in every part of every word too: utterances are not cut, or there would be no end of them.
        metadata["runs.window_maximum"] = "0"
        try write(to: path, metadata: metadata.merging(changes) { $1 }, filling: values)
    }

    private static func write(
        to path: String, metadata: [String: String], classCount: Int = ResNet18Topology.classCount,
        filling values: [String: Float] = [:]
    ) throws {
        var header: [String: Any] = ["__metadata__": metadata]
        var end = 0
        var filled: [(offset: Int, bytes: [UInt8])] = []
        // The bias first, so that all that is not zero stands beside the header.
        for (name, shape) in ResNet18Topology.parameters(classCount: classCount).reversed() {
            let size = 4 * shape.reduce(1, *)
            header[name] = ["dtype": "F32", "shape": shape, "data_offsets": [end, end + size]] as [String: Any]
            if let value = values[name] {
                filled.append((end, (0..<size / 4).flatMap { _ in littleEndian(value.bitPattern) }))
            }
            end += size
        }
        var bias = [Float](repeating: 0, count: classCount)
        bias[7] = 10
        let text = [UInt8](try JSONSerialization.data(withJSONObject: header))
        let start = littleEndian(UInt64(text.count)) + text
        _ = FileManager.default.createFile(
            atPath: path, contents: Data(start + bias.flatMap { littleEndian($0.bitPattern) }))
        truncate(path, start.count + end)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        for (offset, bytes) in filled {
            try file.seek(toOffset: UInt64(start.count + offset))
            try file.write(contentsOf: Data(bytes))
        }
        try file.close()
    }

    private static let scratch: ScratchDirectory = {
        let directory = ScratchDirectory()
        atexit { try? FileManager.default.removeItem(atPath: ConstantNetwork.scratch.path) }
        return directory
    }()
}
