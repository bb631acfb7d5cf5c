import DigitEvents
import DigitRecognizer
import Foundation

/// Words of a language of tones: a tone in mel band 4 d + 2 says the digit d.
struct ToneStream {
    var samples: [Float] = []
    private var state: UInt64 = 88_172_645_463_325_252

    /// White noise of about -75 dB.
    mutating func silence(_ seconds: Double) {
        for _ in 0..<Int(seconds * 8000) { samples.append(noise()) }
    }

    /// Returns where the tone lies, in seconds.
    @discardableResult
    mutating func tone(_ digit: Int, _ seconds: Double = 0.3, level: Float = 0.2) -> ClosedRange<Double> {
        let start = samples.count
        let mel = 0.9 + 0.817 * Double(4 * digit + 3)
        let frequency = mel < 15 ? mel * 200 / 3 : 1000 * exp((mel - 15) * log(6.4) / 27)
        for index in 0..<Int(seconds * 8000) {
            samples.append(level * Float(sin(2 * .pi * frequency * Double(index) / 8000)) + noise())
        }
        return Double(start) / 8000...Double(samples.count) / 8000
    }

    private mutating func noise() -> Float {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Float(Int64(bitPattern: state) >> 40) / Float(1 << 23) * 0.0003
    }
}

/// Understands `ToneStream`: as sure as told, and counting its calls.
final class ToneClassifier: WindowClassifier {
    var confidence: Float
    /// Probability of "not a digit".
    var other: Float
    private(set) var calls = 0
    private(set) var windows: [[Float]] = []

    init(confidence: Float = 0.99, other: Float = 0) {
        self.confidence = confidence
        self.other = other
    }

    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        calls += 1
        var copy: [Float] = []
        var loudest = (row: 0, level: -Float.infinity)
        for row in 0..<40 {
            var sum: Float = 0
            for column in 0..<96 {
                let value = window[row * 96 + column]
                copy.append(value)
                // The beginning of a word says what it is; the tail that follows a closure does not.
                if column < 48 { sum = max(sum, value) }
            }
            if sum > loudest.level { loudest = (row, sum) }
        }
        windows.append(copy)
        let digit = min(loudest.row / 4, 9)
        for index in 0..<10 { probabilities[index] = (1 - confidence - other) / 9 }
        probabilities[10] = other
        probabilities[digit] = confidence
    }
}

/// Everything that a stream gives, cut into chunks by `chunk`.
func recognize(
    _ samples: [Float], _ classifier: some WindowClassifier = ToneClassifier(),
    _ parameters: RecognizerParameters = RecognizerParameters(), finishes: Bool = true, chunk: () -> Int = { 1 << 30 }
) throws -> [DigitEvent] {
    var recognizer = try StreamRecognizer(classifier: classifier, parameters: parameters)
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
    var digits: [DigitEvent.Digit] {
        compactMap { if case .digit(let digit) = $0 { digit } else { nil } }
    }
    var rejected: [DigitEvent.Rejected] {
        compactMap { if case .rejected(let rejected) = $0 { rejected } else { nil } }
    }
    var speech: [DigitEvent.Speech] {
        compactMap { if case .speech(let speech) = $0 { speech } else { nil } }
    }
    var levels: [DigitEvent.Level] {
        compactMap { if case .level(let level) = $0 { level } else { nil } }
    }
}
