/// The likeliest of what a search's label sequences mean.
///
/// Several sequences mean the same: zero may be "oh", and it does not matter how many other words stand side by side.
/// Apart, each of them may lose against a sequence that is less probable than all together.
struct BestReading: Sendable {
    private var labels: [Int] = []
    /// The readings one after the other, and where each ends.
    private var readings: [Int] = []
    private var ends: [Int] = []
    /// By reading: the score of all its sequences, and the first of these, which is the best.
    private var scores: [Double] = []
    private var hypotheses: [Int] = []

    /// The best sequence of the best reading; the first of equals.
    mutating func best(_ search: borrowing CTCBeamSearch) -> Int {
        readings.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        scores.removeAll(keepingCapacity: true)
        hypotheses.removeAll(keepingCapacity: true)
        for hypothesis in 0..<search.hypothesisCount {
            search.labels(hypothesis, into: &labels)
            let start = readings.count
            appendReading()
            if let known = index(of: start..<readings.count) {
                scores[known] = logAdd(scores[known], search.score(hypothesis))
                readings.removeSubrange(start...)
            } else {
                ends.append(readings.count)
                scores.append(search.score(hypothesis))
                hypotheses.append(hypothesis)
            }
        }
        var best = 0
        for reading in scores.indices where scores[reading] > scores[best] { best = reading }
        return hypotheses[best]
    }

    private mutating func appendReading() {
        var previous = -1
        for label in labels {
            let meaning = label == UtteranceLabel.oh.rawValue ? UtteranceLabel.zero.rawValue : label
            if meaning == UtteranceLabel.other.rawValue, previous == meaning { continue }
            readings.append(meaning)
            previous = meaning
        }
    }

    private func index(of reading: Range<Int>) -> Int? {
        var start = 0
        for (index, end) in ends.enumerated() {
            if end - start == reading.count, readings[start..<end].elementsEqual(readings[reading]) { return index }
            start = end
        }
        return nil
    }
}
