import Foundation
import Testing

/// What a shell offers after a tab, by the script that `digitd` makes for it.
@Suite struct CompletionTests {
    /// The offers of bash for the last word, in a directory with files and folders, sorted.
    private func offers(_ words: String...) throws -> [String] {
        let scratch = ScratchDirectory()
        for name in ["clip.flac", "digitd.toml", "net.safetensors"] { _ = scratch.write(name, []) }
        mkdir(scratch.path + "/folder", 0o755)
        let script = """
            source <("$0" --generate-completion-script bash) && cd "$1" || exit
            shift
            COMP_WORDS=("digitd" "$@") COMP_CWORD=$# COMP_LINE="digitd $*"
            COMP_POINT=${#COMP_LINE}
            _digitd digitd "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
            printf '%s\\n' "${COMPREPLY[@]}" | LC_ALL=C sort -u
            """
        let result = try Command.shell(script, [scratch.path] + words)
        #expect(result.status == 0 && result.errors == "", "\(result.testDescription)")
        return result.outputLines.map(String.init).filter { !$0.isEmpty }
    }

    @Test func subcommandsAreOffered() throws {
        #expect(try Set(offers("")).isSuperset(of: UsageTests.subcommands))
        #expect(try offers("mo") == ["monitor"])
        #expect(try offers("config", "ch") == ["check"])
        #expect(try !offers("").contains("train-benchmark"))
    }

    @Test(arguments: UsageTests.subcommands) func optionsAreOffered(subcommand: String) throws {
        #expect(try offers(subcommand, "--hel").contains("--help"))
    }

    @Test(arguments: [
        ["listen", "--input"], ["monitor", "--input"], ["classify"], ["mel"], ["mel", "clip.flac"],
        ["train", "--output"],
        ["keypad", "--socket"],
    ])
    func filesAreOffered(words: [String]) throws {
        #expect(try offers(words) == ["clip.flac", "digitd.toml", "folder", "net.safetensors"])
    }

    @Test(arguments: [
        ["train", "--data"], ["evaluate", "--data"], ["evaluate", "--report"], ["enroll", "--data"],
        ["enroll", "--keep"],
    ])
    func directoriesAreOffered(words: [String]) throws {
        #expect(try offers(words) == ["folder"])
    }

    @Test(arguments: [
        ["listen", "--model"], ["monitor", "--model"], ["classify", "--model"], ["evaluate", "--model"],
        ["train", "--init"], ["enroll", "--model"],
    ])
    func weightsFilesAreOffered(words: [String]) throws {
        #expect(try offers(words) == ["folder", "net.safetensors"])
    }

    @Test(arguments: [["listen", "--config"], ["config", "check"], ["config", "show"]])
    func configurationsAreOffered(words: [String]) throws {
        #expect(try offers(words) == ["digitd.toml", "folder"])
    }

    @Test func wordsOfAListAreOffered() throws {
        #expect(try offers("listen", "--format", "") == ["digits", "json", "text"])
        #expect(try offers("subscribe", "--format", "j") == ["json"])
        #expect(try offers("train", "--precision", "") == ["bf16", "f32"])
        #expect(try offers("subscribe", "--watch", "D") == ["DEVICE", "DIGIT"])
    }

    private func offers(_ words: [String]) throws -> [String] {
        switch words.count {
        case 1: try offers(words[0], "")
        default: try offers(words[0], words[1], "")
        }
    }

    @Test(arguments: ["bash", "zsh", "fish"]) func eachShellGetsAScriptThatItCanRead(shell: String) throws {
        let script = try Command.run(["--generate-completion-script", shell])
        #expect(script.status == 0)
        #expect(UsageTests.subcommands.allSatisfy(script.output.contains))
        guard let interpreter = ["/bin/", "/usr/bin/"].map({ $0 + shell }).first(where: { access($0, X_OK) == 0 })
        else {
            return
        }
        let scratch = ScratchDirectory()
        let file = scratch.write("completion", Array(script.output.utf8))
        #expect(try Command.shell(#""$1" -n "$2""#, [interpreter, file]).status == 0)
    }
}
