import DigitDecoder
import Foundation
import Testing

@Suite struct ColumnPosteriorsTests {
    @Test func rowsAreLogSoftmaxOfLogitsOverTheTemperature() {
        let logits: [Float] = [1, 2, 3, -50, 0, 50]
        for temperature in [0.5, 1, 2] {
            let posteriors = ColumnPosteriors(logits: logits, labelCount: 3, temperature: temperature)
            #expect(posteriors.columnCount == 2)
            for column in 0..<2 {
                let powers = (0..<3).map { exp(Double(logits[column * 3 + $0]) / temperature) }
                for label in 0..<3 {
                    let expected = max(log(powers[label] / powers.reduce(0, +)), -200)
                    #expect(abs(posteriors[column, label] - expected) < 1e-9, "\(temperature) \(column) \(label)")
                }
            }
        }
    }

    @Test func missingAndBrokenLogitsAreImprobable_andNothingIsInfinite() {
        let posteriors = ColumnPosteriors(
            logits: [-.infinity, 0, .nan, .nan, .nan, .nan, .infinity, 0, 0], labelCount: 3)
        #expect(posteriors.logProbabilities.allSatisfy { $0.isFinite && $0 <= 1e-12 })
        #expect(posteriors[0, 1] == 0 && posteriors[0, 0] == ColumnPosteriors.logProbabilityMinimum)
        #expect(abs(posteriors[1, 0] - log(1 / 3)) < 1e-9)
        #expect(posteriors.best(2) == 0)
    }

    @Test func bestPathLeavesOutRepetitionsAndThenBlanks() {
        var generator = Seeded(1)
        for _ in 0..<50 {
            let path = (0..<12).map { _ in Int.random(in: 0..<4, using: &generator) }
            let logits = path.flatMap { label in (0..<4).map { Float($0 == label ? 1 : 0) } }
            let posteriors = ColumnPosteriors(logits: logits, labelCount: 4)
            let found = CTCBestPath.path(posteriors)
            #expect(found.map(\.label) == ColumnPosteriors.reading(path, blank: 3), "\(path)")
            for label in found {
                #expect(label.columns.allSatisfy { path[$0] == label.label }, "\(path)")
                #expect(label.columns.lowerBound == 0 || path[label.columns.lowerBound - 1] != label.label, "\(path)")
            }
        }
        #expect(CTCBestPath.labels(ColumnPosteriors(labelCount: 4)) == [])
    }
}
