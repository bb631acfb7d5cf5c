import Foundation
import Testing

@Suite struct ListenTests {
    private let demo = packageFile("Demo/digits.flac")

    private func listen(_ arguments: [String], input: Data = Data()) throws -> CommandResult {
        try Command.run(["listen", "--model", ConstantNetwork.path] + arguments, input: input)
    }

    private func classes(_ lines: [Substring]) throws -> [String] {
        try lines.map { line in
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["class"] as? String ?? "?"
        }
    }

    @Test func jsonIsTheDefaultElsewhereThanOnTerminals_fromVersionToBye() throws {
        let result = try listen(["--input", demo])
        #expect(result.status == 0)
        #expect(result.errors == "")
        let digits = [String](repeating: "DIGIT", count: 10)
        #expect(try classes(result.outputLines) == ["VERSION", "DEVICE"] + digits + ["BYE"])
    }

    @Test func digitsAreBare() throws {
        // The network of the tests takes every word for a seven; the demo has ten words.
        let result = try listen(["--input", demo, "--format", "digits"])
        #expect(result.output == String(repeating: "7\n", count: 10))
    }

    @Test func textHasDigitAndConfidence() throws {
        let result = try listen(["--input", demo, "--format", "text"])
        #expect(result.outputLines.count(where: { $0.hasPrefix("7  93.7 %") }) == 10)
    }

    @Test func listenIsTheDefaultSubcommand() throws {
        let result = try Command.run(["--model", ConstantNetwork.path, "--input", demo, "--format", "digits"])
        #expect(result.output == String(repeating: "7\n", count: 10))
    }

    @Test func standardInputGivesTheEventsOfTheFile() throws {
        // Half a second of silence, a burst that stands for a word, and silence.
        let samples =
            noise(samples: 6000, amplitude: 3) + noise(samples: 3200, amplitude: 12000)
            + noise(samples: 8000, amplitude: 3)
        let scratch = ScratchDirectory()
        let file = scratch.write("burst.wav", waveBytes(data: samples))
        let ofFile = try listen(["--input", file])
        let ofStandardInput = try listen(["--input", "-", "--rate", "8000"], input: Data(samples))
        func comparable(_ result: CommandResult) -> [Substring] {
            // All but the wall clock and the name of the source.
            result.outputLines.map { $0.replacing(#/,"time":"[^"]*"/#, with: "")[...] }
                .filter { !$0.contains("DEVICE") }
        }
        #expect(comparable(ofFile) == comparable(ofStandardInput))
        #expect(try classes(ofFile.outputLines) == ["VERSION", "DEVICE", "DIGIT", "BYE"])
    }

    @Test func aFileOnStandardInputIsReadAsOne() throws {
        let bytes = try Data(contentsOf: URL(fileURLWithPath: demo))
        let result = try listen(["--input", "-", "--format", "digits"], input: bytes)
        #expect(result.output == String(repeating: "7\n", count: 10), "\(result.testDescription)")
        let raw = try listen(["--input", "-", "--format", "digits"], input: Data(repeating: 1, count: 1000))
        expectOneSentence(raw, 65)
        #expect(raw.errors.contains("--rate"))
    }

    @Test func channelIsChosen_andOneThatIsNotThereIsAnError() throws {
        #expect(try listen(["--input", demo, "--channel", "0", "--format", "digits"]).output.count == 20)
        let result = try listen(["--input", demo, "--channel", "1"])
        expectOneSentence(result, 65)
        #expect(result.errors.contains("one channel, of number 0"))
    }

    @Test(arguments: ["INT", "TERM"]) func signalEndsItWithBye(signal: String) throws {
        // Standard input stays open; the program is told to stop once it has printed its first line.
        let script = """
            mkfifo "$2/events"
            sleep 60 | "$0" listen --model "$1" --input - --rate 8000 >"$2/events" &
            exec 3<"$2/events"
            read -r line <&3; echo "$line"
            kill -\(signal) $!
            cat <&3
            wait $!; echo "$?"
            kill $(jobs -p) 2>/dev/null; kill %1 2>/dev/null; true
            """
        let scratch = ScratchDirectory()
        let result = try Command.shell("set -m; " + script, [ConstantNetwork.path, scratch.path])
        let lines = result.outputLines
        #expect(lines.first?.contains("VERSION") == true, "\(result.testDescription)")
        #expect(lines.dropLast().last?.contains(#""reason":"shutdown""#) == true, "\(result.testDescription)")
        #expect(lines.last == "0")
    }

    @Test func endsQuietlyWhenTheReaderHasGone() throws {
        let script = #""$0" listen --model "$1" --input "$2" | head -1; echo "${PIPESTATUS[0]}""#
        let result = try Command.shell(script, [ConstantNetwork.path, demo])
        #expect(result.outputLines.count == 2)
        #expect(result.outputLines.last == "0")
        #expect(result.errors == "")
    }

    @Test func logsNeverHoldDigits_andHavePrioritiesUnderSystemd() throws {
        let quiet = try listen(["--input", demo])
        #expect(quiet.errors == "")
        let listen = #""$0" listen --verbose --model "$1" --input "$2""#
        let script = "export JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2); "
        let verbose = try Command.shell(script + listen, [ConstantNetwork.path, demo])
        #expect(verbose.errorLines.allSatisfy { $0.hasPrefix("<6>") || $0.hasPrefix("<7>") })
        #expect(!verbose.errorLines.isEmpty)
        #expect(!verbose.errors.contains("0.93"))
        // The variable of a service whose standard error goes elsewhere.
        let redirected = try Command.shell("export JOURNAL_STREAM=8:1; " + listen, [ConstantNetwork.path, demo])
        #expect(redirected.errorLines.allSatisfy { $0.hasPrefix("digitd: ") }, "\(redirected.testDescription)")
    }

    @Test(.enabled(if: Command.hasNetwork, "the package holds no trained network yet"))
    func demoGivesItsDigitsInOrder() throws {
        let spoken = try String(contentsOfFile: packageFile("Demo/digits.txt"), encoding: .utf8)
            .split(whereSeparator: \.isWhitespace)
        let result = try Command.run(["listen", "--input", demo, "--format", "digits"])
        #expect(result.outputLines == spoken)
    }
}
