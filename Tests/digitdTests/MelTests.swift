import Foundation
import MelSpectrogram
import Testing

@Suite struct MelTests {
    private let scratch = ScratchDirectory()
    private let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")

    @Test func fileBecomesPictureOf40Rows() throws {
        let result = try Command.run(["mel", clip, scratch.path + "/seven.png"])
        #expect(result.status == 0)
        #expect(result.outputLines.count == 1)
        #expect(result.errors == "")
        let image = try MelImage(contentsOf: scratch.path + "/seven.png")
        #expect(image.height == 40)
        #expect(image.width > 20)
    }

    @Test func fileIntoDirectoryKeepsItsName() throws {
        #expect(try Command.run(["mel", clip, scratch.path]).status == 0)
        #expect(FileManager.default.fileExists(atPath: scratch.path + "/flite-slt_0.png"))
    }

    @Test func directoryKeepsRelativeNames_andMakesTheOutput() throws {
        let output = scratch.path + "/new/pictures"
        let result = try Command.run(["mel", packageFile("Tests/Audio/digits"), output])
        #expect(result.status == 0)
        // A pipe or file gets plain lines: no carriage return, no escape sequence.
        #expect(result.output == "26 pictures written\n")
        let names = try #require(FileManager.default.enumerator(atPath: output)).compactMap { $0 as? String }
        #expect(names.filter { $0.hasSuffix(".png") }.count == 26)
        #expect(names.contains("7/flite-slt_0.png"))
    }

    @Test func directoryGoesOnAfterBadFiles() throws {
        let input = scratch.path + "/in"
        mkdir(input, 0o755)
        _ = scratch.write("in/a.wav", waveBytes(data: noise(samples: 4000)))
        _ = scratch.write("in/b.wav", [])
        _ = scratch.write("in/notes.txt", [65])
        _ = scratch.write("in/c.WAV", waveBytes(data: noise(samples: 4000)))
        try FileManager.default.copyItem(atPath: clip, toPath: input + "/a.flac")
        let result = try Command.run(["mel", input, scratch.path + "/out"])
        // a.flac gives a.png first; a.wav would write over it.
        #expect(result.status == 1, "\(result.testDescription)")
        #expect(result.output == "2 pictures written, 2 recordings left out\n")
        #expect(result.errorLines.count == 2)
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: scratch.path + "/out").sorted() == ["a.png", "c.png"])
    }

    @Test func outputThatCannotBeWrittenIsFailure() throws {
        expectOneSentence(try Command.run(["mel", clip, scratch.path + "/no/such/out.png"]), 1)
    }

    /// `script` of util-linux gives the program a terminal; a bare chroot has none to give.
    static let hasTerminals =
        FileManager.default.isExecutableFile(atPath: "/usr/bin/script")
        && FileManager.default.fileExists(atPath: "/dev/pts/ptmx")

    @Test(.enabled(if: hasTerminals, "needs script of util-linux and /dev/pts"))
    func progressOnTerminalIsOneUpdatingLine() throws {
        let result = try Command.shell(
            #"script -qec "'$0' mel '$1' '$2'" /dev/null"#, [packageFile("Tests/Audio/digits"), scratch.path])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.output.contains("\r0/26 "))
        #expect(result.output.hasSuffix("\r\u{1B}[K26 pictures written\r\n"))
        #expect(result.output.count(where: { $0 == "\n" || $0 == "\r\n" }) == 1)
    }

    @Test func fileThatMayNotGrowIsASentence_andLeavesNothing() throws {
        let scratch = ScratchDirectory()
        let result = try Command.shell(
            #"(ulimit -f 0; exec "$0" mel "$1" "$2/seven.png") 2>&1 | cat"#,
            [packageFile("Tests/Audio/digits/7/flite-slt_0.flac"), scratch.path])
        #expect(result.output.hasPrefix("digitd: ") && result.output.hasSuffix(".\n"), "\(result.testDescription)")
        #expect(result.output.split(separator: "\n").count == 1)
        #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
    }
}
