import Foundation
import Testing

/// `digitd config` as a person or a script uses it.
@Suite struct ConfigCommandTests {
    private let scratch = ScratchDirectory()

    private func write(_ text: String) -> String {
        scratch.write("digitd.toml", Array(text.utf8))
    }

    private func check(_ arguments: String..., environment: [String: String] = [:]) throws -> CommandResult {
        try Command.run(["config", "check"] + arguments, environment: environment)
    }

    @Test func shippedFileIsGood() throws {
        let file = packageFile("config/digitd.toml")
        let result = try check(file)
        #expect(
            result.status == 0 && result.output == "\(file): good\n" && result.errors == "", "\(result.testDescription)"
        )
    }

    @Test func everyProblemHasItsSentence() throws {
        let file = write("[segmenter]\nenter_db = 90\nlevae_db = 3\n[log]\nlevel = \"loud\"\n")
        let result = try check(file)
        #expect(result.status == 78 && result.output == "", "\(result.testDescription)")
        #expect(
            result.errorLines == [
                "digitd: \(file), line 2: segmenter.enter_db is 90, but must be a number of dB from 1 to 40.",
                "digitd: \(file), line 3: segmenter.levae_db is unknown; did you mean leave_db.",
                "digitd: \(file), line 5: log.level is \"loud\", but must be \"trace\", \"debug\", \"info\", \"notice\", "
                    + "\"warning\", \"error\" or \"critical\".",
            ])
    }

    @Test func listenRefusesWithOneSentence() throws {
        let file = write("[segmenter]\nenter_db = 90\nlevae_db = 3\n")
        let result = try Command.run([
            "listen", "--config", file, "--model", ConstantNetwork.path, "--input", "/dev/null",
        ])
        expectOneSentence(result, 78)
        #expect(result.errors.contains("line 2") && result.errors.contains("2 problems"))
    }

    @Test func fileThatCannotBeRead() throws {
        expectOneSentence(try check(scratch.path + "/none.toml"), 66)
        expectOneSentence(try check(scratch.path), 66)
        expectOneSentence(try check(scratch.write("latin1.toml", [0x23, 0xE9, 0x0A])), 78)
        expectOneSentence(try check(scratch.write("two\nlines.toml", Array("[".utf8))), 78)
    }

    @Test func withoutFileTheOneInUseIsChecked() throws {
        let home = ["XDG_CONFIG_HOME": scratch.path]
        let none = try check(environment: home)
        expectOneSentence(none, 66)
        #expect(none.errors.contains("\(scratch.path)/digitd/digitd.toml"))
        try FileManager.default.createDirectory(atPath: scratch.path + "/digitd", withIntermediateDirectories: true)
        let file = scratch.write("digitd/digitd.toml", Array("[log]\nlevel = \"info\"\n".utf8))
        #expect(try check(environment: home).output == "\(file): good\n")
    }

    @Test func weightsFileAndGroupMustBeThere() throws {
        let text = scratch.write("text.safetensors", Array("no weights at all".utf8))
        let file = write(
            """
            [server]
            group = "no-such-group-here"
            [recognition]
            model = "\(text)"
            """)
        let result = try check(file)
        #expect(result.status == 78 && result.errorLines.count == 2, "\(result.testDescription)")
        let group = "server.group is \"no-such-group-here\", but there is no such group; make it or name another"
        #expect(result.errorLines.first.map(String.init) == "digitd: \(file), line 2: \(group).")
        #expect(result.errors.contains("\(file), line 4: recognition.model cannot be used: The weights file \(text)"))
        #expect(result.errorLines.allSatisfy { $0.hasSuffix(".") && !$0.hasSuffix("..") })
        #expect(try check("--file-only", file).output == "\(file): good\n")

        let good = write("[server]\ngroup = \"\(getgid())\"\n[recognition]\nmodel = \"\(ConstantNetwork.path)\"")
        #expect(try check(good).output == "\(good): good\n")
    }

    @Test func showPrintsAFileThatSaysTheSame() throws {
        let file = write("[segmenter]\nenter_db = 12.5\n[server]\nmode = 0o600\n")
        let shown = try Command.run(["config", "show", file])
        #expect(shown.status == 0 && shown.outputLines.first == "# \(file)", "\(shown.testDescription)")
        #expect(shown.outputLines.contains("enter_db = 12.5") && shown.outputLines.contains("mode = \"0600\""))
        let again = try Command.run(["config", "show", scratch.write("again.toml", Array(shown.output.utf8))])
        #expect(again.outputLines.dropFirst() == shown.outputLines.dropFirst())
        let defaults = try Command.run(["config", "show"], environment: ["XDG_CONFIG_HOME": scratch.path])
        #expect(defaults.outputLines.first == "# No file: the defaults.")
        #expect(defaults.outputLines.contains("enter_db = 9"))
        expectOneSentence(try Command.run(["config", "show", write("[")]), 78)
    }

    @Test func defaultIsTheShippedFile() throws {
        let printed = try Command.run(["config", "default"])
        #expect(try printed.output == String(contentsOfFile: packageFile("config/digitd.toml"), encoding: .utf8))
    }

    @Test(arguments: [["config", "check", "a", "b"], ["config", "frobnicate"], ["config", "default", "x"]])
    func wrongUsage(arguments: [String]) throws {
        #expect(try Command.run(arguments).status == 64)
    }

    @Test(arguments: [["config"], ["config", "--help"], ["config", "check", "--help"]])
    func helpIsPrinted(arguments: [String]) throws {
        let result = try Command.run(arguments)
        #expect(result.status == 0 && result.output.contains("USAGE: digitd config"), "\(result.testDescription)")
    }
}
