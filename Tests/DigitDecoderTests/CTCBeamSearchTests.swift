import Foundation
import Testing

@testable import DigitDecoder

@Suite struct CTCBeamSearchTests {
    private static let exact = CTCBeamSearch.Parameters(
        width: 10_000, logProbabilityMinimum: -1000, scoreSpread: .infinity)

    @Test(arguments: [Float(0.5), 2, 6]) func wideSearchFindsAllSequencesWithTheirProbabilities(_ spread: Float) {
        var generator = Seeded(spread.bitPattern)
        for columns in 0...6 {
            for labels in 3...4 {
                let posteriors = ColumnPosteriors.random(
                    columns: columns, labels: labels, spread: spread, &generator)
                let truth = posteriors.enumerated()
                var search = CTCBeamSearch(Self.exact)
                let found = search.hypotheses(posteriors)
                #expect(Set(found.map(\.labels)) == Set(truth.keys), "\(columns) \(labels)")
                for hypothesis in found {
                    let expected = log(truth[hypothesis.labels] ?? 0)
                    #expect(abs(hypothesis.score - expected) < 1e-9, "\(columns) \(labels) \(hypothesis)")
                }
                #expect(zip(found, found.dropFirst()).allSatisfy { $0.score >= $1.score }, "\(columns) \(labels)")
            }
        }
    }

    @Test func bonusIsAddedForEachLabel() {
        var generator = Seeded(3)
        let posteriors = ColumnPosteriors.random(columns: 5, labels: 4, spread: 1, &generator)
        let bonus = [0.5, -1, 0.25]
        var parameters = Self.exact
        parameters.insertionBonus = bonus
        var search = CTCBeamSearch(parameters)
        let truth = posteriors.enumerated()
        for hypothesis in search.hypotheses(posteriors) {
            let expected = log(truth[hypothesis.labels] ?? 0) + hypothesis.labels.reduce(0) { $0 + bonus[$1] }
            #expect(abs(hypothesis.score - expected) < 1e-9, "\(hypothesis)")
        }
    }

    /// With a beam as wide as the daemon's, on columns that are far from sure.
    @Test func usualWidthFindsTheBestSequence_nearlyAlways() {
        var generator = Seeded(4)
        var missed = 0
        for _ in 0..<60 {
            let posteriors = ColumnPosteriors.random(columns: 5, labels: 4, spread: 2.5, &generator)
            var search = CTCBeamSearch()
            let truth = posteriors.enumerated().max { $0.value < $1.value }
            if search.hypotheses(posteriors).first?.labels != truth?.key { missed += 1 }
        }
        #expect(missed <= 3, "of 60")
    }

    @Test func sumOverAlignmentsBeatsTheBestPath() {
        // Graves (2012), figure 7.3: each column is a blank most probably, but "0" has more paths.
        let row = [Float(log(0.4)), Float(log(0.6))]
        let posteriors = ColumnPosteriors(logits: row + row, labelCount: 2)
        var search = CTCBeamSearch()
        #expect(CTCBestPath.labels(posteriors) == [])
        #expect(search.hypotheses(posteriors).map(\.labels) == [[0], []])
    }

    @Test func peakyColumnsReadAsTheBestPath() {
        var generator = Seeded(5)
        for seed in 0..<100 {
            var scene = Scene()
            var labels: [UtteranceLabel] = []
            for _ in 0..<Int.random(in: 0...12, using: &generator) {
                scene.add(Int.random(in: 1...6, using: &generator))
                let label = UtteranceLabel.allCases.dropLast().randomElement(using: &generator)!
                labels.append(label)
                scene.add(Int.random(in: 1...3, using: &generator), [label: 0.98])
            }
            let posteriors = ColumnPosteriors(logits: scene.logits)
            var search = CTCBeamSearch()
            let found = search.hypotheses(posteriors)
            #expect(found.first?.labels == labels.map(\.rawValue), "\(seed)")
            #expect(found.first?.labels == CTCBestPath.labels(posteriors), "\(seed)")
        }
    }

    @Test func searchDependsOnNothingButItsInput_andOrdersEqualsAlike() {
        var generator = Seeded(6)
        var used = CTCBeamSearch()
        for columns in [30, 3, 60, 1, 20] {
            // Few values, so that many scores are equal.
            let logits = (0..<columns * 13).map { _ in Float(Int.random(in: 0...1, using: &generator)) }
            let posteriors = ColumnPosteriors(logits: logits)
            var fresh = CTCBeamSearch()
            #expect(used.hypotheses(posteriors) == fresh.hypotheses(posteriors), "\(columns)")
        }
        let equal = ColumnPosteriors(logits: [0, 0, 0], labelCount: 3)
        #expect(used.hypotheses(equal).map(\.labels) == [[], [0], [1]])
    }
}
