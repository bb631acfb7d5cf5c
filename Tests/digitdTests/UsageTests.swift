import Foundation
import Testing

@testable import digitd

@Suite struct UsageTests {
    static let subcommands = [
        "listen", "devices", "monitor", "subscribe", "keypad", "status", "config", "classify", "mel", "train",
        "evaluate", "enroll",
    ]

    @Test(arguments: [[]] + subcommands.map { [$0] })
    func helpSucceeds(subcommand: [String]) throws {
        let result = try Command.run(subcommand + ["--help"])
        #expect(result.status == 0)
        #expect(result.output.contains("USAGE: digitd"))
        #expect(result.errors == "")
    }

    @Test func versionIsTheRelease() throws {
        #expect(try Command.run(["--version"]).output == "\(Digitd.release)\n")
    }

    @Test(arguments: [
        ["--no-such-flag"], ["frobnicate"], ["classify"], ["mel", "only-input"], ["train", "--data", "x"],
        ["train", "--output", "x"], ["train", "--data", "x", "--output", "y", "--epochs", "0"],
        ["train", "--data", "x", "--output", "y", "--epochs", "9223372036854775807"],
        ["train", "--data", "x", "--output", "y", "--threads", "3000000000"],
        ["train", "--data", "x", "--output", "y", "--batch-size", "1"],
        ["train", "--data", "x", "--output", "y", "--windows", "32"],
        ["train", "--data", "x", "--output", "y", "--train-only", "z"],
        ["train", "--data", "x", "--output", "y", "--set-weight", "z=2"],
        ["train-benchmark", "--batch-size", "5000"],
        ["train", "--data", "x", "--output", "y", "--learning-rate", "-1"],
        ["train", "--data", "x", "--output", "y", "--teacher-share", "0.5"],
        ["train", "--data", "x", "--output", "y", "--teachers", "t", "--teacher-share", "1.5"],
        ["train", "--data", "x", "--output", "y", "--recipe", "seed", "--teachers", "t"],
        ["train", "--data", "x", "--output", "y", "--average", "a", "--teachers", "t"],
        ["train", "--data", "x", "--output", "y", "--recipe", "seed", "--trimmed"],
        ["train", "--data", "x", "--output", "y", "--average", "a", "--trimmed"],
        ["train", "--data", "x", "--output", "y", "--precision", "f64"],
        ["train", "--data", "x", "--output", "y", "--set-weight", "fsdd"], ["evaluate"],
        ["train", "--data", "x", "--output", "y", "--recipe", "other"],
        ["train", "--data", "x", "--output", "y", "--recipe", "numbers", "--trimmed"],
        ["train", "--data", "x", "--output", "y", "--recipe", "numbers", "--split", "random"],
        ["train", "--data", "x", "--output", "y", "--recipe", "numbers", "--frames-per-column", "5"],
        ["train", "--data", "x", "--output", "y", "--frames-per-column", "4"],
        ["train", "--data", "x", "--output", "y", "--recipe", "seed", "--windows", "320"],
        ["train", "--data", "x", "--output", "y", "--recipe", "seed", "--split", "random"],
        ["train", "--data", "x", "--output", "y", "--split", "halves"], ["mel", "x", "y", "--recipe", "other"],
        ["evaluate", "--data", "x", "--official-test", "--split-test"], ["listen", "--format", "xml"],
        ["listen", "--channel", "left"], ["listen", "--channel", "-1"], ["listen", "--channel", "255"],
        ["listen", "--input", "x.wav", "--rate", "8000"],
        ["listen", "--input", "x.wav", "--device", "y"], ["listen", "--realtime"], ["devices", "extra"],
    ])
    func wrongUsageEndsWith64(arguments: [String]) throws {
        let result = try Command.run(arguments)
        #expect(result.status == 64, "\(result.testDescription)")
        #expect(result.output == "")
        #expect(!result.errors.isEmpty)
    }

    @Test func commandForMeasurementsIsThere_butNotListed() throws {
        #expect(try Command.run(["train-benchmark", "--help"]).output.contains("train-benchmark"))
        #expect(try !Command.run(["--help"]).output.contains("train-benchmark"))
    }

    @Test func closedStandardStreamsAreErrors() throws {
        let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")
        let arguments = [ConstantNetwork.path, clip]
        let input = try Command.shell(
            #"timeout 20 "$0" listen --format digits --model "$1" --input - --rate 8000 <&-"#, arguments)
        #expect(![0, 124].contains(input.status), "\(input.testDescription)")
        #expect(input.errorLines.count == 1, "\(input.testDescription)")
        let output = try Command.shell(#"timeout 20 "$0" classify --model "$1" "$2" >&-"#, arguments)
        expectOneSentence(output, 1)
    }

    @Test func setWeightTakesNameAndFactor() {
        #expect(Train.SetWeight(argument: "a=b=0.5").map { "\($0.name) \($0.factor)" } == "a=b 0.5")
        for wrong in ["", "=1", "name", "name=", "name=x", "name=-1", "name=inf"] {
            #expect(Train.SetWeight(argument: wrong) == nil, "\(wrong)")
        }
    }

    @Test(arguments: [
        (0.4, "0 s"), (89, "89 s"), (90, "2 min"), (3540, "59 min"), (3600, "1 h 00 min"), (7500, "2 h 05 min"),
    ])
    func durationsAreReadable(seconds: Double, text: String) {
        #expect(ProgressLine.duration(seconds) == text)
    }

    @Test func installedNetworkIsBesideTheExecutablesPrefix() {
        #expect(
            ModelLocation.candidates(executable: "/usr/bin/digitd") == [
                "/usr/share/digitd/digits.safetensors", "/usr/bin/digitd_digitd.resources/Resources/digits.safetensors",
            ])
    }
}
