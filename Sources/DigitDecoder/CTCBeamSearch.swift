import Glibc

/// Prefix beam search: the label sequences that are likeliest over all their alignments.
///
/// A prefix carries the log probabilities of the paths that end in its last label and of those that end in a blank,
/// column by column; equal prefixes are summed, and the best `width` go on. There is no language model. Source: Graves,
/// "Supervised sequence labelling with recurrent neural networks" (2012), section 7.5.3; Hannun et al., "First-pass
/// large vocabulary continuous speech recognition using bi-directional recurrent DNNs" (2014), algorithm 1.
///
/// A search costs about `columns * width` sums, and more only where several labels are probable at once. The buffers
/// are kept, so that the next search does not allocate. Equal scores are ordered by what was found first: the same
/// input gives the same output.
public struct CTCBeamSearch: Sendable {
    /// How wide to search.
    public struct Parameters: Sendable, Equatable {
        /// Prefixes kept after each column, at least 1.
        public var width: Int
        /// A label less probable than this in a column begins nothing there; a natural logarithm.
        public var logProbabilityMinimum: Double
        /// A prefix that is less probable than the best one by more than this goes no further; in nats, at least 1.
        /// Where the network is sure, few prefixes are left.
        public var scoreSpread: Double
        /// Added to a sequence's score for each label in it, by label, in nats: over 0 for more of them, below for
        /// fewer. Empty for none.
        public var insertionBonus: [Double]

        /// A search of 16 prefixes that passes over labels below 1 in 10,000 and over prefixes below 1 in 160,000 of
        /// the best one, and without a bonus.
        public init(
            width: Int = 16, logProbabilityMinimum: Double = -9.2, scoreSpread: Double = 12,
            insertionBonus: [Double] = []
        ) {
            self.width = width
            self.logProbabilityMinimum = logProbabilityMinimum
            self.scoreSpread = scoreSpread
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
        /// Its place in the beam, where `column` is the present one.
        var place = -1
        var column = -1
    }

    /// A prefix in the beam, or one that may come into it.
    private struct Entry {
        var prefix: Int
        /// The label that a new prefix has more than `prefix`; -1 for an old one.
        var label = -1
        /// Log probability of the paths that end in a blank, in the last label, and of both.
        var inBlank = -Double.infinity
        var inLabel = -Double.infinity
        var score = -Double.infinity
    }

    private let parameters: Parameters
    private var prefixes: [Prefix] = []
    private var beam: [Entry] = []
    /// The best candidates for the next beam, best first.
    private var best: [Entry] = []
    /// The labels that may begin in this column, with what they add to a score.
    private var beginnings: [(label: Int, score: Double)] = []
    /// A prefix of this column with a lower score goes no further.
    private var least = -Double.infinity
    /// By place in the beam: the labels of the prefix's children there, a bit each.
    private var children: [UInt64] = []

    /// A search to be used again and again.
    public init(_ parameters: Parameters = Parameters()) {
        precondition(parameters.width >= 1, "a beam of one prefix at least")
        precondition(parameters.scoreSpread >= 1, "room for the best prefix itself")
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
        precondition(posteriors.blank <= UInt64.bitWidth, "a bit for each label")
        precondition(
            parameters.insertionBonus.isEmpty || parameters.insertionBonus.count >= posteriors.blank,
            "a bonus for each label")
        prefixes.removeAll(keepingCapacity: true)
        prefixes.append(Prefix(parent: -1, label: -1))
        beam.removeAll(keepingCapacity: true)
        beam.append(Entry(prefix: 0, inBlank: 0, score: 0))
        for column in 0..<posteriors.columnCount {
            findBeginnings(column, posteriors)
            findPlaces(column)
            best.removeAll(keepingCapacity: true)
            for place in beam.indices { goOn(place, column, posteriors) }
            for place in beam.indices { begin(place) }
            keepBest()
        }
    }

    /// The labels that may begin in a column.
    private mutating func findBeginnings(_ column: Int, _ posteriors: ColumnPosteriors) {
        beginnings.removeAll(keepingCapacity: true)
        var most = posteriors[column, posteriors.blank]
        for label in 0..<posteriors.blank {
            let logProbability = posteriors[column, label]
            guard logProbability >= parameters.logProbabilityMinimum else { continue }
            let score = logProbability + bonus(label)
            beginnings.append((label, score))
            most = max(most, score)
        }
        // What the best prefix becomes will be about as good as this.
        least = beam[0].score + most - parameters.scoreSpread
    }

    /// Notes where each prefix is in the beam, and which of its children are there too.
    private mutating func findPlaces(_ column: Int) {
        children.removeAll(keepingCapacity: true)
        for place in beam.indices {
            prefixes[beam[place].prefix].place = place
            prefixes[beam[place].prefix].column = column
            children.append(0)
        }
        for entry in beam {
            guard let parent = placeOfParent(entry.prefix, column) else { continue }
            children[parent] |= 1 << UInt64(prefixes[entry.prefix].label)
        }
    }

    private func placeOfParent(_ prefix: Int, _ column: Int) -> Int? {
        let parent = prefixes[prefix].parent
        return parent >= 0 && prefixes[parent].column == column ? prefixes[parent].place : nil
    }

    /// What a prefix of the beam is after one more column: with its paths, and those of its parent that come to the
    /// same.
    private mutating func goOn(_ place: Int, _ column: Int, _ posteriors: ColumnPosteriors) {
        var entry = beam[place]
        let last = prefixes[entry.prefix].label
        if last >= 0 {
            var before = entry.inLabel
            if let parent = placeOfParent(entry.prefix, column) {
                before = logAdd(before, beforeBeginning(last, beam[parent]) + bonus(last))
            }
            entry.inLabel = before + posteriors[column, last]
        }
        entry.inBlank = entry.score + posteriors[column, posteriors.blank]
        entry.score = logAdd(entry.inBlank, entry.inLabel)
        consider(entry)
    }

    /// The new prefixes of one label more.
    private mutating func begin(_ place: Int) {
        let entry = beam[place]
        for (label, score) in beginnings where children[place] & (1 << UInt64(label)) == 0 {
            let sum = beforeBeginning(label, entry) + score
            consider(Entry(prefix: entry.prefix, label: label, inLabel: sum, score: sum))
        }
    }

    /// The paths after which a label is a new one: the same label again only behind a blank.
    private func beforeBeginning(_ label: Int, _ entry: Entry) -> Double {
        label == prefixes[entry.prefix].label ? entry.inBlank : entry.score
    }

    private func bonus(_ label: Int) -> Double {
        parameters.insertionBonus.isEmpty ? 0 : parameters.insertionBonus[label]
    }

    /// Takes an entry among the best, if it is: insertion into a short sorted list.
    private mutating func consider(_ entry: Entry) {
        guard entry.score >= least, entry.score > -.infinity else { return }
        if best.count == parameters.width {
            guard entry.score > best[best.count - 1].score else { return }
            best.removeLast()
        }
        var place = best.count
        while place > 0, best[place - 1].score < entry.score { place -= 1 }
        best.insert(entry, at: place)
    }

    /// Makes the best candidates the beam.
    private mutating func keepBest() {
        beam.removeAll(keepingCapacity: true)
        for var entry in best where entry.score >= best[0].score - parameters.scoreSpread {
            if entry.label >= 0 {
                entry.prefix = child(entry.prefix, entry.label)
                entry.label = -1
            }
            beam.append(entry)
        }
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
}
