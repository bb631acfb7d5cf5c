import Foundation
import Testing

@testable import digitd

@Suite struct UsageTests {
    static let subcommands = ["listen", "devices", "classify", "mel", "train", "evaluate"]

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
        ["train", "--data", "x", "--output", "y", "--learning-rate", "-1"],
        ["train", "--data", "x", "--output", "y", "--precision", "f64"],
        ["train", "--data", "x", "--output", "y", "--set-weight", "fsdd"], ["evaluate"],
        ["listen", "--format", "xml"], ["listen", "--input", "-"], ["listen", "--input", "x.wav", "--rate", "8000"],
        ["listen", "--input", "x.wav", "--device", "y"], ["listen", "--realtime"], ["devices", "extra"],
    ])
    func wrongUsageEndsWith64(arguments: [String]) throws {
        let result = try Command.run(arguments)
        #expect(result.status == 64, "\(result.testDescription)")
        #expect(result.output == "")
        #expect(!result.errors.isEmpty)
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
