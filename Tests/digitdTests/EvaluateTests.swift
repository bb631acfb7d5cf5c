import Foundation
import ResNetTraining
import Testing

@Suite struct EvaluateTests {
    private let data = packageFile("Tests/Audio/digits")

    @Test func jsonHasTheContractsShape() throws {
        let result = try Command.run(["evaluate", "--json", "--model", ConstantNetwork.path, "--data", data])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.outputLines.count == 1)
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        // Twenty-six clips, all taken for sevens: two are.
        #expect(object["clips"] as? Int == 26)
        #expect(abs((object["accuracy"] as? Double ?? 0) - 2.0 / 26) < 1e-6)
        #expect(object["rejected"] as? Int == 0)
        #expect(Set((object["macro"] as? [String: Double] ?? [:]).keys) == ["precision", "recall", "f1"])
        let classes = try #require(object["per_class"] as? [[String: Any]])
        #expect(classes.compactMap { $0["label"] as? String } == (0...9).map(String.init) + ["not_a_digit"])
        #expect(classes[7]["recall"] as? Double == 1)
        #expect(classes[7]["clips"] as? Int == 2)
        let confusion = try #require(object["confusion"] as? [[Int]])
        #expect(confusion.count == 11)
        #expect(confusion.map { $0[7] } == [Int](repeating: 2, count: 10) + [6])
    }

    /// What is measured of a network are the answers that `classify` gives, a second look at doubtful clips among them.
    @Test(.enabled(if: Command.hasNetwork, "the package holds no trained network yet"))
    func judgesWhatClassifySays() throws {
        let clips = try testClips((0...9).map(String.init) + ["cancel", "hello", "house", "music", "window", "yellow"])
        let said = try Command.run(["classify", "--json", "--precision", "f32"] + clips.map(\.path))
        try #require(said.status == 0 && said.outputLines.count == clips.count, "\(said.testDescription)")
        let probabilities = try said.outputLines.flatMap { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return try #require(object?["probabilities"] as? [Double])
        }
        let judgements = Judgements(
            logits: probabilities.map { Float(log(max($0, 1e-12))) }, labels: clips.map { Int32($0.folder) ?? 10 })
        let result = try Command.run(["evaluate", "--json", "--precision", "f32", "--data", data])
        let object = try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any]
        let found = try #require(object?["ece_all_labels"] as? Double, "\(result.testDescription)")
        let expected = Calibration(judgements, temperature: 1).expectedError
        #expect(abs(found - expected) < 2e-5, "\(found) is not \(expected)")
    }

    @Test func digitUnderTheThresholdIsRejectedAndWrong() throws {
        let scratch = ScratchDirectory()
        try ConstantNetwork.write(to: scratch.path + "/strict.safetensors", changing: ["threshold.accept": "0.94"])
        let result = try Command.run([
            "evaluate", "--json", "--model", scratch.path + "/strict.safetensors", "--data", data,
        ])
        #expect(result.output.contains(#""rejected":26,"#))
        // The six other words are rightly rejected.
        #expect(result.output.hasPrefix(#"{"clips":26,"accuracy":0.230769,"#))
    }

    @Test func tableIsReadable_andReportIsWritten() throws {
        let scratch = ScratchDirectory()
        let directory = scratch.path + "/new/report"
        let result = try Command.run([
            "evaluate", "--model", ConstantNetwork.path, "--data", data, "--report", directory,
        ])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.outputLines.first == "26 clips, 7.69 % right, 0 rejected")
        #expect(try String(contentsOfFile: directory + "/index.html", encoding: .utf8).contains("<svg"))
        let metrics = try Data(contentsOf: URL(fileURLWithPath: directory + "/metrics.json"))
        #expect(try JSONSerialization.jsonObject(with: metrics) is [String: Any])
    }

    @Test func noiseAndLiveAddTheirFigures() throws {
        let result = try Command.run([
            "evaluate", "--json", "--noise", "--live", "--snr", "10", "--model", ConstantNetwork.path, "--data", data,
        ])
        #expect(result.status == 0, "\(result.testDescription)")
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        let noise = try #require(object["noise"] as? [[String: Any]])
        #expect(noise.map { $0["cut"] as? String } == ["clip", "clip", "live", "live"])
        #expect(noise.map { $0["snr_db"] as? Double } == [nil, 10, nil, 10])
        let live = try #require(object["live"] as? [String: Any])
        // All are taken for sevens, words too.
        #expect((live["digits"] as? [String: Any])?["right"] as? Double == 0.1)
        #expect((live["words"] as? [String: Any])?["taken"] as? Double == 1)
        #expect(object["ece"] is Double)
    }

    @Test func noiseAloneIsHeardLive_andIsNoClips() throws {
        let scratch = ScratchDirectory()
        let folder = scratch.path + "/_background_noise_"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        // Whatever is heard, the network takes for a seven.
        for (index, clip) in try testClips(["hello", "house"]).enumerated() {
            try FileManager.default.createSymbolicLink(
                atPath: "\(folder)/\(index).flac", withDestinationPath: clip.path)
        }
        let arguments = ["evaluate", "--model", ConstantNetwork.path, "--data", scratch.path]
        var result = try Command.run(arguments + ["--live"])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.outputLines.first?.hasPrefix("live noise") == true)
        result = try Command.run(arguments + ["--live", "--json"])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(result.output.utf8)) as? [String: Any])
        #expect(object["clips"] as? Int == 0)
        let noise = (object["live"] as? [String: Any])?["noise"] as? [String: Any]
        #expect(noise?["taken"] as? Double == 1)
        for other in [[], ["--noise", "--live"], ["--report", scratch.path + "/r", "--live"]] {
            expectOneSentence(try Command.run(arguments + other), 65)
        }
    }

    @Test func heldOutIsForNetworksOfASplitBySpeakers() throws {
        let scratch = ScratchDirectory()
        let path = scratch.path + "/n.safetensors"
        let arguments = ["evaluate", "--held-out", "--model", path, "--data", data]
        try ConstantNetwork.write(to: path, changing: ["split.seed": "1", "split.digest": "0"])
        var result = try Command.run(arguments)
        expectOneSentence(result, 65)
        #expect(result.errors.contains("--split-test instead of --held-out"))
        try ConstantNetwork.write(to: path, changing: ["split.speakers.seed": "1", "split.speakers.digest": "0"])
        result = try Command.run(arguments)
        expectOneSentence(result, 65)
        #expect(result.errors.contains("not those that the network"))
        // One from before splits were recorded, trained on this directory, is judged on its strangers.
        try ConstantNetwork.write(to: path, changing: ["trained.on": "digits; 26 clips"])
        result = try Command.run(arguments + ["--json"])
        #expect(result.output.contains(#""selection":"speakers held out of training""#), "\(result.testDescription)")
        try ConstantNetwork.write(to: path, changing: ["trained.on": "digits,others; 40 clips"])
        expectOneSentence(try Command.run(arguments), 65)
        #expect(try Command.run(arguments + ["--official-test"]).status == 64)
    }

    @Test func leaveOneSpeakerOutWantsADirectory_andNothingThatIsNotItsOwn() throws {
        let command = ["evaluate", "--data", data, "--leave-one-speaker-out"]
        #expect(try Command.run(command).status == 64)
        #expect(try Command.run(command + ["--output", "x", "--held-out"]).status == 64)
        for number in ["0", "101"] {
            let result = try Command.run(command + ["--output", "x", "--fold-networks", number])
            #expect(result.status == 64 && result.errors.contains("--fold-networks must be 1 to 100"))
        }
        #expect(try Command.run(["evaluate", "--data", data, "--base-epochs", "2"]).status == 64)
        #expect(try Command.run(["evaluate", "--data", data, "--trimmed"]).status == 64)
        let scratch = ScratchDirectory()
        let result = try Command.run(command + ["--output", scratch.path + "/work"])
        expectOneSentence(result, 65)
        #expect(result.errors.contains("recordings/<digit>_<speaker>_<n>.wav"))
    }

    @Test func reportThatCannotBeWrittenSaysWhy() throws {
        let scratch = ScratchDirectory()
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/report/index.html", withIntermediateDirectories: true)
        let result = try Command.run([
            "evaluate", "--model", ConstantNetwork.path, "--data", data, "--report", scratch.path + "/report",
        ])
        expectOneSentence(result, 1)
        #expect(result.errors.contains("index.html") && result.errors.contains("is a directory"))
    }

    @Test func officialTestTakesOnlyIndices0To4OfFSDD() throws {
        let scratch = ScratchDirectory()
        mkdir(scratch.path + "/recordings", 0o755)
        let clip = waveBytes(data: noise(samples: 4000))
        for index in 0...6 { _ = scratch.write("recordings/7_someone_\(index).wav", clip) }
        let arguments = ["evaluate", "--json", "--model", ConstantNetwork.path, "--data", scratch.path]
        #expect(try Command.run(arguments).output.hasPrefix(#"{"clips":7,"accuracy":1,"#))
        #expect(try Command.run(arguments + ["--official-test"]).output.hasPrefix(#"{"clips":5,"accuracy":1,"#))
    }

    @Test func damagedPartOfManyClipsLeavesTheRest() throws {
        let scratch = ScratchDirectory()
        mkdir(scratch.path + "/7", 0o755)
        let damaged = scratch.write("damaged", [])
        // More than are read together.
        for index in 0..<2048 { symlink(damaged, "\(scratch.path)/7/a_\(index).wav") }
        let arguments = ["evaluate", "--json", "--model", ConstantNetwork.path, "--data", scratch.path]
        let none = try Command.run(arguments)
        #expect(none.status == 65)
        #expect(none.output == "")
        #expect(none.errorLines.last?.contains("None of the 2048 recordings") == true)
        _ = scratch.write("7/b_0.wav", waveBytes(data: noise(samples: 4000)))
        let result = try Command.run(arguments)
        #expect(result.status == 65)
        #expect(result.output.hasPrefix(#"{"clips":1,"#))
        #expect(result.errorLines.count == 2048)
    }

    @Test func damagedClipIsNamed_andTheRestJudged() throws {
        let scratch = ScratchDirectory()
        mkdir(scratch.path + "/7", 0o755)
        _ = scratch.write("7/a_0.wav", waveBytes(data: noise(samples: 4000)))
        _ = scratch.write("7/b_0.wav", [])
        let result = try Command.run([
            "evaluate", "--json", "--model", ConstantNetwork.path, "--data", scratch.path,
        ])
        #expect(result.status == 65)
        #expect(result.output.hasPrefix(#"{"clips":1,"#))
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("b_0.wav"))
    }
}
