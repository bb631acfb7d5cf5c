import DigitDecoder
import Testing

/// Random decodings of growing utterances.
@Suite struct StableDigitsPropertyTests {
    private struct Word: Equatable {
        var digit: Int?
        var accepted: Bool
        var start: Int

        func part(_ shift: Int = 0) -> DecodedPart {
            let start = max(start + shift, 0)
            let kind = digit.map { DecodedPart.Kind.digit($0, spokenOh: false) } ?? .other
            return DecodedPart(
                kind, confidence: accepted ? 0.9 : 0.3, accepted: accepted, frames: start..<start + 4)
        }

        func means(_ part: DecodedPart) -> Bool { part.digit == digit && part.accepted == accepted }
    }

    /// Few digits, so that neighbours are often equal; other words never side by side.
    private static func words(_ count: Int, apart: Int, _ generator: inout Seeded) -> [Word] {
        var words: [Word] = []
        var start = 6
        for _ in 0..<count {
            start += Int.random(in: apart...apart + 30, using: &generator)
            let isOther = Int.random(in: 0..<6, using: &generator) == 0 && words.last?.digit != nil
            words.append(
                Word(
                    digit: isOther ? nil : Int.random(in: 0..<3, using: &generator),
                    accepted: isOther || Int.random(in: 0..<6, using: &generator) > 0, start: start))
        }
        return words
    }

    private func check(_ given: [DecodedPart], _ name: String) {
        for (before, after) in zip(given, given.dropFirst()) {
            #expect(after.frames.lowerBound >= before.frames.upperBound, "\(name): \(before) \(after)")
        }
        #expect(given.allSatisfy { !$0.frames.isEmpty }, "\(name)")
    }

    /// Words lie up to four frames apart in two decodings; within the last quarter of a second, where nothing may be
    /// given yet, they come, go and change. Then each word is given once, in its place.
    @Test func everyWordIsGivenOnce_howeverTheEndFlickers() {
        let parameters = StableDigits.Parameters()
        for seed in 0..<200 {
            var generator = Seeded(seed)
            let words = Self.words(Int.random(in: 0...12, using: &generator), apart: 16, &generator)
            var stable = StableDigits(parameters)
            var given: [DecodedPart] = []
            var frames = 0
            let end = (words.last?.start ?? 0) + 30
            while frames < end {
                frames += Int.random(in: 5...30, using: &generator)
                var parts: [DecodedPart] = []
                for word in words where word.start + 8 <= min(frames, end) {
                    var word = word
                    // The earliest that it may end is where it begins, less or more.
                    if frames - word.start < parameters.behindMinimum {
                        switch Int.random(in: 0..<6, using: &generator) {
                        case 0: continue
                        case 1: word.digit = Int.random(in: 3..<6, using: &generator)
                        case 2: word.accepted.toggle()
                        default: break
                        }
                    }
                    parts.append(word.part(Int.random(in: -4...4, using: &generator)))
                }
                let quiet = Int.random(in: 0..<parameters.pauseMinimum, using: &generator)
                given += stable.take(
                    DecodedUtterance(parts: parts, frameCount: frames),
                    speech: quiet == 0 ? .goesOn : .paused(frames: quiet))
                #expect(given == stable.given, "seed \(seed)")
            }
            given += stable.take(
                DecodedUtterance(parts: words.map { $0.part() }, frameCount: frames), speech: .ended)
            check(given, "seed \(seed)")
            #expect(given.count == words.count, "seed \(seed)")
            for (word, part) in zip(words, given) {
                #expect(word.means(part), "seed \(seed): \(word), not \(part)")
                #expect(abs(part.frames.lowerBound - word.start) <= 4, "seed \(seed)")
            }
        }
    }

    /// What was given may vanish, change or get company in later decodings, if words are far enough apart: nothing is
    /// doubled or lost.
    @Test func nothingIsDoubledOrLost_whateverBecomesOfWhatWasGiven() {
        for seed in 0..<200 {
            var generator = Seeded(1000 + seed)
            let words = Self.words(Int.random(in: 1...10, using: &generator), apart: 28, &generator)
            var stable = StableDigits()
            var given: [DecodedPart] = []
            let end = words[words.count - 1].start + 60
            for frames in stride(from: 20, through: end, by: 20) {
                var parts: [DecodedPart] = []
                for (index, word) in words.enumerated() where word.start + 8 <= frames {
                    var word = word
                    if index < given.count {
                        switch Int.random(in: 0..<5, using: &generator) {
                        case 0: continue
                        case 1: (word.digit, word.accepted) = (Int.random(in: 3..<6, using: &generator), true)
                        case 2:
                            let extra = Word(digit: 9, accepted: true, start: word.start - 8)
                            if index + 1 < given.count { parts.append(extra.part()) }
                        default: break
                        }
                    }
                    parts.append(word.part(Int.random(in: -3...3, using: &generator)))
                }
                given += stable.take(DecodedUtterance(parts: parts, frameCount: frames), speech: .goesOn)
            }
            given += stable.take(
                DecodedUtterance(parts: words.map { $0.part() }, frameCount: end), speech: .ended)
            check(given, "seed \(seed)")
            #expect(given.count == words.count, "seed \(seed)")
            #expect(zip(words, given).allSatisfy { $0.means($1) }, "seed \(seed): \(words), not \(given)")
        }
    }

    /// Decodings that have nothing to do with each other.
    @Test func anyDecodingsGiveOrderedPartsOnce_andTheEndGivesAllThatIsBehind() {
        for seed in 0..<200 {
            var generator = Seeded(2000 + seed)
            let parameters = StableDigits.Parameters(
                behindMinimum: Int.random(in: 0...30, using: &generator), decodingsMinimum: 1 + seed % 3)
            var stable = StableDigits(parameters)
            var given: [DecodedPart] = []
            var frames = 0
            for _ in 0..<12 {
                frames += Int.random(in: 0...30, using: &generator)
                let parts = Self.random(frames, &generator)
                let before = given
                given += stable.take(
                    DecodedUtterance(parts: parts, frameCount: frames),
                    speech: Bool.random(using: &generator) ? .goesOn : .paused(frames: frames % 12))
                #expect(Array(stable.given.prefix(before.count)) == before, "seed \(seed)")
                #expect(stable.given == given, "seed \(seed)")
            }
            let last = Self.random(frames, &generator)
            let reach = given.last.map { $0.frames.upperBound + parameters.jitterMaximum } ?? -1
            let rest = stable.take(DecodedUtterance(parts: last, frameCount: frames), speech: .ended)
            check(given + rest, "seed \(seed)")
            let behind = last.filter { $0.frames.lowerBound > reach }
            #expect(Array(rest.suffix(behind.count)) == behind, "seed \(seed)")
            #expect(rest.count >= behind.count && rest.count <= last.count, "seed \(seed)")
        }
    }

    private static func random(_ frames: Int, _ generator: inout Seeded) -> [DecodedPart] {
        var parts: [DecodedPart] = []
        var end = 0
        while end + 2 < frames, Int.random(in: 0..<12, using: &generator) > 0 {
            let start = Int.random(in: end..<min(end + 30, frames - 1), using: &generator)
            let digit = Int.random(in: -1...2, using: &generator)
            end = Int.random(in: start + 1...min(start + 12, frames), using: &generator)
            parts.append(
                DecodedPart(
                    digit < 0 ? .other : .digit(digit, spokenOh: false), confidence: 0.5,
                    accepted: Bool.random(using: &generator), frames: start..<end))
        }
        return parts
    }
}
