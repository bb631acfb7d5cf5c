import AudioInput
import Foundation
import ResNet
import Testing

/// Enrolment in a step or two: what it learns is judged by Tools/compare-enrolment.sh.
@Suite struct EnrollTests {
    private static let quick = ["--windows", "32", "--threads", "1"]

    /// The digits of the order for one take of each and the default seed.
    private static func order() throws -> [Int] {
        let result = try Command.run(["enroll", "--print-order", "--takes", "1"])
        return result.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
    }

    /// A file that says digits half a second apart, over faint noise.
    private static func speech(_ digits: [Int], voice: String = "flite-slt") throws -> [Float] {
        var samples: [Float] = []
        var state: UInt32 = 1
        func background(_ count: Int) -> [Float] {
            (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return (Float(state >> 16) / 32_768 - 1) * 0.0005
            }
        }
        samples += background(8_000)
        for digit in digits {
            let clip = try AudioFile.readMono(packageFile("Tests/Audio/digits/\(digit)/\(voice)_0.flac"), rate: 8000)
            samples += zip(clip, background(clip.count)).map { $0 + $1 } + background(5_000)
        }
        return samples + background(4_000)
    }

    private static func writeSpeech(_ scratch: ScratchDirectory, _ digits: [Int]) throws -> String {
        scratch.write("speech.wav", WaveFile.bytes(samples: try speech(digits), rate: 8000))
    }

    /// A data directory with a clip of each of these digits.
    private static func makeData(_ scratch: ScratchDirectory, _ digits: some Sequence<Int>) throws -> String {
        for digit in digits {
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/data/\(digit)", withIntermediateDirectories: true)
            try FileManager.default.createSymbolicLink(
                atPath: "\(scratch.path)/data/\(digit)/me_0.flac",
                withDestinationPath: packageFile("Tests/Audio/digits/\(digit)/flite-slt_0.flac"))
        }
        return scratch.path + "/data"
    }

