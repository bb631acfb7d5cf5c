import AudioInput
import DigitEvents
import DigitRecognizer
import Foundation
import ResNet
import Testing

/// Synthetic voices that say digits without pauses, to the shipped network.
@Suite struct SpokenStringTests {
    private static let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        .standardized
    private static let weights = try? WeightsFile(
        contentsOf: package.appending(path: "Sources/digitd/Resources/digits.safetensors").path)

    private static func clip(_ word: String, _ voice: String) throws -> [Float] {
        try AudioFile.readMono(
            package.appending(path: "Tests/Audio/digits/\(word)/\(voice)_0.flac").path, rate: AudioReader.rate)
    }

    /// Words one after the other with these gaps (in samples), between silences, over faint noise. Returns where each lies, in s.
    private static func stream(
        _ words: [String], _ voice: String, gaps: [Int], _ random: inout SplitMix64
    ) throws -> (samples: [Float], truth: [ClosedRange<Double>]) {
        var samples = [Float](repeating: 0, count: 8000)
        var truth: [ClosedRange<Double>] = []
        for (index, word) in words.enumerated() {
            let clip = try clip(word, voice)
            truth.append(Double(samples.count) / 8000...Double(samples.count + clip.count) / 8000)
            samples += clip
            samples += [Float](repeating: 0, count: gaps[index % gaps.count])
        }
        samples += [Float](repeating: 0, count: 8000)
        return (samples.map { $0 + Float.random(in: -0.0005...0.0005, using: &random) }, truth)
    }

    private static func events(_ samples: [Float], chunk: Int = 1 << 30) throws -> [DigitEvent] {
        let weights = try #require(Self.weights)
        var recognizer = try StreamRecognizer(
            classifier: ResNetClassifier(weights: weights), parameters: RecognizerParameters(weights: weights))
        var events: [DigitEvent] = []
        for start in stride(from: 0, to: samples.count, by: chunk) {
            recognizer.process(samples.span.extracting(start..<min(samples.count, start + chunk))) {
                events.append($0.event)
            }
        }
        recognizer.finish { events.append($0.event) }
        return events
    }

    @Test func stringsOfDigitsAreHeard_inOrder_withTheirTimes() throws {
        var random = SplitMix64(seed: 4)
        var right = 0
        let strings = ["7139", "4082", "562", "90", "3715", "2648"]
        for voice in ["flite-slt", "espeak-en-us"] {
            for string in strings {
                let gaps = (0..<4).map { _ in Int.random(in: 0...640, using: &random) }
                let (samples, truth) = try Self.stream(string.map(String.init), voice, gaps: gaps, &random)
                let events = try Self.events(samples)
                guard events.rejected.isEmpty, events.digits.map({ "\($0.digit)" }).joined() == string else { continue }
                right += 1
                for (digit, truth) in zip(events.digits, truth) {
                    // The clips have up to 60 ms of silence and breath at their ends.
                    #expect(abs(digit.start - truth.lowerBound) < 0.15, "\(string), \(voice): \(digit)")
                    #expect(abs(digit.end - truth.upperBound) < 0.15, "\(string), \(voice): \(digit)")
                    #expect(digit.at >= digit.end)
                }
                let all = try Self.events(samples, chunk: 333)
                #expect(all == events, "\(string), \(voice)")
            }
        }
        #expect(right >= 2 * strings.count * 3 / 4, "\(right) of \(2 * strings.count)")
    }

    @Test func otherWordsRunTogetherAreNoDigits() throws {
        var random = SplitMix64(seed: 5)
        let words = [("flite-slt", ["hello", "music", "house"]), ("espeak-en-us", ["cancel", "window", "yellow"])]
        for (voice, words) in words {
            let (samples, _) = try Self.stream(words + words, voice, gaps: [0, 160, 80], &random)
            let events = try Self.events(samples)
            #expect(events.digits.isEmpty, "\(voice)")
            #expect(!events.rejected.isEmpty, "\(voice)")
        }
    }
}
