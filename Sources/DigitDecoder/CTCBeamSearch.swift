import Glibc

/// Prefix beam search: the label sequences that are likeliest over all their alignments.
///
/// A prefix carries the log probabilities of the paths that end in its last label and of those that end in a blank, column by
/// column; equal prefixes are summed, and the best `width` go on. There is no language model. Source: Graves, "Supervised
/// sequence labelling with recurrent neural networks" (2012), section 7.5.3; Hannun et al., "First-pass large vocabulary
/// continuous speech recognition using bi-directional recurrent DNNs" (2014), algorithm 1.
///
/// A search costs about `columns * width` sums, and more only where several labels are probable at once. The buffers are kept, so
/// that the next search does not allocate. Equal scores are ordered by what was found first: the same input gives the same
/// output.
public struct CTCBeamSearch: Sendable {
    /// How wide to search.
    public struct Parameters: Sendable, Equatable {
        /// Prefixes kept after each column, at least 1.
        public var width: Int
        /// A label less probable than this in a column begins nothing there; a natural logarithm.
        public var logProbabilityMinimum: Double
        /// Added to a sequence's score for each label in it, by label, in nats: over 0 for more of them, below for fewer. Empty for
        /// none.
        public var insertionBonus: [Double]

        /// A search of 16 prefixes that passes over labels below 1 in 100,000, and without a bonus.
        public init(width: Int = 16, logProbabilityMinimum: Double = -11.5, insertionBonus: [Double] = []) {
            self.width = width
            self.logProbabilityMinimum = logProbabilityMinimum
            self.insertionBonus = insertionBonus
        }
    }

    /// A sequence with its score.
    public struct Hypothesis: Sendable, Equatable {
        /// Indices of its labels, without blanks.
        public var labels: [Int]
        /// The log probability of the alignments that were kept, at most that of all, with the bonus of its labels.
        public var score: Double
    }

    /// A node of the tree of prefixes. The nodes of a search are never removed: there are few.
    private struct Prefix {
        var parent: Int
        var label: Int
        var firstChild = -1
        var nextSibling = -1
        /// Its place in `candidates`, where `column` is the present one.
        var candidate = -1
        var column = -1
    }

    /// A prefix in the beam.
    private struct Entry {
        var prefix: Int
        /// Log probability of the paths that end in a blank, and in the last label.
        var inBlank = -Double.infinity
        var inLabel = -Double.infinity
        var score: Double { logAdd(inBlank, inLabel) }
    }

    private let parameters: Parameters
    private var prefixes: [Prefix] = []
    private var beam: [Entry] = []
    private var candidates: [Entry] = []
    private var best: [(score: Double, candidate: Int)] = []

    /// A search to be used again and again.
    public init(_ parameters: Parameters = Parameters()) {
        precondition(parameters.width >= 1, "a beam of one prefix at least")
        self.parameters = parameters
    }

    /// Sequences kept by the last search, at most `width`.
    public var hypothesisCount: Int { beam.count }

    /// The score of a sequence of the last search; 0 is the best one's index.
    public func score(_ hypothesis: Int) -> Double { beam[hypothesis].score }

    /// Writes the labels of a sequence of the last search, in order.
    public func labels(_ hypothesis: Int, into labels: inout [Int]) {
        labels.removeAll(keepingCapacity: true)
        var prefix = beam[hypothesis].prefix
        while prefix > 0 {
            labels.append(prefixes[prefix].label)
            prefix = prefixes[prefix].parent
        }
        labels.reverse()
    }

    /// The sequences of a search, best first.
    public mutating func hypotheses(_ posteriors: ColumnPosteriors) -> [Hypothesis] {
        search(posteriors)
        return (0..<hypothesisCount).map { hypothesis in
            var labels: [Int] = []
            self.labels(hypothesis, into: &labels)
            return Hypothesis(labels: labels, score: score(hypothesis))
        }
    }

    /// Searches an utterance; the sequences are then here to read.
    public mutating func search(_ posteriors: ColumnPosteriors) {
        precondition(
            parameters.insertionBonus.isEmpty || parameters.insertionBonus.count >= posteriors.blank,
            "a bonus for each label")
        prefixes.removeAll(keepingCapacity: true)
        prefixes.append(Prefix(parent: -1, label: -1))
        beam.removeAll(keepingCapacity: true)
        beam.append(Entry(prefix: 0, inBlank: 0))
        for column in 0..<posteriors.columnCount {
            candidates.removeAll(keepingCapacity: true)
            for entry in beam { goOn(entry, column, posteriors) }
            keepBest()
        }
    }

    /// All that a prefix becomes in one more column.
    private mutating func goOn(_ entry: Entry, _ column: Int, _ posteriors: ColumnPosteriors) {
        let total = entry.score
        let last = prefixes[entry.prefix].label
        let same = candidate(entry.prefix, column)
        candidates[same].inBlank = logAdd(candidates[same].inBlank, total + posteriors[column, posteriors.blank])
        if last >= 0 {
            candidates[same].inLabel = logAdd(candidates[same].inLabel, entry.inLabel + posteriors[column, last])
        }
        for label in 0..<posteriors.blank {
            let logProbability = posteriors[column, label]
            guard logProbability >= parameters.logProbabilityMinimum else { continue }
            // The same label again is a new one only behind a blank.
            let before = label == last ? entry.inBlank : total
            guard before > -.infinity else { continue }
            let next = candidate(child(entry.prefix, label), column)
            let bonus = parameters.insertionBonus.isEmpty ? 0 : parameters.insertionBonus[label]
            candidates[next].inLabel = logAdd(candidates[next].inLabel, before + logProbability + bonus)
        }
    }

    /// The place of a prefix among this column's candidates.
    private mutating func candidate(_ prefix: Int, _ column: Int) -> Int {
        if prefixes[prefix].column != column {
            prefixes[prefix].column = column
            prefixes[prefix].candidate = candidates.count
            candidates.append(Entry(prefix: prefix))
        }
        return prefixes[prefix].candidate
    }

    /// The prefix that has one label more.
    private mutating func child(_ prefix: Int, _ label: Int) -> Int {
        var child = prefixes[prefix].firstChild
        while child >= 0, prefixes[child].label != label { child = prefixes[child].nextSibling }
        if child < 0 {
            child = prefixes.count
            prefixes.append(Prefix(parent: prefix, label: label, nextSibling: prefixes[prefix].firstChild))
            prefixes[prefix].firstChild = child
        }
        return child
    }

    /// Makes the best candidates the beam, best first: insertion into a short sorted list.
    private mutating func keepBest() {
        best.removeAll(keepingCapacity: true)
        for index in candidates.indices {
            let score = candidates[index].score
            if best.count == parameters.width {
                guard score > best[best.count - 1].score else { continue }
                best.removeLast()
            }
            var place = best.count
            while place > 0, best[place - 1].score < score { place -= 1 }
            best.insert((score, index), at: place)
        }
        beam.removeAll(keepingCapacity: true)
        for (_, index) in best { beam.append(candidates[index]) }
    }
}
