import Foundation
import ResNet
import Testing

@testable import ResNetTraining

/// Whole runs over a few synthesised recordings: two epochs of two steps of two windows.
@Suite(.serialized) struct TrainerTests {
    /// A directory of four speakers' tones for each digit, removed when this goes away.
    private final class Recordings {
        let path: String

        init() throws {
            let root = FileManager.default.temporaryDirectory.appending(path: "digitd-\(UUID().uuidString)")
            path = root.path
            var generator = LCG(seed: 13)
            for digit in 0...9 {
                let folder = root.appending(path: "data/\(digit)")
                try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
                for speaker in 0..<4 {
                    // Half a second: silence, a tone burst of the digit's pitch in faint noise, silence.
                    let samples = (0..<4000).map { i -> Int16 in
                        let isVoiced = (1000..<3000).contains(i)
                        let phase = Double(i) * Double(300 + 250 * digit + 20 * speaker) * 2 * .pi / 8000
                        return Int16((isVoiced ? 8000 * sin(phase) : 0) + 20 * Double(generator.next()))
                    }
                    try Self.wav(samples).write(to: folder.appending(path: "speaker\(speaker)_0.wav"))
                }
            }
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func options(_ output: String) -> TrainingOptions {
            var options = TrainingOptions()
            options.directories = [path + "/data"]
            options.output = "\(path)/\(output).safetensors"
            options.epochs = 2
            options.windowsPerEpoch = 4
            options.batchSize = 2
            options.threads = 1
            options.precision = .float32
            return options
        }

        private static func wav(_ samples: [Int16]) -> Data {
            var data = Data("RIFF".utf8)
            func append<T: FixedWidthInteger>(_ value: T) {
                withUnsafeBytes(of: value.littleEndian) { data.append(contentsOf: $0) }
            }
            append(UInt32(36 + 2 * samples.count))
            data.append(contentsOf: "WAVEfmt ".utf8)
            append(UInt32(16))
            append(UInt16(1))
            append(UInt16(1))
            append(UInt32(8000))
            append(UInt32(16_000))
            append(UInt16(2))
            append(UInt16(16))
            data.append(contentsOf: "data".utf8)
            append(UInt32(2 * samples.count))
            samples.forEach(append)
            return data
        }
    }

    /// Runs until the given epoch is done.
    private func train(_ options: TrainingOptions, stoppingAfter last: Int? = nil) throws -> WeightsFile? {
        var isDone = false
        return try Trainer(options).run(
            report: { progress in
                if case .epoch(let metrics) = progress, metrics.epoch == last { isDone = true }
            }, shouldStop: { isDone })
    }

    @Test func resumedRunEndsWithTheSameWeights_asAnUninterruptedOne() throws {
        let recordings = try Recordings()
        let options = recordings.options("stopped")
        #expect(try train(options, stoppingAfter: 1) == nil)
        #expect(FileManager.default.fileExists(atPath: options.checkpointPath))
        #expect(!FileManager.default.fileExists(atPath: options.output))

        // A run with other options must not go on from it, nor destroy it.
        var others = options
        others.labelSmoothing = 0.2
        #expect(throws: TrainingError.otherCheckpoint(path: options.checkpointPath)) { try train(others) }

        let resumed = try #require(try train(options))
        #expect(!FileManager.default.fileExists(atPath: options.checkpointPath))
        let whole = recordings.options("whole")
        let uninterrupted = try #require(try train(whole))
        for (name, _) in ResNet18Topology.parameters {
            #expect(areSameBits(resumed.tensors[name], uninterrupted.tensors[name]), "\(name)")
        }
        #expect(resumed.metadata == uninterrupted.metadata)
        let files = try [options, whole].map { try Data(contentsOf: URL(fileURLWithPath: $0.output)) }
        #expect(files[0] == files[1])
        let file = try WeightsFile(contentsOf: options.output)
        _ = try ResNet18(weights: file)
        #expect(file.metadata["labels"] == ResNet18Topology.labels.joined(separator: ","))
        #expect(file.metadata["threshold.accept"] != nil)

        // A row an epoch, with nothing twice.
        let rows = try String(contentsOfFile: options.metricsPath, encoding: .utf8).split(separator: "\n")
        #expect(rows.count == 3)
        #expect(rows.dropFirst().map { $0.split(separator: ",")[0] } == ["1", "2"])
    }

    @Test func fewerClipsThanABatchAreRefused() throws {
        let recordings = try Recordings()
        var options = recordings.options("refused")
        options.batchSize = 64
        options.windowsPerEpoch = nil
        #expect(throws: TrainingError.self) { try train(options) }
    }
}
