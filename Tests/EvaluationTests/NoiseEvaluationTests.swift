import ResNetTraining
import Testing

@testable import Evaluation

@Suite struct NoiseEvaluationTests {
    /// Windows that were judged, as a stand-in for what a network would say of them.
    private static func run(_ ratios: [Double]) throws -> (figures: [NoiseFigures], windows: [[Float]]) {
        let noise = NoiseClip(path: "\(testDirectory)/music/flite-slt_0.flac", set: "n")
        let evaluation = NoiseEvaluation(
            clips: Array(try testRecordings().clips.prefix(3)), noises: [noise], ratios: ratios,
            rule: AnswerRule(temperature: 1, threshold: 0.5))
        var windows: [[Float]] = []
        var shares: [Double] = []
        let figures = try evaluation.run(
            progress: { shares.append($0) },
            judge: { values, labels in
                windows.append(values)
                return Judgements(logits: labels.flatMap { logits(Int($0), 0.9) }, labels: labels)
            })
        #expect(shares == shares.sorted() && shares.allSatisfy { (0..<1).contains($0) })
        return (figures, windows)
    }

    @Test func everyConditionIsJudged_inBothCuts() throws {
        let (figures, windows) = try Self.run([20, 0])
        #expect(figures.map(\.name) == ["clean", "20 dB", "0 dB", "clean", "20 dB", "0 dB"])
        #expect(figures.map(\.cut) == [.clip, .clip, .clip, .live, .live, .live])
        #expect(figures.allSatisfy { $0.tally.digits == 3 && $0.tally.right == 3 })
        #expect(windows.count == 6 && Set(windows).count == 6)
        #expect(try Self.run([20, 0]).windows == windows)
    }
}
