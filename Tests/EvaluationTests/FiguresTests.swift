import Foundation
import ResNetTraining
import Testing

@testable import Evaluation

@Suite struct FiguresTests {
    /// Set a: a right 3, a 4 taken for 5, a 6 under the threshold; set b: a word taken for 2, a word rejected, and an 8 that
    /// seems no digit.
    private static let rows: [(answer: Int, p: Double, label: Int)] = [
        (3, 0.9, 3), (5, 0.8, 4), (6, 0.4, 6), (2, 0.7, 10), (10, 0.9, 10), (10, 0.6, 8),
    ]
    private static let rule = AnswerRule(temperature: 1, threshold: 0.5)
    private static let clips = rows.enumerated().map { index, row in
        LabelledClip(path: "\(index).wav", label: row.label, speaker: "s\(index)", set: index < 3 ? "a" : "b")
    }

    private static var figures: EvaluationFigures {
        EvaluationFigures(judged(rows), clips: clips, rule: rule, selection: "\"all\"")
    }

    @Test func setsAreTalliedByThemselves() {
        let sets = Self.figures.sets
        #expect(sets.map(\.set) == ["a", "b"] && sets.map(\.speakers) == [3, 3])
        let (a, b) = (sets[0].tally, sets[1].tally)
        let first: [Int] = [a.digits, a.right, a.wrong, a.rejected, a.alwaysRight, a.others]
        #expect(first == [3, 1, 1, 1, 2, 0])
        let second: [Int] = [b.digits, b.right, b.wrong, b.rejected, b.others, b.falseAccepts]
        #expect(second == [1, 0, 0, 1, 2, 1])
        var sum = a
        sum += b
        #expect(sum == Self.figures.tally)
        #expect(b.falseAcceptShare == 0.5 && DigitTally().share(\.right) == 0)
    }

    @Test func calibrationIsThatOfAnsweredDigits() {
        // 0.9 right, 0.8 wrong, 0.4 right; the 8 that seems no digit is not answered.
        let calibration = Self.figures.calibration
        #expect(calibration.clips == 3)
        #expect(abs(calibration.expectedError - (0.1 + 0.8 + 0.6) / 3) < 1e-5)
        #expect(Self.figures.calibrationOfAll.clips == 6)
    }

    @Test func operatingPointLiesOnTheTradeOff() throws {
        let tradeOff = Self.figures.tradeOff
        let point = tradeOff.operatingPoint
        #expect(point.threshold == 0.5 && point.wrong == 0.25 && point.rejected == 0.5 && point.falseAccepts == 0.5)
        let rejected = tradeOff.points.map(\.rejected)
        #expect(rejected == rejected.sorted() && tradeOff.points.map(\.wrong).last == 0)
        let at = try #require(tradeOff.points.first { abs($0.threshold - 0.5) < 1e-9 })
        #expect(at.wrong == point.wrong && at.rejected == point.rejected)
    }

    @Test func jsonBeginsWithTheContractsKeys_andIsWhole() throws {
        var figures = Self.figures
        figures.noise = [NoiseFigures(ratio: 10, cut: .live, tally: figures.tally)]
        figures.live = LiveFigures()
        let contract = EvaluationMetrics(judged(Self.rows).confusion(threshold: 0.5)).json
        #expect(figures.json.hasPrefix(contract.dropLast()))
        let object = try #require(
            try JSONSerialization.jsonObject(with: Data(figures.json.utf8)) as? [String: Any])
        let own: Set = [
            "selection", "total", "by_set", "ece", "ece_all_labels", "calibration", "trade_off", "noise", "live",
        ]
        #expect(own.isSubset(of: Set(object.keys)))
        #expect(object["selection"] as? String == "\"all\"")
        #expect((object["noise"] as? [[String: Any]])?.first?["snr_db"] as? Double == 10)
    }

    @Test func leftOutSpeakersCountTheSame() {
        var figures = LeaveOneOutFigures()
        figures.folds = [
            .init(speaker: "a", judgements: judged([(1, 0.9, 1)]), rule: Self.rule),
            .init(
                speaker: "b", judgements: judged([(1, 0.9, 1), (2, 0.9, 3), (4, 0.9, 4), (5, 0.9, 6)]), rule: Self.rule),
        ]
        #expect(figures.mean(\.right) == 0.75 && figures.mean(\.wrong) == 0.25)
        #expect(figures.metrics.clips == 5 && figures.metrics.accuracy == 0.6)
        #expect(figures.json.contains("\"folds\":[{\"speaker\":\"a\""))
    }
}