    /// Files in a directory, without those that the test put there.
    private static func files(_ scratch: ScratchDirectory, but known: Set<String>) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: scratch.path).filter { !known.contains($0) }
    }

    @Test func orderIsPrinted_andDependsOnTheSeed() throws {
        let order = try Self.order()
        #expect(order.sorted() == Array(0...9))
        #expect(try Self.order() == order)
        let other = try Command.run(["enroll", "--print-order", "--takes", "1", "--seed", "2"])
        #expect(other.output != order.map(String.init).joined(separator: " ") + "\n")
    }

    @Test func recordingsGiveAUsableNetworkThatSaysWhatItIs() throws {
        let scratch = ScratchDirectory()
        let data = try Self.makeData(scratch, 0...9)
        let output = scratch.path + "/me.safetensors"
        let arguments = ["enroll", "--model", ConstantNetwork.path, "--data", data, "--output", output] + Self.quick
        let result = try Command.run(arguments)
        #expect(result.status == 0 && result.errors == "", "\(result.testDescription)")
        #expect(result.outputLines.last == "\(output) written; use it with digitd listen --model \(output)"[...])
        let weights = try WeightsFile(contentsOf: output)
        let start = try WeightsFile(contentsOf: ConstantNetwork.path)
        for (key, value) in start.metadata { #expect(weights.metadata[key] == value, "\(key)") }
        #expect(weights.metadata["enrolled.on"] == "10 clips, 1 to 1 of a digit")
        #expect(weights.metadata["enrolled.by"] == "digitd enroll, 32 windows, seed 1")
        #expect(weights.metadata["enrolled.from"]?.hasPrefix("constant.safetensors, sha256 ") == true)
        #expect(weights.metadata["enrolled.at"]?.hasSuffix("Z") == true)
        #expect(weights.tensors["fc.bias"] != start.tensors["fc.bias"])
        let size = try FileManager.default.attributesOfItem(atPath: output)[.size] as? Int
        #expect(try #require(size) < 23_000_000, "F16")

        let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")
        let answer = try Command.run(["classify", "--model", output, clip])
        #expect(answer.status == 0, "\(answer.testDescription)")
        #expect(try Command.run(arguments).status == 0)
        #expect(try WeightsFile(contentsOf: output).tensors == weights.tensors, "the same seed, the same network")
    }

    @Test func missingDigitIsNamed_andNothingIsLeft() throws {
        let scratch = ScratchDirectory()
        let data = try Self.makeData(scratch, 0...8)
        let result = try Command.run(
            ["enroll", "--model", ConstantNetwork.path, "--data", data, "--output", scratch.path + "/me.safetensors"]
                + Self.quick)
        #expect(result.status == 65, "\(result.testDescription)")
        #expect(result.errorLines.count == 1)
        #expect(result.errors.contains("the digit 9"))
        #expect(try Self.files(scratch, but: ["data"]) == [])
    }

    @Test(arguments: [("empty", 65), ("missing", 66), ("damaged", 65)])
    func dataThatCannotBeUsedIsRefusedInASentence(kind: String, status: Int32) throws {
        let scratch = ScratchDirectory()
        let data = scratch.path + "/data"
        if kind != "missing" { mkdir(data, 0o755) }
        if kind == "damaged" {
            mkdir(data + "/7", 0o755)
            _ = scratch.write("data/7/me_0.wav", Array("no sound".utf8))
        }
        let result = try Command.run(
            ["enroll", "--model", ConstantNetwork.path, "--data", data, "--output", scratch.path + "/me.safetensors"])
        #expect(result.status == status, "\(result.testDescription)")
        #expect(result.errorLines.count == 1, "\(result.testDescription)")
        #expect(try Self.files(scratch, but: ["data"]) == [])
    }

    @Test func damagedRecordingAmongGoodOnesIsTold() throws {
        let scratch = ScratchDirectory()
        let data = try Self.makeData(scratch, 0...9)
        _ = scratch.write("data/7/me_1.wav", Array("no sound".utf8))
        let output = scratch.path + "/me.safetensors"
        let result = try Command.run(
            ["enroll", "--model", ConstantNetwork.path, "--data", data, "--output", output] + Self.quick)
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.errorLines.count == 1 && result.errors.contains("me_1.wav is left out"))
    }

    @Test func placeThatCannotBeWrittenIsRefusedBeforeAnythingElse() throws {
        let result = try Command.run(["enroll", "--input", "missing.wav", "--output", "/no/such/place/me.safetensors"])
        #expect(result.status == 1, "\(result.testDescription)")
        #expect(result.errors.contains("/no/such/place"))
    }

    /// The constant network takes every word for a seven with 94 %, so it doubts all other digits three times.
    @Test func dialogueTakesWhatWasSaid_andKeepsIt() throws {
        let scratch = ScratchDirectory()
        let order = try Self.order()
        let said = order.flatMap { Array(repeating: $0, count: $0 == 7 ? 1 : 3) }
        let file = try Self.writeSpeech(scratch, said)
        let output = scratch.path + "/me.safetensors"
        let result = try Command.run(
            [
                "enroll", "--takes", "1", "--model", ConstantNetwork.path, "--input", file, "--keep",
                scratch.path + "/kept", "--output", output,
            ] + Self.quick)
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.output.contains("7 taken, 94 % certain."))
        #expect(count("That sounded like 7; say ", in: result.output) == 18)
        #expect(result.output.contains("Say \(order[9])  (10 of 10)\n"))
        #expect(try WeightsFile(contentsOf: output).metadata["enrolled.on"] == "10 clips, 1 to 1 of a digit")
        for digit in 0...9 {
            let kept = try AudioFile.readMono("\(scratch.path)/kept/\(digit)/person_0.wav", rate: 8000)
            let clip = try AudioFile.readMono(
                packageFile("Tests/Audio/digits/\(digit)/flite-slt_0.flac"), rate: 8000)
            #expect(kept.count > clip.count / 2 && kept.count < clip.count + 6_000, "\(digit): \(kept.count) samples")
            #expect((kept.map(abs).max() ?? 0) > 0.2)
        }
        // A person's voice, and what was learnt from it, are theirs.
        for file in [output, scratch.path + "/kept/7/person_0.wav"] {
            let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
            #expect(mode == 0o600, "\(file)")
        }
    }

    @Test func soundThatEndsTooSoonLeavesNothing() throws {
        let scratch = ScratchDirectory()
        let file = try Self.writeSpeech(scratch, [7])
        let result = try Command.run([
            "enroll", "--takes", "1", "--model", ConstantNetwork.path, "--input", file,
            "--keep", scratch.path + "/kept", "--output", scratch.path + "/me.safetensors",
        ])
        #expect(result.status == 65, "\(result.testDescription)")
        #expect(result.errorLines.count == 1 && result.errors.contains("of 10 words"))
        #expect(try Self.files(scratch, but: ["speech.wav", "kept"]) == [])
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/kept") == [])
    }

    @Test func quietWordsEndIt() throws {
        let scratch = ScratchDirectory()
        let quiet = try Self.speech(Array(repeating: 7, count: 9)).map { $0 * 0.008 }
        let file = scratch.write("speech.wav", WaveFile.bytes(samples: quiet, rate: 8000))
        let result = try Command.run([
            "enroll", "--model", ConstantNetwork.path, "--input", file, "--output", scratch.path + "/me.safetensors",
        ])
        #expect(result.status == 65, "\(result.testDescription)")
        #expect(result.errors.contains("8 words in a row could not be used (the last: too quiet"))
        #expect(try Self.files(scratch, but: ["speech.wav"]) == [])
    }

    @Test(arguments: [SIGINT, SIGTERM]) func signalEndsItAndNothingIsLeft(number: Int32) throws {
        let scratch = ScratchDirectory()
        let fifo = scratch.path + "/microphone"
        mkfifo(fifo, 0o600)
        let command = try RunningCommand(
            [fifo, ConstantNetwork.path, scratch.path + "/me.safetensors"],
            script: #"exec "$0" enroll --input - --rate 8000 --model "$2" --output "$3" <>"$1""#)
        try command.start()
        #expect(command.wait { command.output.contains("Say ") || !command.process.isRunning })
        command.signal(number)
        #expect(command.end() == -number, "\(command.errors)")
        #expect(try Self.files(scratch, but: ["microphone"]) == [])
    }

    @Test(arguments: [
        ["--data", "x"], ["--output", "x", "--takes", "0"], ["--output", "x", "--takes", "21"],
        ["--output", "x", "--data", "y", "--takes", "5"], ["--output", "x", "--data", "y", "--input", "z"],
        ["--output", "x", "--device", "y", "--input", "z"], ["--output", "x", "--channel", "left"],
        ["--output", "x", "--rate", "8000"], ["--output", "x", "--windows", "1"],
        ["--data", "y", "--print-order"],
    ])
    func wrongUsageEndsWith64(arguments: [String]) throws {
        let result = try Command.run(["enroll"] + arguments)
        #expect(result.status == 64, "\(result.testDescription)")
    }
}
