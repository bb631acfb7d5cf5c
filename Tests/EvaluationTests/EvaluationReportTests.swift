import Foundation
import FoundationXML
import ResNetTraining
import Testing

@testable import Evaluation

@Suite struct EvaluationReportTests {
    private static let hostile = "a<b>&\"c'\u{1}</text><script>alert(1)</script>"

    private static func isWellFormed(_ page: String) -> Bool {
        // The page is written as XHTML so that this can be checked.
        XMLParser(data: Data(page.replacingOccurrences(of: "<!DOCTYPE html>", with: "").utf8)).parse()
    }

    @Test func worstClipsComeFirst() {
        let clips = ["good.wav", "bad.wav"].map { LabelledClip(path: $0, label: 3, speaker: "s", set: "a") }
        let worst = WorstClip.list(
            judged([(3, 0.9, 3), (4, 0.4, 3)]), clips: clips, rule: AnswerRule(temperature: 1, threshold: 0.5))
        #expect(worst.map(\.clip.path) == ["bad.wav", "good.wav"])
        #expect(worst[0].answer == 10 && worst[0].best == 4)
        #expect(abs(worst[0].confidence - 0.4) < 1e-6 && abs(worst[0].trueProbability - 0.06) < 1e-6)
    }

    @Test func pageIsSelfContainedAndEscaped_withEverythingInIt() throws {
        var clips = Array(try testRecordings().clips.prefix(2))
        clips.append(LabelledClip(path: Self.hostile, label: 10, speaker: "s", set: Self.hostile, folder: Self.hostile))
        let judgements = judged([(0, 0.9, 0), (3, 0.8, 0), (3, 0.8, 10)])
        let rule = AnswerRule(temperature: 1, threshold: 0.5)
        var figures = EvaluationFigures(judgements, clips: clips, rule: rule, selection: Self.hostile)
        figures.noise = [nil, 10].flatMap { ratio in
            NoiseFigures.Cut.allCases.map { NoiseFigures(ratio: ratio, cut: $0, tally: figures.tally) }
        }
        var live = LiveFigures()
        for clip in clips { live.count(clip, [3], seconds: 1) }
        live.count(NoiseClip(path: Self.hostile, set: Self.hostile), [3], seconds: 1)
        figures.live = live
        let list = WorstClip.list(judgements, clips: clips, rule: rule)
        // The hostile name is no file: that clip has no picture.
        let worst = try WorstClip.withPictures(list, frontEnd: .logMel)
        #expect(worst.filter { $0.picture != nil }.count == 2)
        let page = EvaluationReport(
            title: Self.hostile, figures: figures, worst: worst, notes: [(Self.hostile, Self.hostile)]
        ).html
        #expect(Self.isWellFormed(page))
        #expect(!page.contains("<script") && !page.contains("href=") && !page.contains("nan"))
        #expect(page.components(separatedBy: "src=").count == 3)
        #expect(page.components(separatedBy: "src=\"data:image/png;base64,iVBORw0KGgo").count == 3)
        for heading in ["Confusion", "Calibration", "trade-off", "In noise", "live recogniser", "Worst clips"] {
            #expect(page.contains(heading))
        }
    }

    @Test func pageOfNothingIsWellFormed() {
        let figures = EvaluationFigures(
            Judgements(logits: [], labels: []), clips: [], rule: AnswerRule(temperature: 1, threshold: 0.5),
            selection: "")
        #expect(Self.isWellFormed(EvaluationReport(title: "", figures: figures).html))
    }
}
