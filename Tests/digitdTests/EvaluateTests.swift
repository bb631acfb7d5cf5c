import Foundation
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
