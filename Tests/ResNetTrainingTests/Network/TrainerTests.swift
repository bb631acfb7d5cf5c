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

        func options(_ output: String, _ recipe: Recipe = .standard) -> TrainingOptions {
            var options = TrainingOptions(recipe)
            options.directories = [path + "/data"]
            options.output = "\(path)/\(output).safetensors"
            options.epochs = 2
            options.windowsPerEpoch = 4
            options.batchSize = 2
            options.checkpointInterval = 1
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

    /// The recipe for numbers: an interrupted run ends as an uninterrupted one, and what it writes can be used.
    @Test func numbersAreLearned_andAStoppedRunGoesOn() throws {
        let recordings = try Recordings()
        var options = recordings.options("stopped", .numbers)
        options.rowFrames = 128
        #expect(try train(options, stoppingAfter: 1) == nil)
        let resumed = try #require(try train(options))
        var whole = options
        whole.output = recordings.path + "/whole.safetensors"
        let uninterrupted = try #require(try train(whole))
        for (name, _) in ResNet18Topology.parameters(classCount: 13) {
            #expect(areSameBits(resumed.tensors[name], uninterrupted.tensors[name]), "\(name)")
        }
        #expect(resumed.metadata == uninterrupted.metadata)
        let file = try WeightsFile(contentsOf: options.output)
        #expect(file.metadata["labels"] == "0,1,2,3,4,5,6,7,8,9,oh,other,blank")
        #expect(file.metadata["network.frames_per_column"] == "4")
        #expect(file.metadata["frontend.normalisation"] == "utterance_mean_std")
        for precision in [InferencePrecision.f32, .int8] {
            let network = try UtteranceNetwork(weights: file, precision: precision)
            var logits = [Float](repeating: .nan, count: 3 * 13)
            var span = logits.mutableSpan
            network.logits([Float](repeating: 0.5, count: 9 * 40).span, into: &span)
            #expect(logits.allSatisfy { $0.isFinite })
        }
    }

    @Test func teachersAreLearnedFrom_andAreOnRecord() throws {
        let recordings = try Recordings()
        let first = recordings.options("first")
        let teacher = try #require(try train(first))
        var options = recordings.options("taught")
        options.teachers = [first.output]
        var notes: [String] = []
        let taught = try Trainer(options).run { if case .note(let note) = $0 { notes.append(note) } }
        #expect(taught?.metadata["trained.teachers"] == "share 0.5: " + (teacher.metadata["trained.by"] ?? ""))
        #expect(notes.contains { $0.hasPrefix("teachers: validation loss ") }, "\(notes)")
        #expect(!notes.contains { $0.contains("other speakers") }, "\(notes)")
        // The same seed, the same windows, the same first weights: only the teacher makes the difference.
        #expect(!areSameBits(taught?.tensors["fc.bias"], teacher.tensors["fc.bias"]))

        options.output = recordings.path + "/other.safetensors"
        options.split.seed += 1
        notes = []
        _ = try Trainer(options).run { if case .note(let note) = $0 { notes.append(note) } }
        #expect(notes.contains { $0.contains("was trained with other speakers held out") }, "\(notes)")
    }

    @Test func whatIsTaughtIsPartLabelAndPartTheTeachersMean() throws {
        let recordings = try Recordings()
        var paths: [String] = []
        for seed in [1, 2] as [UInt64] {
            let network = try TrainingNetwork(batchSize: 2, threads: 1)
            try network.initialise(seed: seed)
            paths.append("\(recordings.path)/\(seed).safetensors")
            try network.weights().write(to: paths.last!, precision: .f32)
        }
        var generator = LCG(seed: 5)
        let windows = (0..<3 * ResNet18Topology.inputCount).map { _ in generator.next() }
        func rows(_ paths: [String]) throws -> [Float] {
            try TeacherEnsemble(paths, split: nil, threads: 1).probabilities(windows)
        }
        let (one, other, both) = (try rows([paths[0]]), try rows([paths[1]]), try rows(paths))
        let classes = ResNet18Topology.classCount
        for i in both.indices { #expect(abs(both[i] - (one[i] + other[i]) / 2) < 1e-6) }
        for row in 0..<3 { #expect(abs(both[row * classes..<(row + 1) * classes].reduce(0, +) - 1) < 1e-5) }
        #expect(one != other)

        let batch = Batch(epoch: 0, index: 0, windows: windows, labels: [7, 0, 10])
        let ensemble = try TeacherEnsemble(paths, split: nil, threads: 1)
        let targets = ensemble.targets(batch, smoothing: 0.11, share: 0.25)
        for i in targets.indices {
            let label = 0.01 + (i % classes == Int(batch.labels[i / classes]) ? 0.89 : 0)
            #expect(abs(targets[i] - (0.75 * Float(label) + 0.25 * both[i])) < 1e-6)
        }
    }

    @Test func randomSplitLetsTheFifthDecideNothing_andIsOnRecord() throws {
        let recordings = try Recordings()
        var options = recordings.options("random")
        options.splitKind = .random
        let file = try #require(try train(options))
        let split = try DataSet(directories: options.directories).randomSplit(seed: options.seed)
        #expect(split.training.clips.count == 32 && split.validation.clips.count == 8)
        #expect(RandomSplitRecord(metadata: file.metadata) == RandomSplitRecord(split, seed: options.seed))
        #expect(file.metadata["trained.on"] == "data; 32 clips")
        #expect(file.metadata["calibration.temperature"] == "1.0000")
        #expect(file.metadata["threshold.accept"] == "0.000")
    }

    @Test func seedRecipeResumesToTheSameBits_andItsFileCarriesTheImageFrontEnd() throws {
        let recordings = try Recordings()
        var options = recordings.options("stopped", .seed)
        // Its learning rate does not depend on how long it is to be, so a longer run may be cut short.
        options.epochs = 9
        #expect(try train(options, stoppingAfter: 1) == nil)
        options.epochs = 0
        #expect(throws: TrainingError.furtherCheckpoint(path: options.checkpointPath, epochs: 1)) { try train(options) }
        options.epochs = 2
        let resumed = try #require(try train(options))
        let whole = recordings.options("whole", .seed)
        _ = try #require(try train(whole))
        let files = try [options, whole].map { try Data(contentsOf: URL(fileURLWithPath: $0.output)) }
        #expect(files[0] == files[1])
        // Another recipe's checkpoint is never taken.
        #expect(options.fingerprint != recordings.options("stopped").fingerprint)

        let file = try WeightsFile(contentsOf: options.output)
        #expect(FrontEnd.decibelImage.metadata.allSatisfy { file.metadata[$0] == $1 })
        #expect(file.metadata["labels"] == "0,1,2,3,4,5,6,7,8,9")
        #expect(RandomSplitRecord(metadata: file.metadata) != nil)
        #expect(resumed.tensors["fc.weight"]?.shape == [10, 512])
        _ = try ResNet18(weights: file, shape: FrontEnd.decibelImage.shape)
        let plot = try String(contentsOfFile: options.plotPath, encoding: .utf8)
        #expect(plot.contains("training") && !plot.contains("augmented"))
    }

    @Test func imageNetsLayersStayAsTheyAre_butForTheirStatistics() throws {
        let recordings = try Recordings()
        var options = recordings.options("tuned", .seed)
        let path = recordings.path + "/imagenet.safetensors"
        var imageNet = TrainingStepTests.weights(classCount: 1000)
        imageNet.tensors["conv1.weight"] = WeightTensor(
            shape: [64, 3, 7, 7], values: [Float](repeating: 0.1, count: 64 * 3 * 49))
        try imageNet.write(to: path, precision: .f32)
        options.initialWeights = path
        let tuned = try #require(try train(options))
        for (name, _) in ResNet18Topology.parameters(classCount: 10) {
            let isKept = areSameBits(imageNet.tensors[name], tuned.tensors[name])
            #expect(isKept == !(name.contains("running_") || ImageNetWeights.replaced.contains(name)), "\(name)")
        }

        for (name, shape) in [("conv1.weight", [64, 1, 7, 7]), ("fc.bias", [10])] {
            var other = imageNet
            other.tensors[name] = WeightTensor(shape: shape, values: [Float](repeating: 0, count: shape.reduce(1, *)))
            try other.write(to: path, precision: .f32)
            let error = #expect(throws: TrainingError.self) { try train(options) }
            #expect(error?.description.contains("the tensor \(name) has the shape \(shape)") == true)
        }
    }

    @Test func fewerClipsThanABatchAreRefused() throws {
        let recordings = try Recordings()
        var options = recordings.options("refused")
        options.batchSize = 64
        options.windowsPerEpoch = nil
        #expect(throws: TrainingError.self) { try train(options) }
    }
}
