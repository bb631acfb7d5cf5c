import Testing

@testable import DigitRecognizer

@Suite struct RunSearchTests {
    /// The best path by trying all; nil where there is none.
    private static func bruteForce(_ weights: [[Float]]) -> (path: [Int], score: Float)? {
        let last = weights.count - 1
        var best: (path: [Int], score: Float)?
        for chosen in 0..<(1 << max(0, last - 1)) {
            let path = [0] + (1..<last).filter { chosen >> ($0 - 1) & 1 == 1 } + [last]
            // In the search's order, so that sums round alike.
            let score = zip(path, path.dropFirst()).reduce(Float(0)) { $0 + weights[$1.0][$1.1] }
            if score > -.infinity, score > best?.score ?? -.infinity { best = (path, score) }
        }
        return best
    }

    private static func score(_ path: [Int], _ weights: [[Float]]) -> Float {
        zip(path, path.dropFirst()).reduce(Float(0)) { $0 + weights[$1.0][$1.1] }
    }

    @Test func findsTheBestOfAllPaths_andWeighsOnlySomeEdges() {
        var random = SplitMix64(seed: 3)
        var edges = 0
        var weighed = 0
        for round in 0..<500 {
            let count = Int.random(in: 2...9, using: &random)
            var weights = Array(repeating: Array(repeating: -Float.infinity, count: count), count: count)
            var search = RunSearch(nodeCount: count)
            for from in 0..<count - 1 {
                for to in from + 1..<count where Int.random(in: 0..<5, using: &random) > 0 {
                    // Now and then an edge turns out to be impossible.
                    let isPossible = Int.random(in: 0..<6, using: &random) > 0
                    weights[from][to] = isPossible ? -Float.random(in: 0...4, using: &random) : -.infinity
                    let slack = Float.random(in: 0...2, using: &random)
                    search.addEdge(from: from, to: to, bound: isPossible ? weights[from][to] + slack : 0)
                    edges += 1
                }
            }
            var steps = 0
            search: while true {
                steps += 1
                #expect(steps <= count * count, "round \(round) does not end")
                switch search.next() {
                case .weigh(let from, let to):
                    weighed += 1
                    search.setWeight(from: from, to: to, weights[from][to])
                case .best(let path, let score):
                    let expected = Self.bruteForce(weights)
                    #expect(abs(score - Self.score(path, weights)) < 1e-5, "round \(round)")
                    #expect(abs(score - (expected?.score ?? .nan)) < 1e-5, "round \(round): \(path), \(weights)")
                    break search
                case .none:
                    #expect(Self.bruteForce(weights) == nil, "round \(round): \(weights)")
                    break search
                }
                if steps > count * count { break }
            }
        }
        #expect(weighed < edges * 3 / 4, "\(weighed) of \(edges)")
    }

    @Test func ofEqualPathsTheOneWithFewerNodesIsTaken() {
        var search = RunSearch(nodeCount: 3)
        search.setWeight(from: 0, to: 1, 0)
        search.setWeight(from: 1, to: 2, 0)
        search.setWeight(from: 0, to: 2, 0)
        #expect(search.next() == .best([0, 2], score: 0))
    }

    @Test func latticeWithoutEdgesHasNoPath() {
        #expect(RunSearch(nodeCount: 2).next() == .none)
    }
}

/// A small generator with a seed, so that a failing case can be run again.
struct SplitMix64: RandomNumberGenerator {
    var state: UInt64
    init(seed: UInt64) { state = seed }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}
