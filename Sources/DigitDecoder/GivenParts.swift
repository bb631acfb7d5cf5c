/// Which parts of a decoding were given before.
///
/// Decodings of a growing utterance differ: words move by a column or two, change their labels, vanish, or are found
/// between others. The parts given are aligned with the first parts of a decoding so that labels and times differ
/// least, as Needleman and Wunsch align sequences ("A general method applicable to the search for similarities", 1970):
/// a part given is the same as a decoded one, or has vanished; a decoded part is one that was given, or lies within
/// what was given and is passed over. The parts behind are new: those whose middle lies behind the end of what was
/// given.
struct GivenParts: Sendable {
    /// Costs of the alignments of the parts given so far, by the number of decoded parts.
    private var costs: [Double] = []
    private var costsBefore: [Double] = []

    /// The index of the first part of a decoding that is new, `parts.count` where none is.
    ///
    /// - Parameters:
    ///   - parts: of the decoding, in order, frames apart.
    ///   - given: in order, frames apart.
    ///   - jitterMaximum: frames by which the same word may lie apart.
    mutating func firstNew(_ parts: [DecodedPart], given: [DecodedPart], jitterMaximum: Int) -> Int {
        guard let end = given.last?.frames.upperBound else { return 0 }
        // A word that vanishes is rarer than one that moves, and than one that is heard as another at the same place.
        let vanished = Double(jitterMaximum) + 1
        align(parts, given, end: end, vanished: vanished)
        var best = parts.count
        for first in stride(from: parts.count - 1, through: 0, by: -1) {
            if parts[first].frames.isCentred(before: end) { break }
            if costs[first] <= costs[best] { best = first }
        }
        return best
    }

    private mutating func align(_ parts: [DecodedPart], _ given: [DecodedPart], end: Int, vanished: Double) {
        costs.removeAll(keepingCapacity: true)
        costs.append(0)
        for part in parts { costs.append(costs[costs.count - 1] + passing(part, end, vanished)) }
        for old in given {
            swap(&costs, &costsBefore)
            costs.removeAll(keepingCapacity: true)
            costs.append(costsBefore[0] + vanished)
            for (index, part) in parts.enumerated() {
                costs.append(
                    min(
                        costsBefore[index] + difference(old, part, vanished), costsBefore[index + 1] + vanished,
                        costs[index] + passing(part, end, vanished)))
            }
        }
    }

    /// The cost of a part that is passed over: only one that lies within what was given may be.
    private func passing(_ part: DecodedPart, _ end: Int, _ vanished: Double) -> Double {
        part.frames.isCentred(before: end) ? vanished : .infinity
    }

    /// The cost of taking both for the same word: the frames between them, and more where the labels differ.
    private func difference(_ old: DecodedPart, _ part: DecodedPart, _ vanished: Double) -> Double {
        Double(old.frames.gap(to: part.frames)) + (old.means(part) ? 0 : vanished / 2)
    }
}

extension DecodedPart {
    /// Whether both are the same digit, or both none.
    func means(_ other: DecodedPart) -> Bool { digit == other.digit }
}

extension Range<Int> {
    /// Whether its middle does not lie behind a frame's beginning.
    func isCentred(before end: Int) -> Bool { lowerBound + upperBound <= 2 * end }

    /// Frames between two ranges; 0 where they touch or overlap.
    func gap(to other: Range<Int>) -> Int {
        Swift.max(0, Swift.max(lowerBound, other.lowerBound) - Swift.min(upperBound, other.upperBound))
    }

    /// Moved by so many frames, but not before 0.
    func shifted(by distance: Int) -> Range<Int> {
        Swift.max(0, lowerBound + distance)..<Swift.max(0, upperBound + distance)
    }
}
