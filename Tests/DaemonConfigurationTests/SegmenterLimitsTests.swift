import DaemonConfiguration
import DigitRecognizer
import SpeechSegmenter
import Testing

/// Whatever a file may say, the segmenter and the recogniser can live with it.
@Suite struct SegmenterLimitsTests {
    /// A `[segmenter]` table with a value within its range for each option: the least, the largest, or any.
    private static func table(_ pick: (Double, Double) -> Double) -> String {
        let lines: [String] = ConfigurationOption.all.filter { $0.table == "segmenter" }.map { option in
            switch option.kind {
            case .milliseconds(let range):
                let frames = pick(Double(range.lowerBound / 10), Double(range.upperBound / 10)).rounded()
                return "\(option.name) = \(Int(frames) * 10)"
            case .number(let range, _): return "\(option.name) = \(pick(range.lowerBound, range.upperBound))"
            default: return ""
            }
        }
        return "[segmenter]\n" + lines.joined(separator: "\n")
    }

    /// Parameters that files may give: every option at a limit of its range, or anywhere within it.
    static let parameters: [SegmenterParameters] = {
        var random = SeededNumbers(state: 7)
        var found = [SegmenterParameters.standard]
        while found.count < 40 {
            let text =
                found.count.isMultiple(of: 2)
                ? table { low, high in Bool.random(using: &random) ? low : high }
                : table { low, high in Double.random(in: low...high, using: &random) }
            // The options' order among each other is left to chance, and what breaks it is refused.
            if let configuration = try? read(text) { found.append(configuration.segmenter) }
        }
        return found
    }()

    @Test(arguments: parameters)
    func segmentsStayWithinTheirLimits(parameters: SegmenterParameters) {
        var random = SeededNumbers(state: 11)
        var segmenter = SpeechSegmenter(parameters)
        var level: Float = -70
        for frame in 0..<4000 {
            // Stretches of one loudness, from a frame to two seconds.
            if Int.random(in: 0..<25, using: &random) == 0 { level = Float.random(in: -95...0, using: &random) }
            if Int.random(in: 0..<500, using: &random) == 0 { segmenter.reset(keepsFloor: true) }
            let action = segmenter.advance(energy: level + Float.random(in: -6...6, using: &random))
            guard let segment = action.segment else { continue }
            #expect(segment.frames.lowerBound >= 0 && segment.frames.upperBound <= frame + 1)
            #expect(segment.frames.count <= parameters.segmentMaximum)
            // So far back the recogniser keeps frames.
            #expect(frame + 1 - segment.frames.lowerBound <= parameters.segmentMaximum + parameters.hangoverFrames)
            switch (action, Int.random(in: 0..<3, using: &random)) {
            case (.pause, 0), (.tail, 0): segmenter.acceptEarly()
            case (.tail, 1): segmenter.absorbTail()
            case (.long, 0): segmenter.giveUp()
            default: break
            }
        }
    }

    @Test(arguments: parameters.prefix(12))
    func recogniserLivesWithThem(segmenterParameters: SegmenterParameters) throws {
        var random = SeededNumbers(state: 13)
        var parameters = RecognizerParameters()
        parameters.segmenter = segmenterParameters
        var recognizer = try StreamRecognizer(classifier: ChanceClassifier(), parameters: parameters)
        var ended = 0
        for _ in 0..<60 {
            let loudness = Float.random(in: 0...0.5, using: &random) * Float(Int.random(in: 0...1, using: &random))
            let samples = (0..<Int.random(in: 800...8000, using: &random)).map { _ in
                (loudness + 0.0003) * Float.random(in: -1...1, using: &random)
            }
            recognizer.process(samples.span) { recognition in
                if recognition.lastSpeechSample != nil { ended += 1 }
            }
            if Int.random(in: 0..<20, using: &random) == 0 { recognizer.gap(lostSamples: 100) { _ in } }
        }
        if segmenterParameters == .standard { #expect(ended > 0, "or nothing was tried") }
    }
}

/// Digits by chance.
private final class ChanceClassifier: WindowClassifier {
    private var random = SeededNumbers(state: 17)

    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        let chosen = Int.random(in: 0...10, using: &random)
        for index in 0...10 { probabilities[index] = index == chosen ? 0.98 : 0.002 }
    }
}

extension SpeechSegmenter.Action {
    fileprivate var segment: SpeechSegment? {
        switch self {
        case .none, .speechStarted: nil
        case .pause(let segment), .long(let segment), .ended(let segment), .dropped(let segment, _), .tail(let segment),
            .tailEnded(let segment):
            segment
        }
    }
}
