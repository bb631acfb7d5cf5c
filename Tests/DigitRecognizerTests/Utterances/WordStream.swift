import DigitDecoder
import DigitEvents
import DigitRecognizer
import Foundation
import MelSpectrogram

/// Words of a language of tones: a tone in mel band 3 l + 4 says the label l, 0 to 11.
struct WordStream {
    var samples: [Float] = []
    private var random: SplitMix64

    init(seed: UInt64 = 1) { random = SplitMix64(seed: seed) }

    var seconds: Double { Double(samples.count) / 8000 }

    /// White noise of about -75 dB.
    mutating func silence(_ seconds: Double) {
        for _ in 0..<Int(seconds * 8000) { samples.append(noise(0.0003)) }
    }

    /// White noise as loud as told.
    mutating func noise(_ seconds: Double, level: Float) {
        for _ in 0..<Int(seconds * 8000) { samples.append(noise(level)) }
    }

    /// Returns where the tone lies, in seconds.
    @discardableResult
    mutating func say(_ label: UtteranceLabel, _ seconds: Double = 0.3, level: Float = 0.2) -> ClosedRange<Double> {
        let start = self.seconds
        let mel = 0.9 + 0.817 * Double(3 * label.rawValue + 5)
        let frequency = mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
        for index in 0..<Int(seconds * 8000) {
            samples.append(level * Float(sin(2 * .pi * frequency * Double(index) / 8000)) + noise(0.0003))
        }
        return start...self.seconds
    }

    /// Says digits with gaps between them.
    mutating func say(_ digits: [Int], gap: Double = 0.1) {
        for (index, digit) in digits.enumerated() {
            if index > 0 { silence(gap) }
            say(UtteranceLabel(digit: digit)!)
        }
    }

    private mutating func noise(_ level: Float) -> Float { .random(in: -level...level, using: &random) }
}

/// Understands `WordStream`: as sure of each label as told, and counting its calls.
final class WordScorer: UtteranceScorer {
    let framesPerColumn = 4
    let temperature = 1.0
    /// By how much a label's logit is over the others'.
    var certainty: [UtteranceLabel: Float] = [:]
    /// The last columns say something else by this chance: the network has not heard what follows.
    var wavers = 0.0
    private(set) var calls = 0
    /// Frames of each call.
    private(set) var frameCounts: [Int] = []

    func score(_ frames: Span<Float>, into logits: inout MutableSpan<Float>) {
        let count = frames.count / 40
        calls += 1
        frameCounts.append(count)
        var (most, least) = (-Float.infinity, Float.infinity)
        for index in frames.indices { (most, least) = (max(most, frames[index]), min(least, frames[index])) }
        var random = SplitMix64(seed: UInt64(count))
        for column in 0..<logits.count / 13 {
            for label in 0..<13 { logits[column * 13 + label] = 0 }
            let frame = min(4 * column, count - 1)
            var best = 0
            for band in 0..<40 where frames[frame * 40 + band] > frames[frame * 40 + best] { best = band }
            let isTone = frames[frame * 40 + best] > least + 0.6 * (most - least)
            var label = isTone ? UtteranceLabel(rawValue: min(max(best - 3, 0) / 3, 11))! : .blank
            if column * 4 + 16 > count, Double.random(in: 0..<1, using: &random) < wavers {
                label = UtteranceLabel.allCases.randomElement(using: &random)!
            }
            logits[column * 13 + label.rawValue] = certainty[label] ?? 9
        }
    }
}

/// Everything that a stream gives, cut into chunks by `chunk`.
func hear(
    _ samples: [Float], _ scorer: some UtteranceScorer = WordScorer(),
    _ parameters: RecognizerParameters = .utterances, finishes: Bool = true, chunk: () -> Int = { 1 << 30 }
) throws -> [DigitEvent] {
    var recognizer = try UtteranceRecognizer(scorer: scorer, parameters: parameters)
    var events: [DigitEvent] = []
    var start = 0
    while start < samples.count {
        let end = min(samples.count, start + chunk())
        recognizer.process(samples.span.extracting(start..<end)) { events.append($0.event) }
        start = end
    }
    if finishes { recognizer.finish { events.append($0.event) } }
    return events
}

extension [DigitEvent] {
    /// The digits, and a dash for each rejection.
    var line: String {
        reduce(into: "") { line, event in
            switch event {
            case .digit(let digit): line += "\(digit.digit)"
            case .rejected: line += "-"
            default: break
            }
        }
    }
    /// The utterance of each DIGIT and REJECTED.
    var utterances: [Int?] {
        compactMap { event -> Int?? in
            switch event {
            case .digit(let digit): .some(digit.utterance)
            case .rejected(let rejected): .some(rejected.utterance)
            default: nil
            }
        }
    }
}
