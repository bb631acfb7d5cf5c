import DigitRecognizer
import Foundation
import ResNetTraining
import Testing

@testable import Evaluation

/// Says the same of every utterance.
private struct ConstantClassifier: WindowClassifier {
    var label: Int
    var confidence: Float

    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        for index in probabilities.indices { probabilities[index] = (1 - confidence) / 10 }
        probabilities[label] = confidence
    }
}

@Suite struct LiveEvaluationTests {
    private static func run(
        _ label: Int, _ confidence: Float = 0.99, noises: [NoiseClip] = []
    ) throws -> LiveFigures {
        var parameters = RecognizerParameters(acceptPosterior: 0.9)
        // The same is in every part of every word too: utterances are not cut.
        parameters.runs.isEnabled = false
        return try LiveEvaluation(clips: testRecordings().clips, noises: noises, parameters: parameters) {
            ConstantClassifier(label: label, confidence: confidence)
        }.run()
    }

    @Test func everyRecordingIsHeardOnce_whateverIsAnswered() throws {
        let sevens = try Self.run(7)
        let digits = sevens.allDigits
        #expect(digits.spoken == 20 && digits.right == 2 && digits.missed == 0 && digits.wrong == 18)
        #expect(LiveFigures.Others.sum(sevens.words).recordings == 6)
        #expect(LiveFigures.Others.sum(sevens.words).taken == 6)
        #expect(sevens.worstWords(2).count == 2 && sevens.extras == 0)
        #expect(sevens.words.map(\.word) == ["cancel", "hello", "house", "music", "window", "yellow"])

        let none = try Self.run(10)
        #expect(none.allDigits.rejected == 20 && none.worstWords(9).isEmpty)
        #expect(LiveFigures.Others.sum(none.words).taken == 0)
        // Under the threshold: heard, and not answered.
        #expect(try Self.run(7, 0.7).allDigits.rejected == 20)
    }

    @Test func falseDigitsAreCountedByTheHourOfNoise() throws {
        let noises = ["3", "music"].map { folder in
            NoiseClip(path: "\(testDirectory)/\(folder)/flite-slt_0.flac", set: "n")
        }
        let figures = try Self.run(7, noises: noises)
        let group = try #require(figures.noises.first)
        #expect(group.set == "n" && group.recordings == 2 && group.taken == 2 && group.falseDigits >= 2)
        #expect(abs(group.perHour - Double(group.falseDigits) / group.seconds * 3600) < 1e-9)
        #expect(group.seconds > 0.5 && group.seconds < 4)
        #expect(figures.noiseHits.map(\.path) == noises.map(\.path) && figures.noiseHits[0].digits.first == 7)
        #expect(try Self.run(7, noises: noises) == figures)
    }

    @Test func inNoiseEverythingIsPlayedAtEachRatio_andLoudNoiseHidesIt() throws {
        let noises = ["music", "window"].map { folder in
            NoiseClip(path: "\(testDirectory)/\(folder)/flite-slt_0.flac", set: "n")
        }
        var evaluation = LiveEvaluation(
            clips: try testRecordings().clips, noises: noises,
            parameters: RecognizerParameters(acceptPosterior: 0.9)
        ) { ConstantClassifier(label: 10, confidence: 0.99) }
        evaluation.parameters.runs.isEnabled = false
        let figures = try evaluation.run(ratios: [40, -30])
        #expect(figures.map(\.name) == ["40 dB", "-30 dB"])
        for noisy in figures {
            #expect(noisy.figures.allDigits.spoken == 20)
            #expect(LiveFigures.Others.sum(noisy.figures.words).recordings == 6)
            #expect(noisy.figures.noises.isEmpty)
        }
        #expect(figures[0].figures.allDigits.rejected == 20)
        #expect(figures[1].figures.allDigits.missed > 0)
        #expect(try evaluation.run(ratios: [40, -30]) == figures)
        evaluation.noises = []
        #expect(try evaluation.run(ratios: [10]).isEmpty)
    }

    @Test func recordingWithTwoAnswersIsWrong() {
        var figures = LiveFigures()
        let clip = LabelledClip(path: "a", label: 7, speaker: "s", set: "x")
        for heard: [Int?] in [[7], [7, 7], [nil, 7], [nil], [], [3]] { figures.count(clip, heard, seconds: 1) }
        let digits = figures.digits[0]
        let counts = [digits.spoken, digits.right, digits.wrong, digits.rejected, digits.missed]
        #expect(counts == [6, 2, 2, 1, 1])
    }

    @Test func eventBelongsToTheRecordingItOverlapsMost() throws {
        var player = try StreamPlayer(parameters: RecognizerParameters(), seed: 3) {
            try StreamRecognizer(classifier: ConstantClassifier(label: 4, confidence: 0.99), parameters: $0)
        }
        let store = try ClipStore(DataSet(clips: Array(testRecordings().clips.prefix(5))))
        for index in store.clips.indices {
            player.play(store.samples(of: index), utterance: store.audio[index].speech)
        }
        player.finish()
        let events = player.events()
        #expect(events.byRecording.map(\.count) == [1, 1, 1, 1, 1] && events.between.isEmpty)
        for (recording, time) in zip(events.byRecording, player.played) {
            #expect(recording[0].time.overlaps(time) && recording[0].digit == 4)
        }
        // Pauses of 0.4 to 1.2 s.
        for (before, after) in zip(player.played, player.played.dropFirst()) {
            #expect((0.399...1.201).contains(after.lowerBound - before.upperBound))
        }
    }
}
