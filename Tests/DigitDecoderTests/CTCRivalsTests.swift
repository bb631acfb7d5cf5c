import Foundation
import Testing

@testable import DigitDecoder

/// Rivals by reusing the sums of one alignment, against a lattice for each of them.
@Suite struct CTCRivalsTests {
    private struct Naive {
        var labels: [Int]
        var posteriors: ColumnPosteriors
        var given: Double

        init(_ labels: [Int], _ posteriors: ColumnPosteriors) {
            self.labels = labels
            self.posteriors = posteriors
            given = CTCLogSums.logProbability(of: labels, in: posteriors)
        }

        func ratio(_ sequence: [Int]) -> Double {
            exp(CTCLogSums.logProbability(of: sequence, in: posteriors) - given)
        }

        func instead(_ place: Int, _ label: Int) -> Double {
            var rival = labels
            rival[place] = label
            return ratio(rival)
        }

        /// All places of a sequence by which it is the given one with one label less or more, found by trying: each
        /// distinct sequence is divided equally among the labels that it speaks against.
        func absent(_ place: Int) -> Double {
            let rival = removing(place)
            return ratio(rival) / Double(labels.indices.count { removing($0) == rival })
        }

        func added(_ place: Int) -> (doubled: Double, beside: Double) {
            var doubled = 0.0
            var beside = 0.0
            var seen: Set<[Int]> = []
            for gap in [place, place + 1] {
                for label in 0..<posteriors.blank {
                    let rival = inserting(label, gap)
                    guard seen.insert(rival).inserted else { continue }
                    let gaps = (0...labels.count).filter { inserting(label, $0) == rival }
                    let bearers = Set(gaps.flatMap { [$0 - 1, $0] }).intersection(labels.indices)
                    let twins = bearers.filter { labels[$0] == label }
                    if twins.isEmpty {
                        beside += ratio(rival) / Double(bearers.count)
                    } else if twins.contains(place) {
                        doubled += ratio(rival) / Double(twins.count)
                    }
                }
            }
            return (doubled, beside)
        }

        private func removing(_ place: Int) -> [Int] {
            var rival = labels
            rival.remove(at: place)
            return rival
        }

        private func inserting(_ label: Int, _ gap: Int) -> [Int] {
            var rival = labels
            rival.insert(label, at: gap)
            return rival
        }
    }

    /// Beyond 1e60 the share is 0 either way.
    private func isNear(_ a: Double, _ b: Double) -> Bool {
        max(a, b) > 1e60 || abs(a - b) <= 1e-7 * max(a, b) + 1e-12
    }

    @Test(arguments: [Float(0.5), 3, 10, 40]) func rivalsAreThoseOfSeparateLattices(_ spread: Float) {
        var generator = Seeded(spread.bitPattern)
        var alignment = CTCAlignment()
        var rivals = CTCRivals()
        for seed in 0..<60 {
            let columns = Int.random(in: 1...14, using: &generator)
            let labelCount = Int.random(in: 3...6, using: &generator)
            let posteriors = ColumnPosteriors.random(
                columns: columns, labels: labelCount, spread: spread, &generator)
            // Seldom likely, often with equal neighbours, and often as long as the columns allow.
            let count = Int.random(in: 0...min(columns, 7), using: &generator)
            let labels = (0..<count).map { _ in Int.random(in: 0..<min(labelCount - 1, 3), using: &generator) }
            guard alignment.align(labels, to: posteriors) > -.infinity else { continue }
            rivals.weigh(alignment)
            let naive = Naive(labels, posteriors)
            #expect(rivals.places.map(\.label) == labels, "\(seed)")
            for (place, found) in rivals.places.enumerated() {
                let name = "spread \(spread), seed \(seed), \(labels) in \(columns), place \(place)"
                let instead = (0..<labelCount - 1).map { naive.instead(place, $0) }
                #expect(
                    instead.indices.allSatisfy { isNear(found.instead[$0], instead[$0]) },
                    "\(name), \(found.instead), not \(instead)")
                #expect((labelCount - 1..<16).allSatisfy { found.instead[$0] == 0 }, "\(name)")
                let added = naive.added(place)
                #expect(isNear(found.absent, naive.absent(place)), "\(name), absent")
                #expect(isNear(found.doubled, added.doubled), "\(name), doubled")
                #expect(isNear(found.beside, added.beside), "\(name), beside")
                let all = (0..<labelCount - 1).reduce(0) { $0 + found.instead[$1] }
                let share = 1 / (all + found.absent + found.doubled + found.beside)
                #expect(isNear(found.share(of: found.label), share), "\(name), share")
            }
        }
    }

    @Test func sharesAreProbabilities_howeverUnlikelyTheSequence() {
        var generator = Seeded(9)
        var alignment = CTCAlignment()
        var rivals = CTCRivals()
        for spread in [Float(1), 100, 10_000] {
            for _ in 0..<20 {
                let posteriors = ColumnPosteriors.random(columns: 60, labels: 13, spread: spread, &generator)
                let labels = (0..<20).map { _ in Int.random(in: 0..<12, using: &generator) }
                alignment.align(labels, to: posteriors)
                rivals.weigh(alignment)
                for place in rivals.places {
                    let shares = (0..<12).map { place.share(of: $0) }
                    #expect(shares.allSatisfy { (0...1).contains($0) }, "\(spread)")
                    #expect(shares.reduce(0, +) <= 1 + 1e-9, "\(spread)")
                }
            }
        }
    }

    @Test func emptySequenceHasNoPlaces() {
        var generator = Seeded(10)
        let posteriors = ColumnPosteriors.random(columns: 5, labels: 13, spread: 1, &generator)
        var alignment = CTCAlignment()
        var rivals = CTCRivals()
        alignment.align([3], to: posteriors)
        rivals.weigh(alignment)
        #expect(rivals.places.count == 1)
        alignment.align([], to: posteriors)
        rivals.weigh(alignment)
        #expect(rivals.places == [])
    }
}
