/// The word that was probably meant: the one with the fewest letters to change, if they are few enough.
///
/// Takes time in proportion to the lengths; words over 64 bytes are near to none.
func nearest(to word: String, among words: [String]) -> String? {
    let letters = Array(word.utf8)
    guard letters.count <= 64 else { return nil }
    let ranked = words.map { (word: $0, distance: editDistance(letters, Array($0.utf8))) }
    guard let best = ranked.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, min(letters.count, best.word.utf8.count) / 3) ? best.word : nil
}

/// How many letters must be inserted, removed, replaced or swapped with their neighbours: the optimal string alignment.
private func editDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for i in a.indices {
        var row = [i + 1]
        for j in b.indices {
            var distance = min(last[j] + (a[i] == b[j] ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { distance = min(distance, beforeLast[j - 1] + 1) }
            row.append(distance)
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
