import Foundation
import Testing

/// Input that a person may give by mistake: each gets one sentence and the contract's exit code, and nothing else.
@Suite struct BadInputTests {
    /// What is wrong with a file, and how it is made.
    struct BadFile: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let status: Int32
        let make: @Sendable (ScratchDirectory) -> String

        init(_ description: String, _ status: Int32, _ make: @escaping @Sendable (ScratchDirectory) -> String) {
            testDescription = description
            self.status = status
            self.make = make
        }
    }

    static let badSounds = [
        BadFile("empty file", 65) { $0.write("empty.wav", []) },
        BadFile("text named .wav", 65) { $0.write("text.wav", Array("Dear diary, one two three.\n".utf8)) },
        BadFile("WAV cut in its header", 65) {
            $0.write("cut.wav", Array(waveBytes(data: noise(samples: 800))[..<30]))
        },
        BadFile("WAV cut in its data", 65) {
            $0.write("half.wav", Array(waveBytes(data: noise(samples: 8000))[..<9000]))
        },
        BadFile("WAV without samples", 65) { $0.write("none.wav", waveBytes(data: [])) },
        BadFile("0 channels", 65) { $0.write("zero.wav", waveBytes(data: noise(samples: 800), channels: 0)) },
        BadFile("500 Hz", 65) { $0.write("500.wav", waveBytes(data: noise(samples: 800), rate: 500)) },
        BadFile("NaN samples", 65) { scratch in
            let samples = [Float](repeating: .nan, count: 800).flatMap { littleEndian($0.bitPattern) }
            return scratch.write("nan.wav", waveBytes(data: samples, bits: 32, isFloat: true))
        },
        BadFile("directory", 65) { $0.path },
        BadFile("missing file", 66) { $0.path + "/missing.wav" },
        BadFile("missing directory", 66) { $0.path + "/missing/clip.wav" },
        BadFile("name with a line feed", 66) { $0.path + "/two\nlines.wav" },
    ]
    static let badClips =
        badSounds + [
            BadFile("too short for a frame", 65) { $0.write("short.wav", waveBytes(data: noise(samples: 150))) },
            BadFile("PNG of a cat", 65) { $0.write("cat.png", colourPicture) },
            BadFile("PNG cut in its header", 65) { $0.write("cut.png", Array(colourPicture[..<20])) },
            BadFile("PNG cut in its data", 65) { $0.write("half.png", Array(colourPicture[..<60])) },
        ]

    @Test func classifyGivesEachItsSentence_andGoesOnToTheNext() throws {
        let scratch = ScratchDirectory()
        let good = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")
        for clips in [Self.badClips, Self.badClips.reversed()] {
            let files = clips.map { $0.make(scratch) }
            let result = try Command.run(["classify", "--model", ConstantNetwork.path] + files + [good])
            #expect(result.status == clips[0].status, "the first failure's code: \(result)")
            #expect(result.output == ConstantNetwork.line + "\n")
            #expect(result.errorLines.count == clips.count, "\(result)")
            for (line, clip) in zip(result.errorLines, clips) {
                #expect(line.hasPrefix("digitd: ") && line.hasSuffix("."), "\(clip.testDescription): \(line)")
            }
        }
    }

    @Test(arguments: badSounds.filter { $0.testDescription != "directory" })
    func melRefuses(_ bad: BadFile) throws {
        let scratch = ScratchDirectory()
        let result = try Command.run(["mel", bad.make(scratch), scratch.path + "/out.png"])
        expectOneSentence(result, bad.status)
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/out.png"))
    }

    // All open a file the same way; NaN comes to light only when it is read.
    @Test(arguments: badSounds.filter { ["empty file", "NaN samples", "missing file"].contains($0.testDescription) })
    func listenRefuses(_ bad: BadFile) throws {
        let scratch = ScratchDirectory()
        let result = try Command.run([
            "listen", "--format", "digits", "--model", ConstantNetwork.path, "--input", bad.make(scratch),
        ])
        expectOneSentence(result, bad.status)
    }

    @Test func listenRefusesStandardInputWithoutSamples() throws {
        let arguments = ["listen", "--format", "digits", "--model", ConstantNetwork.path, "--input", "-", "--rate"]
        expectOneSentence(try Command.run(arguments + ["8000"]), 65)
        expectOneSentence(try Command.run(arguments + ["500"], input: Data(noise(samples: 800))), 65)
    }

    @Test(.enabled(if: getuid() != 0, "the superuser may read everything"))
    func fileWithoutPermissionIsUnreadable() throws {
        let scratch = ScratchDirectory()
        let file = scratch.write("secret.wav", waveBytes(data: noise(samples: 8000)))
        chmod(file, 0)
        for arguments in [
            ["classify", "--model", ConstantNetwork.path, file], ["mel", file, scratch.path + "/out.png"],
            ["listen", "--model", ConstantNetwork.path, "--input", file],
        ] {
            expectOneSentence(try Command.run(arguments), 66)
        }
    }
}

/// Networks that cannot be used.
@Suite struct BadNetworkTests {
    private let scratch = ScratchDirectory()

    private func expectRefused(_ path: String, _ status: Int32, naming words: String) throws {
        let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")
        for arguments in [["classify", clip], ["listen", "--input", clip]] {
            let result = try Command.run(arguments + ["--model", path])
            expectOneSentence(result, status)
            #expect(result.errors.contains(words), "\(result)")
        }
    }

    @Test func missingFile() throws {
        try expectRefused(scratch.path + "/none.safetensors", 66, naming: "does not exist")
    }

    @Test func directory() throws { try expectRefused(scratch.path, 66, naming: scratch.path) }

