import Foundation
import MelSpectrogram
import ResNet
import ResNetTraining

/// A clip the network did badly on, with what it saw.
public struct WorstClip: Sendable, Equatable {
    /// The recording.
    public var clip: LabelledClip
    /// What was answered; 10 for a rejection.
    public var answer: Int
    /// The most probable label, which is the answer unless that was rejected for its probability.
    public var best: Int
    /// Its probability, 0...1.
    public var confidence: Double
    /// The probability given to what the clip is, 0...1.
    public var trueProbability: Double
    /// The network's input as a PNG: time from left to right, low frequencies at the bottom, dark is loud.
    public var picture: [UInt8]?

    /// The `count` clips with the least probability of their true label, worst first; ties by path.
    public static func list(
        _ judgements: Judgements, clips: [LabelledClip], rule: AnswerRule, count: Int = 30
    ) -> [WorstClip] {
        let all = judgements.labels.indices.map { index in
            let (best, confidence) = judgements.best(index, temperature: rule.temperature)
            return WorstClip(
                clip: clips[index],
                answer: judgements.answer(index, temperature: rule.temperature, threshold: rule.threshold),
                best: best, confidence: confidence,
                trueProbability: judgements.probabilities(index, temperature: rule.temperature)[
                    Int(judgements.labels[index])])
        }
        let sorted = all.sorted { ($0.trueProbability, $0.clip.path) < ($1.trueProbability, $1.clip.path) }
        return Array(sorted.prefix(count))
    }

    /// The clips with their pictures, read again from their files; one that cannot be read stays without.
    public static func withPictures(_ list: [WorstClip], frontEnd: FrontEnd) throws -> [WorstClip] {
        let shape = frontEnd.shape
        return try list.map { worst in
            var worst = worst
            let inputs = try ClipInputs([worst.clip], frontEnd: frontEnd)
            guard inputs.windows.count == shape.inputCount else { return worst }
            worst.picture = try picture(inputs.windows, rows: shape.inputHeight, columns: shape.inputWidth)
            return worst
        }
    }

    /// A window as grey values over its own range; its first row, the lowest band, comes last.
    private static func picture(_ window: [Float], rows: Int, columns: Int) throws(MelError) -> [UInt8] {
        let low = window.min() ?? 0
        let range = max((window.max() ?? 1) - low, 1e-6)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(window.count)
        for row in (0..<rows).reversed() {
            for value in window[row * columns..<(row + 1) * columns] {
                pixels.append(UInt8(max(0, min(255, 255 - (value - low) / range * 255))))
            }
        }
        return try GreyImage(width: columns, height: rows, pixels: pixels).pngBytes()
    }
}
