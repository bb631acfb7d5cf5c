import DigitDecoder

/// The greatest output of each column, repetitions and blanks left out (Graves et al. 2006): what a network says, while
/// it learns.
enum BestPath {
    /// The labels of logits [columns, classes].
    static func labels(_ logits: ArraySlice<Float>, classes: Int) -> [Int] {
        var labels: [Int] = []
        var last = UtteranceLabel.blank.rawValue
        for start in stride(from: logits.startIndex, to: logits.endIndex, by: classes) {
            let row = logits[start..<start + classes]
            let label = row.indices.max { row[$0] < row[$1] }! - start
            if label != last, label != UtteranceLabel.blank.rawValue { labels.append(label) }
            last = label
        }
        return labels
    }

    /// Whether the digits of `labels` are those of a target, whatever else either says.
    static func saysDigits(_ labels: [Int], of target: CTCTarget) -> Bool {
        let found = labels.filter { $0 != UtteranceLabel.other.rawValue }
        let wanted = target.digitLabels
        return found.count == wanted.count && zip(found, wanted).allSatisfy { $1.contains(OutputSet($0)) }
    }

    /// Digits substituted, inserted and lost: the edit distance of the digits (Levenshtein 1966).
    static func digitErrors(_ labels: [Int], of target: CTCTarget) -> Int {
        let found = labels.filter { $0 != UtteranceLabel.other.rawValue }
        let wanted = target.digitLabels
        var row = Array(0...wanted.count)
        for (i, label) in found.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, set) in wanted.enumerated() {
                let substituted = diagonal + (set.contains(OutputSet(label)) ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(substituted, row[j] + 1, row[j + 1] + 1)
            }
        }
        return row[wanted.count]
    }
}