    @Test(arguments: [0, 5, 1000, 1_000_000]) func truncatedFile(length: Int) throws {
        let file = scratch.path + "/cut.safetensors"
        try FileManager.default.copyItem(atPath: ConstantNetwork.path, toPath: file)
        truncate(file, length)
        try expectRefused(file, 65, naming: "is not usable")
    }

    @Test(arguments: [
        ("frontend.hop_length", "160"), ("frontend.sample_rate", "16000"), ("labels", "zero,one"),
        ("calibration.temperature", "0"), ("threshold.accept", "often"),
    ])
    func metadataThatTheProgramCannotDo(key: String, value: String) throws {
        let file = scratch.path + "/other.safetensors"
        try ConstantNetwork.write(to: file, changing: [key: value])
        let result = try Command.run(["classify", "--model", file, colourFile()])
        expectOneSentence(result, 65)
    }

    @Test func frontEndNumberThatDiffersIsNamed() throws {
        let file = scratch.path + "/other.safetensors"
        try ConstantNetwork.write(to: file, changing: ["frontend.hop_length": "160"])
        try expectRefusedByClips(file, naming: "frontend.hop_length is 160 and not 80")
    }

    @Test func finiteWeightsWhoseAnswersAreNot() throws {
        let file = scratch.path + "/huge.safetensors"
        try ConstantNetwork.write(to: file, changing: [:], filling: ["fc.weight": 1e30, "layer4.1.bn2.bias": 1e30])
        try expectRefusedByClips(file, naming: "not finite")
    }

    private func expectRefusedByClips(_ network: String, naming words: String) throws {
        let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")
        let data = packageFile("Tests/Audio/digits")
        for arguments in [["classify", clip], ["evaluate", "--data", data, "--report", scratch.path + "/report"]] {
            let result = try Command.run(arguments + ["--model", network])
            expectOneSentence(result, 65)
            #expect(result.errors.contains(words), "\(result)")
        }
    }

    private func colourFile() -> String { scratch.write("cat.png", colourPicture) }
}

/// A system without a microphone.
@Suite struct NoMicrophoneTests {
    /// libasound with nothing configured: no card can be opened, whatever the machine has.
    private func runWithoutSound(_ arguments: [String]) throws -> CommandResult {
        let scratch = ScratchDirectory()
        return try Command.run(
            arguments, environment: ["ALSA_CONFIG_PATH": scratch.write("asound.conf", [])])
    }

    @Test func devicesSaysThatThereIsNone() throws {
        expectOneSentence(try runWithoutSound(["devices"]), 69)
    }

    @Test(arguments: [["listen"], []]) func listenSaysThatThereIsNone(subcommand: [String]) throws {
        expectOneSentence(try runWithoutSound(subcommand + ["--model", ConstantNetwork.path]), 69)
    }

    @Test func listenNamesTheDeviceThatIsNotThere() throws {
        let device = "plughw:CARD=Nowhere,DEV=0"
        let result = try Command.run(["listen", "--model", ConstantNetwork.path, "--device", device])
        expectOneSentence(result, 69)
        #expect(result.errors.contains(device))
    }
}

/// Directories that hold no data.
@Suite struct BadDataTests {
    private let scratch = ScratchDirectory()

    @Test func trainAndEvaluateRefuseDirectoriesWithoutClips() throws {
        let empty = scratch.path + "/empty"
        mkdir(empty, 0o755)
        for (directory, status) in [(scratch.path + "/missing", 66), (empty, 65)] as [(String, Int32)] {
            expectOneSentence(
                try Command.run(["train", "--data", directory, "--output", scratch.path + "/n.safetensors"]), status)
            expectOneSentence(
                try Command.run(["evaluate", "--model", ConstantNetwork.path, "--data", directory]), status)
        }
        expectOneSentence(try Command.run(["mel", empty, scratch.path + "/out"]), 65)
    }

    @Test func evaluateRefusesOfficialTestOfOtherData() throws {
        let data = packageFile("Tests/Audio/digits")
        expectOneSentence(
            try Command.run(["evaluate", "--official-test", "--model", ConstantNetwork.path, "--data", data]), 65)
    }

    @Test func trainRefusesBeforeItReadsTheData() throws {
        let data = packageFile("Tests/Audio/digits")
        let nowhere = scratch.path + "/no/such/directory/n.safetensors"
        expectOneSentence(try Command.run(["train", "--data", data, "--output", nowhere]), 1)
        let output = scratch.path + "/n.safetensors"
        expectOneSentence(try Command.run(["train", "--data", data, "--output", scratch.path]), 1)
        expectOneSentence(try Command.run(["train", "--data", data, "--output", "/dev/null"]), 1)
        mkdir(scratch.path + "/m.svg", 0o755)
        expectOneSentence(try Command.run(["train", "--data", data, "--output", scratch.path + "/m.safetensors"]), 1)
        expectOneSentence(try Command.run(["train", "--data", data, "--output", output, "--init", nowhere]), 66)
    }
}

/// Nothing on standard output, one sentence on standard error, this exit code.
func expectOneSentence(_ result: CommandResult, _ status: Int32, sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(result.status == status, "\(result.testDescription)", sourceLocation: sourceLocation)
    #expect(result.output == "", sourceLocation: sourceLocation)
    #expect(result.errorLines.count == 1, "\(result.testDescription)", sourceLocation: sourceLocation)
    #expect(
        result.errors.hasPrefix("digitd: ") && result.errors.hasSuffix(".\n"), "\(result.testDescription)",
        sourceLocation: sourceLocation)
}
