import AudioInput
import DigitRecognizer
import Foundation
import MelSpectrogram
import ResNet
import ResNetTraining
import Testing

@Suite struct ClassifyTests {
    private let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")

    @Test func printsExactlyTheContractsLine_oneForEachFile() throws {
        let result = try Command.run(["classify", "--model", ConstantNetwork.path, clip, clip])
        #expect(result.status == 0)
        #expect(result.output == "\(ConstantNetwork.line)\n\(ConstantNetwork.line)\n")
        #expect(result.errors == "")
    }

    @Test func tellsPicturesByTheirContent() throws {
        let scratch = ScratchDirectory()
        let picture = scratch.path + "/seven.png"
        let disguised = scratch.path + "/seven.wav"
        #expect(try Command.run(["mel", clip, picture]).status == 0)
        try FileManager.default.copyItem(atPath: picture, toPath: disguised)
        let result = try Command.run(["classify", "--model", ConstantNetwork.path, picture, disguised])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.outputLines == [ConstantNetwork.line[...], ConstantNetwork.line[...]])
    }

    @Test func readsAPipe() throws {
        let scratch = ScratchDirectory()
        let file = scratch.write("clip.wav", waveBytes(data: noise(samples: 8000)))
        let script = #""$0" classify --model "$1" <(cat "$2")"#
        let result = try Command.shell(script, [ConstantNetwork.path, file])
        #expect(result.output == "\(ConstantNetwork.line)\n", "\(result.testDescription)")
    }

    @Test func jsonHasOneObjectALine() throws {
        let result = try Command.run(["classify", "--json", "--model", ConstantNetwork.path, clip])
        let line = try #require(result.outputLines.first)
        let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        #expect(object["file"] as? String == clip)
        #expect(object["label"] as? String == "7")
        #expect(object["digit"] as? Int == 7)
        #expect(abs((object["confidence"] as? Double ?? 0) - 0.9369) < 1e-4)
        let probabilities = try #require(object["probabilities"] as? [Double])
        #expect(probabilities.count == 11)
        #expect(abs(probabilities.reduce(0, +) - 1) < 1e-4)
    }

    /// What is not certain is heard at a second speed, as `digitd listen` hears it.
    @Test(.enabled(if: Command.hasNetwork, "the package holds no trained network yet"))
    func hearsAClipAsListenHearsItsWindow() throws {
        let clips = try testClips(["0", "6", "7", "8", "hello", "yellow"]).map(\.path)
        let result = try Command.run(["classify", "--json", "--precision", "f32"] + clips)
        try #require(result.status == 0 && result.outputLines.count == clips.count, "\(result.testDescription)")
        let weights = try WeightsFile(contentsOf: packageFile("Sources/digitd/Resources/digits.safetensors"))
        let (classifier, network) = (
            try ResNetClassifier(weights: weights, precision: .f32), try ResNet18(weights: weights)
        )
        var heardTwice = 0
        for (path, line) in zip(clips, result.outputLines) {
            let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let found = try #require(object?["probabilities"] as? [Double])
            let samples = try AudioFile.readMono(path, rate: MelParameters.standard.sampleRate)
            let window = ClipWindow.window(spectrogram: try MelSpectrogram(samples: samples, parameters: .standard))
            var (expected, once) = ([Float](repeating: 0, count: 11), [Float](repeating: 0, count: 11))
            var span = expected.mutableSpan
            classifier.classify(window.span, into: &span)
            #expect((0..<11).allSatisfy { abs(found[$0] - Double(expected[$0])) < 1e-4 }, "\(path): \(expected)")
            var logits = once.mutableSpan
            network.logits(window.span, into: &logits)
            let single = Judgements(logits: once, labels: [10]).probabilities(
                0, temperature: Double(classifier.temperature))
            if (0..<11).contains(where: { abs(found[$0] - single[$0]) > 1e-3 }) { heardTwice += 1 }
        }
        #expect(heardTwice > 0, "one clip at least is not certain")
    }

    @Test func endsQuietlyWhenTheReaderHasGone() throws {
        // The reader is gone before the program has loaded its network.
        let script = #""$0" classify --model "$1" "$2" "$2" "$2" | true; echo "${PIPESTATUS[0]}""#
        let result = try Command.shell(script, [ConstantNetwork.path, clip])
        #expect(result.output == "0\n")
        #expect(result.errors == "")
    }

    @Test(.enabled(if: Command.hasNetwork, "the package holds no trained network yet"))
    func picturesClassifyLikeTheirAudio() throws {
        let scratch = ScratchDirectory()
        let clips = try testClips((0...9).map(String.init) + ["hello", "music", "house", "cancel", "window", "yellow"])
        #expect(try Command.run(["mel", packageFile("Tests/Audio/digits"), scratch.path]).status == 0)
        let pictures = clips.map { clip in
            let name = ((clip.path as NSString).lastPathComponent as NSString).deletingPathExtension
            return "\(scratch.path)/\(clip.folder)/\(name).png"
        }
        let ofAudio = try answers(clips.map(\.path))
        let ofPictures = try answers(pictures)
        try #require(ofAudio.count == clips.count && ofPictures.count == clips.count)
        for (clip, (audio, picture)) in zip(clips, zip(ofAudio, ofPictures)) {
            #expect(audio.label == picture.label, "\(clip.path)")
            #expect(abs(audio.confidence - picture.confidence) < 0.02, "\(clip.path)")
        }
    }

    @Test(.enabled(if: Command.hasNetwork, "the package holds no trained network yet"))
    func testClipsGetTheirDigits() throws {
        let clips = try testClips((0...9).map(String.init))
        for (clip, answer) in zip(clips, try answers(clips.map(\.path))) {
            #expect(answer.label == clip.folder, "\(clip.path) with \(answer.confidence)")
        }
    }

    /// What the package's own network says.
    private func answers(_ files: [String]) throws -> [(label: String, confidence: Double)] {
        try Command.run(["classify"] + files).outputLines.map { line in
            let match = try #require(line.wholeMatch(of: #/Prediction: (\w+) \(Confidence: ([01]\.\d{4})\)/#))
            return (String(match.1), Double(match.2) ?? -1)
        }
    }
}
