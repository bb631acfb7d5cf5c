import DigitDecoder
import Foundation

/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    init(_ seed: some BinaryInteger) { state = UInt64(truncatingIfNeeded: seed) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension ColumnPosteriors {
    /// Random ones: the larger the spread, the peakier.
    static func random(columns: Int, labels: Int, spread: Float, _ generator: inout Seeded) -> ColumnPosteriors {
        let logits = (0..<columns * labels).map { _ in Float.random(in: -spread...spread, using: &generator) }
        return ColumnPosteriors(logits: logits, labelCount: labels)
    }

    /// The probability of each label sequence, by going through all paths.
    func enumerated() -> [[Int]: Double] {
        var sums: [[Int]: Double] = [:]
        forEachPath { path, probability in sums[Self.reading(path, blank: blank), default: 0] += probability }
        return sums
    }

    /// All paths with their probabilities.
    func forEachPath(_ body: ([Int], Double) -> Void) {
        var path = Array(repeating: 0, count: columnCount)
        while true {
            let logarithm = path.enumerated().reduce(0.0) { $0 + self[$1.offset, $1.element] }
            body(path, exp(logarithm))
            guard let place = path.indices.last(where: { path[$0] < labelCount - 1 }) else { return }
            path[place] += 1
            for index in place + 1..<max(columnCount, place + 1) { path[index] = 0 }
        }
    }

    /// A path without repetitions and blanks.
    static func reading(_ path: [Int], blank: Int) -> [Int] {
        var labels: [Int] = []
        var previous = blank
        for label in path {
            if label != previous, label != blank { labels.append(label) }
            previous = label
        }
        return labels
    }
}

/// Logits of an utterance as a sure network gives them.
struct Scene {
    var logits: [Float] = []
    var columnCount: Int { logits.count / UtteranceLabel.labelCount }

    /// Columns in which the labels have these probabilities, and the blank the rest.
    mutating func add(_ columns: Int = 1, _ probabilities: [UtteranceLabel: Double] = [:]) {
        let rest = 1 - probabilities.values.reduce(0, +)
        for _ in 0..<columns {
            for label in UtteranceLabel.allCases {
                let probability = label == .blank ? rest : probabilities[label] ?? 0
                logits.append(Float(log(max(probability, 1e-7))))
            }
        }
    }

    /// One column of a label between blanks.
    mutating func say(_ label: UtteranceLabel, _ probability: Double = 0.999) {
        add(4)
        add(1, [label: probability])
        add(4)
    }
}
