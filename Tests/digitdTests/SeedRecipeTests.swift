import Foundation
import MelSpectrogram
import Testing

/// The reference recipe on the command line: its pictures, and networks that take them.
@Suite struct SeedRecipeTests {
    private let scratch = ScratchDirectory()
    private let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")

    private func network(changing changes: [String: String] = [:]) throws -> String {
        let path = scratch.path + "/seed.safetensors"
        try ConstantNetwork.writeForImages(to: path, changing: changes)
        return path
    }

    /// Tests/Audio/make-seed-images.py made the pictures with librosa, resampling included.
    @Test(arguments: ["0/espeak-en-us_0", "7/flite-slt_0", "music/flite-slt_0"])
    func picturesAreLibrosas_withinOneGreyLevel(clip: String) throws {
        let picture = scratch.path + "/picture.png"
        let recording = packageFile("Tests/Audio/digits/\(clip).flac")
        let result = try Command.run(["mel", "--recipe", "seed", recording, picture])
        #expect(result.status == 0, "\(result.testDescription)")
        let golden = packageFile("Tests/Audio/seed-images/\(clip.replacingOccurrences(of: "/", with: "_")).png")
        let (found, expected) = (
            try DecibelImage(contentsOf: picture).picture, try DecibelImage(contentsOf: golden).picture
        )
        #expect(result.output == "\(recording) -> \(picture) (\(expected.width) frames)\n")
        try #require(found.width == expected.width && found.height == expected.height)
        let worst = zip(found.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max()
        #expect(worst! <= 1)
    }

    @Test func directoryOfRecordingsBecomesPictures() throws {
        let output = scratch.path + "/pictures"
        let result = try Command.run(["mel", "--recipe", "seed", packageFile("Tests/Audio/digits"), output])
        #expect(result.output.hasSuffix("26 pictures written\n"), "\(result.testDescription)")
        #expect(try DecibelImage(contentsOf: output + "/7/flite-slt_0.png").picture.height == 128)
    }

    @Test func classifyTakesItsPicturesAndRecordings() throws {
        let picture = packageFile("Tests/Audio/seed-images/7_flite-slt_0.png")
        let model = try network()
        let result = try Command.run(["classify", "--model", model, picture, clip])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.outputLines == [ConstantNetwork.imageLine[...], ConstantNetwork.imageLine[...]])

        let json = try Command.run(["classify", "--json", "--model", model, picture])
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(object["digit"] as? Int == 7)
        let probabilities = try #require(object["probabilities"] as? [Double])
        #expect(probabilities.count == 11 && probabilities[10] == 0)
    }

    @Test func neitherFrontEndTakesTheOthersPicture() throws {
        let picture = scratch.path + "/standard.png"
        #expect(try Command.run(["mel", clip, picture]).status == 0)
        let ofStandard = try Command.run(["classify", "--model", try network(), picture])
        expectOneSentence(ofStandard, 65)
        #expect(ofStandard.errors.contains("digitd mel --recipe seed"))
        let seedPicture = packageFile("Tests/Audio/seed-images/7_flite-slt_0.png")
        expectOneSentence(try Command.run(["classify", "--model", ConstantNetwork.path, seedPicture]), 65)
    }

    @Test func listenRefusesItsNetwork() throws {
        let model = try network()
        for arguments in [["listen", "--input", clip], ["listen"]] {
            let result = try Command.run(arguments + ["--model", model])
            expectOneSentence(result, 65)
            #expect(result.errors.contains("--recipe seed") && result.errors.contains(model))
        }
    }

    @Test(arguments: [
        ("frontend.hop_length", "160"), ("frontend.input_height", "40"), ("frontend.kind", "wavelet"),
        ("frontend.more", "1"), ("labels", "0,1,2,3,4,5,6,7,8,9,not_a_digit"), ("calibration.temperature", "0"),
        ("threshold.accept", "2"),
    ])
    func metadataOfAnotherNetworkIsRefused(key: String, value: String) throws {
        let model = try network(changing: [key: value])
        expectOneSentence(try Command.run(["classify", "--model", model, clip]), 65)
    }

