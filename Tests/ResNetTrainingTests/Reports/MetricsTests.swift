import Foundation
import Testing

@testable import ResNetTraining

@Suite struct MetricsTests {
    /// Three 0s: right, taken for 1, rejected. Two 1s: right. One word: accepted as 1.
    static let matrix: ConfusionMatrix = {
        var matrix = ConfusionMatrix()
        for (label, answer) in [(0, 0), (0, 1), (0, 10), (1, 1), (1, 1), (10, 1)] {
            matrix.add(label: label, answer: answer)
        }
        return matrix
    }()

    @Test func figuresAreThoseComputedByHand() {
        let metrics = EvaluationMetrics(Self.matrix)
        #expect(metrics.clips == 6 && metrics.rejected == 1)
        #expect(abs(metrics.accuracy - 0.5) < 1e-12)
        #expect(metrics.perClass.count == 11)
        let (zero, one, other) = (metrics.perClass[0], metrics.perClass[1], metrics.perClass[10])
        #expect(zero.precision == 1 && abs(zero.recall - 1 / 3.0) < 1e-12 && abs(zero.f1 - 0.5) < 1e-12)
        #expect(one.precision == 0.5 && one.recall == 1 && abs(one.f1 - 2 / 3.0) < 1e-12)
        #expect(other.label == "not_a_digit" && other.precision == 0 && other.f1 == 0 && other.clips == 1)
        #expect(abs(metrics.macro.recall - (1 / 3.0 + 1 + 0) / 3) < 1e-12)
        #expect(abs(metrics.macro.f1 - (0.5 + 2 / 3.0) / 3) < 1e-12)
    }

    @Test func jsonHasTheContractsKeys() throws {
        let json = EvaluationMetrics(Self.matrix).json
        let object = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        #expect(Set(object.keys) == ["clips", "accuracy", "macro", "per_class", "confusion", "rejected"])
        #expect(Set((object["macro"] as? [String: Any] ?? [:]).keys) == ["precision", "recall", "f1"])
        let first = (object["per_class"] as? [[String: Any]])?.first ?? [:]
        #expect(Set(first.keys) == ["label", "precision", "recall", "f1", "clips"])
        #expect((object["confusion"] as? [[Int]]) == Self.matrix.rows)
        #expect(json.hasPrefix("{\"clips\":6,\"accuracy\":0.5,\"macro\":{\"precision\":0.5,"))
        #expect(!json.contains("\n"))
    }

    @Test func noClipsGiveNoDivisionByZero() throws {
        let metrics = EvaluationMetrics(ConfusionMatrix())
        #expect(metrics.accuracy == 0 && metrics.macro.f1 == 0 && metrics.perClass.count == 10)
        _ = try JSONSerialization.jsonObject(with: Data(metrics.json.utf8))
    }

    /// Logits whose softmax gives label `answer` the probability `p`.
    static func logits(_ answer: Int, _ p: Double) -> [Float] {
        (0..<11).map { $0 == answer ? Float(log(p)) : Float(log((1 - p) / 10)) }
    }

    @Test func calibrationErrorIsThatComputedByHand() {
        // Four at 0.9, three of them right; two at 0.5, both right: (4 * 0.15 + 2 * 0.5) / 6.
        let rows = [(1, 0.9, 1), (2, 0.9, 2), (3, 0.9, 3), (4, 0.9, 5), (6, 0.5, 6), (7, 0.5, 7)]
        let judged = Judgements(
            logits: rows.flatMap { Self.logits($0.0, $0.1) }, labels: rows.map { Int32($0.2) })
        let calibration = Calibration(judged, binCount: 10)
        #expect(abs(calibration.expectedError - 1.6 / 6) < 1e-5)
        #expect(calibration.bins.reduce(0) { $0 + $1.clips } == 6)
    }

    @Test(arguments: [0.5, 1, 2.5]) func temperatureIsFound(factor: Double) {
        // Labels drawn from the softmax itself, then the logits scaled by the factor: the fit must undo it.
        var random = SeededRandom(seed: 11)
        var logits: [Float] = []
        var labels: [Int32] = []
        for _ in 0..<4_000 {
            let row = (0..<11).map { _ in random.gaussian() * 2 }
            let p = Judgements(logits: row, labels: [0]).probabilities(0)
            var left = random.uniformDouble()
            labels.append(
                Int32(
                    p.firstIndex {
                        left -= $0; return left < 0
                    } ?? 10))
            logits += row.map { $0 * Float(factor) }
        }
        let fitted = Calibration.temperature(Judgements(logits: logits, labels: labels))
        #expect(abs(fitted / factor - 1) < 0.08, "\(fitted)")
    }

    @Test func rejectionDependsOnTheThresholdAndForcedAnswersDoNot() {
        let judged = Judgements(
            logits: Self.logits(3, 0.6) + Self.logits(10, 0.9) + Self.logits(4, 0.95), labels: [3, 10, 4])
        #expect(judged.answer(0, threshold: 0.5) == 3 && judged.answer(0, threshold: 0.7) == 10)
        #expect(judged.answer(1) == 10)
        #expect(judged.forcedAnswer(0) == 3 && judged.forcedAnswer(1) != 10)
        #expect(judged.forcedAccuracy == 1)
        let point = OperatingPoint(judged, temperature: 1, threshold: 0.7)
        #expect(point.right == 0.5 && point.wrong == 0 && point.falseAccepts == 0)
    }

    @Test func labelThatANetworkLacksIsNeverItsAnswer() {
        let judged = Judgements(logits: [Float](repeating: -3, count: 20), labels: [4, 10], classCount: 10)
        #expect(judged.logits.count == 22)
        #expect(judged.probabilities(0) == [Double](repeating: 0.1, count: 10) + [0])
        #expect(judged.answer(1) != 10)
        #expect(abs(Judgements(logits: [0, 1], labels: [1], classCount: 2).negativeLogLikelihood() - 0.3133) < 1e-4)
        var all = Judgements(logits: Self.logits(3, 0.6), labels: [3])
        all.append(judged)
        #expect(all.labels == [3, 4, 10] && all.logits.count == 33)
    }

    @Test func operatingPointIsTheHighestThatCostsLittle_withinLimits() {
        // A wrong digit at 0.62 and a word accepted at 0.81: both must be under the threshold.
        var rows: [(answer: Int, p: Double, label: Int)] = (0..<20).map { ($0 % 10, 0.97, $0 % 10) }
        rows += [(2, 0.62, 3), (5, 0.81, 10), (10, 0.9, 10)]
        let judged = Judgements(
            logits: rows.flatMap { Self.logits($0.answer, $0.p) }, labels: rows.map { Int32($0.label) })
        let point = OperatingPoint.choose(judged, temperature: 1)
        #expect(abs(point.threshold - 0.97) < 1e-9, "\(point)")
        #expect(point.wrong == 0 && point.falseAccepts == 0 && abs(point.right - 20 / 21.0) < 1e-9)
        // With a digit heard at 0.85 a higher threshold costs too much.
        rows.append((4, 0.85, 4))
        let weaker = Judgements(
            logits: rows.flatMap { Self.logits($0.answer, $0.p) }, labels: rows.map { Int32($0.label) })
        #expect(abs(OperatingPoint.choose(weaker, temperature: 1).threshold - 0.85) < 0.026)
        var limits = OperatingPoint.Limits()
        limits.rightLoss = 0.1
        #expect(OperatingPoint.choose(weaker, temperature: 1, limits: limits).threshold > 0.9)
    }
}
