import Foundation
import Testing

/// `classify` and `evaluate` with a network for numbers.
@Suite struct NumbersTests {
    private let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")

    private func object(_ line: some StringProtocol) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }

    @Test func clipsAreOneDigit_andJSONHasTheWholeString() throws {
        let scratch = ScratchDirectory()
        let model = scratch.path + "/numbers.safetensors"
        try ConstantNetwork.writeForNumbers(to: model)
        let text = try Command.run(["classify", "--model", model, clip])
        #expect(text.output.hasPrefix("Prediction: 7 (Confidence: 0.9"), "\(text.testDescription)")

        let picture = scratch.path + "/seven.png"
        #expect(try Command.run(["mel", clip, picture]).status == 0)
        let json = try Command.run(["classify", "--json", "--model", model, clip, picture])
        try #require(json.outputLines.count == 2, "\(json.testDescription)")
        for line in json.outputLines {
            let object = try object(line)
            #expect(object["digit"] as? Int == 7 && object["string"] as? String == "7")
            #expect((object["probabilities"] as? [Double])?.count == 11)
            let part = try #require((object["parts"] as? [[String: Any]])?.first)
            #expect(part["digit"] as? Int == 7 && part["accepted"] as? Bool == true)
            #expect((part["end"] as? Double ?? 0) > (part["start"] as? Double ?? 1))
        }
    }

    @Test func digitUnderTheThresholdIsNone() throws {
        let scratch = ScratchDirectory()
        let model = scratch.path + "/strict.safetensors"
        try ConstantNetwork.writeForNumbers(to: model, changing: ["threshold.accept": "1"])
        let result = try Command.run(["classify", "--json", "--model", model, clip])
        let object = try object(result.output)
        #expect(object["label"] as? String == "not_a_digit" && object["digit"] == nil)
        #expect(object["string"] as? String == "")
    }

    @Test func utterancesAreJudgedByTheirDigits() throws {
        let scratch = ScratchDirectory()
        let model = scratch.path + "/numbers.safetensors"
        try ConstantNetwork.writeForNumbers(to: model)
        let data = scratch.path + "/calls"
        try FileManager.default.createDirectory(atPath: data, withIntermediateDirectories: true)
        for name in ["ann_0", "ann_1", "bob_0"] {
            try FileManager.default.copyItem(atPath: clip, toPath: "\(data)/\(name).flac")
        }
        try "ann_0 seven\nann_1 oh seven\nbob_0 hello there\n"
            .write(toFile: data + "/text", atomically: true, encoding: .utf8)
        let report = scratch.path + "/report"
        let result = try Command.run(["evaluate", "--json", "--model", model, "--data", data, "--report", report])
        let strings = try #require(try object(result.output)["strings"] as? [String: Any], "\(result.testDescription)")
        // One right, one lost, and one heard in other words.
        #expect(strings["strings"] as? Int == 15 && strings["digits"] as? Int == 15)
        let clean = try #require((strings["by_noise"] as? [[String: Any]])?.first)
        #expect(clean["noise"] as? String == "clean" && clean["digits"] as? Int == 3)
        #expect(clean["lost"] as? Int == 1 && clean["inserted"] as? Int == 1 && clean["substituted"] as? Int == 0)
        #expect(abs((clean["exact"] as? Double ?? 0) - 1.0 / 3) < 1e-5)
        let page = try String(contentsOfFile: report + "/index.html", encoding: .utf8)
        #expect(page.contains("Numbers said in one breath") && page.contains("oh seven"))
        let table = try String(contentsOfFile: report + "/utterances.tsv", encoding: .utf8).split(separator: "\n")
        #expect(table.count == 4 && table[2].hasSuffix("\toh seven\t7"))
    }

    @Test func networkWithoutItsColumnsIsRefused() throws {
        let scratch = ScratchDirectory()
        for (key, value) in [("network.frames_per_column", "5"), ("frontend.range_db", "40")] {
            let model = scratch.path + "/wrong.safetensors"
            try ConstantNetwork.writeForNumbers(to: model, changing: [key: value])
            let result = try Command.run(["classify", "--model", model, clip])
            #expect(result.status == 65, "\(result.testDescription)")
            #expect(result.errors.contains(key) && result.errorLines.count == 1, "\(result.testDescription)")
        }
    }
}