    @Test func standardNetworkThatClaimsAnotherFrontEndIsRefused() throws {
        let model = scratch.path + "/odd.safetensors"
        for kind in ["decibel_image", "wavelet"] {
            try ConstantNetwork.write(to: model, changing: ["frontend.kind": kind])
            expectOneSentence(try Command.run(["classify", "--model", model, clip]), 65)
        }
    }

    @Test func evaluateJudgesIt() throws {
        let result = try Command.run([
            "evaluate", "--json", "--model", try network(), "--data", packageFile("Tests/Audio/digits"), "--report",
            scratch.path + "/report",
        ])
        // Twenty-six clips, other words among them, all taken for sevens.
        #expect(result.output.hasPrefix(#"{"clips":26,"accuracy":0.076923,"#), "\(result.testDescription)")
        #expect(result.output.contains("\"rejected\":0,\"selection\":\"all clips\""))
    }

    @Test func damagedRecordingIsNamed_andTheRestJudged() throws {
        mkdir(scratch.path + "/7", 0o755)
        _ = scratch.write("7/a_0.wav", waveBytes(data: noise(samples: 4000)))
        _ = scratch.write("7/b_0.wav", [])
        let result = try Command.run(["evaluate", "--json", "--model", try network(), "--data", scratch.path])
        #expect(result.status == 65)
        #expect(result.output.hasPrefix(#"{"clips":1,"accuracy":1,"#))
        #expect(result.errorLines.count == 1 && result.errors.contains("b_0.wav"))
    }

    @Test func splitTestWantsANetworkOfASplit_andItsData() throws {
        let data = packageFile("Tests/Audio/digits")
        for changes in [[:], ["split.seed": "1", "split.digest": "0"]] {
            let model = try network(changing: changes)
            expectOneSentence(try Command.run(["evaluate", "--split-test", "--model", model, "--data", data]), 65)
        }
    }

    @Test func officialTestIsRefused_whereTheSplitTrainedOnIt() throws {
        let model = try network(changing: ["split.seed": "1", "split.digest": "0"])
        let data = packageFile("Tests/Audio/digits")
        let result = try Command.run(["evaluate", "--official-test", "--model", model, "--data", data])
        expectOneSentence(result, 65)
        #expect(result.errors.contains("--split-test"))
    }

    @Test func trainedNetworkIsJudgedOnTheFifthLeftOut() throws {
        let model = scratch.path + "/n.safetensors"
        let data = packageFile("Tests/Audio/digits")
        let trained = try Command.run([
            "train", "--recipe", "seed", "--data", data, "--output", model, "--epochs", "1", "--threads", "1",
        ])
        #expect(trained.status == 0, "\(trained.testDescription)")
        #expect(trained.outputLines.contains("16 clips to train on, 4 to validate"))
        let result = try Command.run(["evaluate", "--json", "--split-test", "--model", model, "--data", data])
        #expect(result.output.hasPrefix(#"{"clips":4,"#), "\(result.testDescription)")
        let answer = try Command.run(["classify", "--model", model, clip])
        #expect(answer.status == 0 && answer.output.hasPrefix("Prediction: "))
    }

    @Test func trainRefusesWeightsThatAreNotImageNets() throws {
        let arguments = ["train", "--recipe", "seed", "--data", packageFile("Tests/Audio/digits")]
        let output = ["--output", scratch.path + "/n.safetensors", "--init"]
        expectOneSentence(try Command.run(arguments + output + [scratch.path + "/missing.safetensors"]), 66)
        let result = try Command.run(arguments + output + [ConstantNetwork.path])
        expectOneSentence(result, 65)
        #expect(result.errors.contains("ImageNet"))
    }
}
