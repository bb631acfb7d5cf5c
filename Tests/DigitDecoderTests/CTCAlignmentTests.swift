import Foundation
import Testing

@testable import DigitDecoder

@Suite struct CTCAlignmentTests {
    /// Probabilities and occupancies of all sequences, by going through all paths.
    private struct Truth {
        var probabilities: [[Int]: Double] = [:]
        /// [labels of the sequence][columns], not yet divided by the probability.
        var occupancies: [[Int]: [Double]] = [:]

        init(_ posteriors: ColumnPosteriors) {
            posteriors.forEachPath { path, probability in
                let labels = ColumnPosteriors.reading(path, blank: posteriors.blank)
                probabilities[labels, default: 0] += probability
                var index = -1
                var previous = posteriors.blank
                for (column, label) in path.enumerated() where label != posteriors.blank || previous != label {
                    if label != previous, label != posteriors.blank { index += 1 }
                    previous = label
                    guard label != posteriors.blank else { continue }
                    let none = Array(repeating: 0.0, count: labels.count * path.count)
                    occupancies[labels, default: none][index * path.count + column] += probability
                }
            }
        }
    }

    @Test(arguments: [Float(0.5), 3, 10]) func probabilitiesAndOccupanciesAreThoseOfAllPaths(_ spread: Float) {
        var generator = Seeded(spread.bitPattern)
        var alignment = CTCAlignment()
        for (columns, labels) in [(1, 4), (2, 4), (3, 4), (4, 4), (5, 4), (6, 3), (7, 3)] {
            let posteriors = ColumnPosteriors.random(columns: columns, labels: labels, spread: spread, &generator)
            let truth = Truth(posteriors)
            for (sequence, probability) in truth.probabilities {
                let found = alignment.align(sequence, to: posteriors)
                #expect(abs(found - log(probability)) < 1e-9, "\(columns) \(labels) \(sequence)")
                #expect(abs(CTCLogSums.logProbability(of: sequence, in: posteriors) - found) < 1e-9)
                let occupancies = sequence.indices.flatMap { index in
                    (0..<columns).map { alignment.occupancy(index, column: $0) }
                }
                let expected = (truth.occupancies[sequence] ?? []).map { $0 / probability }
                #expect(
                    zip(occupancies, expected).allSatisfy { abs($0 - $1) < 1e-9 },
                    "\(columns) \(labels) \(sequence): \(occupancies), not \(expected)")
            }
        }
    }

    @Test func sequenceThatDoesNotFitIsImpossible() {
        var generator = Seeded(2)
        let posteriors = ColumnPosteriors.random(columns: 3, labels: 4, spread: 1, &generator)
        var alignment = CTCAlignment()
        #expect(alignment.align([0, 1, 2], to: posteriors) > -.infinity)
        #expect(alignment.align([0, 0, 2], to: posteriors) == -.infinity)
        #expect(alignment.spans == [])
        #expect(alignment.align([0, 1, 2, 0], to: posteriors) == -.infinity)
        #expect(alignment.align([0], to: ColumnPosteriors(labelCount: 4)) == -.infinity)
        #expect(alignment.align([], to: ColumnPosteriors(labelCount: 4)) == 0)
    }

    @Test func spanIsWhereTheLabelPeaks() {
        var scene = Scene()
        scene.add(5)
        scene.add(1, [.seven: 0.3])
        scene.add(1, [.seven: 0.99])
        scene.add(1, [.seven: 0.6])
        scene.add(9)
        scene.add(1, [.seven: 0.99])
        scene.add(1)
        var alignment = CTCAlignment()
        alignment.align([7, 7], to: ColumnPosteriors(logits: scene.logits))
        #expect(alignment.spans.map(\.peak) == [6, 17])
        #expect(alignment.spans.map(\.columns) == [5..<8, 17..<18])
    }

    @Test func sharedColumnGoesToTheLabelThatHasMoreOfIt() {
        for (seven, spans) in [(0.35, [5..<6, 6..<8]), (0.6, [5..<7, 7..<8])] {
            var scene = Scene()
            scene.add(5)
            scene.add(1, [.seven: 0.98])
            scene.add(1, [.seven: seven, .one: 0.95 - seven])
            scene.add(1, [.one: 0.98])
            scene.add(5)
            var alignment = CTCAlignment()
            alignment.align([7, 1], to: ColumnPosteriors(logits: scene.logits))
            #expect(alignment.spans.map(\.columns) == spans, "\(seven)")
        }
    }

    /// Paths whose beginnings and ends differ by more than a `Double` holds: against sums in the log domain.
    @Test(arguments: [Float(30), 100, 300]) func veryImprobableSequenceIsAlignedAsWell(_ spread: Float) {
        var generator = Seeded(spread.bitPattern)
        var alignment = CTCAlignment()
        for seed in 0..<20 {
            let posteriors = ColumnPosteriors.random(columns: 40, labels: 6, spread: spread, &generator)
            let labels = (0..<15).map { _ in Int.random(in: 0..<5, using: &generator) }
            let found = alignment.align(labels, to: posteriors)
            #expect(found < -100)
            let expected = CTCLogSums.logProbability(of: labels, in: posteriors)
            #expect(abs(found - expected) < 1e-6, "\(seed)")
            var forward: [Double] = []
            var backward: [Double] = []
            CTCLogSums.forward(labels, posteriors, into: &forward)
            CTCLogSums.backward(labels, posteriors, into: &backward)
            let errors = labels.indices.flatMap { index in
                (0..<40).map { column in
                    let cell = column * 31 + 2 * index + 1
                    return abs(
                        alignment.occupancy(index, column: column) - exp(forward[cell] + backward[cell] - expected))
                }
            }
            #expect(errors.allSatisfy { $0 < 1e-6 }, "\(seed): \(errors.max() ?? 0)")
        }
    }

    /// A label that is there twice, where the sequence has it once: it is passed over here, or there, or what lies
    /// between is. In the middle these paths are exp(1000) apart, and in the end equal.
    @Test func pathsThatAreFarApartInTheMiddleAreAllCounted() {
        let label: [Float] = Array(repeating: [1000, 0], count: 5).flatMap { $0 }
        let blank: [Float] = Array(repeating: [0, 1000], count: 5).flatMap { $0 }
        let posteriors = ColumnPosteriors(logits: label + blank + label, labelCount: 2)
        var alignment = CTCAlignment()
        let found = alignment.align([0], to: posteriors)
        #expect(abs(found - CTCLogSums.logProbability(of: [0], in: posteriors)) < 1e-9)
        #expect(abs(found - (-1000 + log(3))) < 1e-9)
    }

    /// However blurred: in order, apart, inside the utterance, each around its peak.
    @Test func spansOfAnySequenceAreInOrderAndApart() {
        var generator = Seeded(3)
        var alignment = CTCAlignment()
        for seed in 0..<300 {
            let columns = Int.random(in: 1...30, using: &generator)
            let posteriors = ColumnPosteriors.random(
                columns: columns, labels: 4, spread: Float(seed % 6) * 2, &generator)
            let count = Int.random(in: 0...columns, using: &generator)
            let labels = (0..<count).map { _ in Int.random(in: 0..<3, using: &generator) }
            guard alignment.align(labels, to: posteriors) > -.infinity else { continue }
            #expect(alignment.spans.count == count, "\(seed)")
            var end = 0
            for span in alignment.spans {
                #expect(span.columns.contains(span.peak), "\(seed)")
                #expect(span.columns.lowerBound >= end, "\(seed)")
                end = span.columns.upperBound
            }
            #expect(end <= columns, "\(seed)")
        }
    }

    @Test(arguments: [4, 8]) func columnsAreCentredOnTheirFrames(_ stride: Int) {
        let span = LabelSpan(columns: 2..<4, peak: 3)
        let frames = span.frames(framesPerColumn: stride, frameCount: 1000)
        #expect(frames == 2 * stride - stride / 2..<3 * stride + stride / 2)
        let first = LabelSpan(columns: 0..<1, peak: 0)
        #expect(first.frames(framesPerColumn: stride, frameCount: 1000) == 0..<stride / 2)
        #expect(span.frames(framesPerColumn: stride, frameCount: 2 * stride + 1).upperBound == 2 * stride + 1)
    }

    @Test func singleLabelsHaveTheProbabilitiesOfTheirSequences() {
        var generator = Seeded(4)
        for spread in [Float(1), 10, 100] {
            for columns in [1, 2, 7, 40] {
                let posteriors = ColumnPosteriors.random(columns: columns, labels: 5, spread: spread, &generator)
                var found: [Double] = []
                CTCSingleLabel.logProbabilities(posteriors, into: &found)
                #expect(found.count == 4)
                for label in 0..<4 {
                    let expected = CTCLogSums.logProbability(of: [label], in: posteriors)
                    #expect(abs(found[label] - expected) < 1e-6, "\(spread) \(columns) \(label)")
                }
            }
        }
    }
}
