/// Where a word begins and ends in the sound. A decoder tells where the word is, not its edges: these are the loud
/// frames around, up to a silence or the neighbours.
struct WordEdges {
    /// Frames of silence that a word has inside: the closure of "six" or "eight".
    private static let closure = 12

    /// Where words may not begin before: the end of the one before, or the utterance's first loud frame.
    var earliest: Int
    /// Where this word may not end behind: the beginning of the next one, or the last loud frame so far.
    var latest: Int
    /// What a loud frame exceeds, in dB.
    var threshold: Float

    /// The word's frames; not empty, and within `earliest..<latest` where that is not empty.
    func frames(of shown: Range<Int>, in sound: borrowing RecentFrames) -> Range<Int> {
        let room = max(earliest, sound.frames.lowerBound)..<max(min(latest, sound.frames.upperBound), earliest + 1)
        let core = shown.clamped(to: room)
        let middle = min(max((shown.lowerBound + shown.upperBound) / 2, room.lowerBound), room.upperBound - 1)
        var (first, last): (Int?, Int?)
        var silence = 0
        for frame in middle..<room.upperBound {
            silence = isLoud(frame, sound) ? 0 : silence + 1
            if silence == 0 { (first, last) = (first ?? frame, frame) }
            if silence > Self.closure, frame >= core.upperBound { break }
        }
        silence = 0
        for frame in stride(from: middle - 1, through: room.lowerBound, by: -1) {
            silence = isLoud(frame, sound) ? 0 : silence + 1
            if silence == 0 { (first, last) = (frame, last ?? frame) }
            // A word that was noticed only in the silence behind it lies before that.
            if silence > Self.closure, frame < core.lowerBound, last != nil { break }
        }
        guard let first, let last else { return core.isEmpty ? middle..<middle + 1 : core }
        return first..<last + 1
    }

    private func isLoud(_ frame: Int, _ sound: borrowing RecentFrames) -> Bool {
        sound.frames.contains(frame) && sound.level(frame) >= threshold
    }
}
