import Foundation
import Testing

/// The option `--precision`, and the weights' ranges that int8 needs.
@Suite struct PrecisionTests {
    private let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")

    private func answer(_ arguments: [String]) throws -> (label: String, probabilities: [Double]) {
        let result = try Command.run(["classify", "--json"] + arguments + [clip])
        #expect(result.status == 0, "\(result.testDescription)")
        let line = try #require(result.outputLines.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        return (
            try #require(object["label"] as? String), try #require(object["probabilities"] as? [Double])
        )
    }

    @Test(.enabled(if: Command.hasNetwork, "the package holds no trained network yet"))
    func int8IsTheDefault_andSaysWhatF32Says() throws {
        let chosen = try answer([])
        let int8 = try answer(["--precision", "int8"])
        let f32 = try answer(["--precision", "f32"])
        #expect(f32.label == "7" && int8.label == "7")
        #expect(zip(int8.probabilities, f32.probabilities).allSatisfy { abs($0 - $1) < 0.05 })
        #expect(chosen.probabilities == int8.probabilities)
        #expect(int8.probabilities != f32.probabilities)
    }

    @Test func int8NeedsTheRangesOfAWeightsFile() throws {
        let result = try Command.run(["classify", "--precision", "int8", "--model", ConstantNetwork.path, clip])
        #expect(result.status == 65)
        #expect(result.errors.contains("int8.activation_maxima"), "\(result.testDescription)")
        #expect(result.errors.split(separator: "\n").count == 1)
        // By itself it takes what it can.
        #expect(try Command.run(["classify", "--model", ConstantNetwork.path, clip]).status == 0)
        let auto = try Command.run(["classify", "--precision", "auto", "--model", ConstantNetwork.path, clip])
        #expect(auto.status == 0)
    }

    @Test func anotherPrecisionIsWrongUsage() throws {
        for command in ["classify", "listen", "evaluate"] {
            let result = try Command.run([command, "--precision", "int4"])
            #expect(result.status == 64, "\(result.testDescription)")
            #expect(result.errors.contains("int4"))
        }
    }

    @Test func configurationChoosesToo_andTheCommandLineGoesFirst() throws {
        let scratch = ScratchDirectory()
        let config = scratch.write("digitd.toml", Array("[recognition]\nprecision = \"int8\"\n".utf8))
        let sound = scratch.write("sound.wav", waveBytes(data: noise(samples: 8000)))
        let arguments = ["listen", "--input", sound, "--config", config, "--model", ConstantNetwork.path]
        #expect(try Command.run(arguments).status == 65)
        #expect(try Command.run(arguments + ["--precision", "f32"]).status == 0)
    }
}
