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

/// Understands `WordStream`, and counts its calls. As a trained network does, it says each word in one column, the
/// second that shows it.
final class WordScorer: UtteranceScorer {
    let framesPerColumn = 4
    let temperature = 1.0
    /// By how much another digit is more likely than the one that was said, in nats; over -20.
    var doubts: [UtteranceLabel: Float] = [:]
    /// The last columns of a word say anything by this chance: the network has not heard what follows.
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
        var seen: [UtteranceLabel?] = [nil, nil]
        for column in 0..<logits.count / 13 {
            let label = tone(frames, min(4 * column, count - 1), over: 0.4 * (most - least))
            var said = label != nil && label == seen[1] && label != seen[0] ? label! : .blank
            seen = [seen[1], label]
            if label != nil, column * 4 + 6 > count, Double.random(in: 0..<1, using: &random) < wavers {
                said = UtteranceLabel.allCases.randomElement(using: &random)!
            }
            for index in 0..<13 { logits[column * 13 + index] = index == said.rawValue ? 12 : 0 }
            if let doubt = doubts[said] { logits[column * 13 + (said.rawValue + 1) % 10] = 12 + doubt }
        }
    }

    /// The label of the band that stands out of a frame; nil where none does.
    private func tone(_ frames: Span<Float>, _ frame: Int, over least: Float) -> UtteranceLabel? {
        let levels = (0..<40).map { frames[frame * 40 + $0] }
        let best = (0..<40).max { levels[$0] < levels[$1] }!
        guard levels[best] - levels.sorted()[20] > least else { return nil }
        return UtteranceLabel(rawValue: min(max(best - 3, 0) / 3, 11))
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
