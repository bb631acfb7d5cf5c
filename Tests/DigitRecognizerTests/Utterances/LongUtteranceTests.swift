import DigitDecoder
import DigitEvents
import DigitRecognizer
import Testing

@Suite struct LongUtteranceTests {
    /// Twenty to forty seconds without a pause that ends a breath.
    @Test(arguments: 1..<9 as Range<UInt64>)
    func noDigitIsLostOrDoubledAtTheJointsOfALongUtterance(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var stream = WordStream(seed: seed)
        stream.silence(0.6)
        var said: [Int] = []
        for _ in 0..<60 {
            // Often the same one again: only the silence between tells them apart.
            let isRepeated = Int.random(in: 0..<3, using: &random) == 0
            let digit = isRepeated ? said.last ?? 5 : Int.random(in: 0...9, using: &random)
            said.append(digit)
            stream.say(UtteranceLabel(digit: digit)!, .random(in: 0.15...0.5, using: &random))
            stream.silence(.random(in: 0.05...0.3, using: &random))
        }
        stream.silence(0.6)
        let scorer = WordScorer()
        let events = try hear(stream.samples, scorer)
        #expect(events.line == said.map(String.init).joined())
        #expect(Set(events.utterances) == [1])
        #expect(scorer.frameCounts.max() ?? 0 < 400)
        for (digit, next) in zip(events.digits, events.digits.dropFirst()) { #expect(digit.end <= next.start) }
    }

    @Test func talkWithoutEndIsRejected_andADigitInItIsGivenInItsPlace() throws {
        var stream = WordStream()
        stream.silence(0.6)
        for _ in 0..<40 {
            stream.say(.other, 0.25)
            stream.silence(0.05)
        }
        stream.silence(0.05)
        let digit = stream.say(.four)
        stream.silence(0.1)
        for _ in 0..<40 {
            stream.say(.other, 0.25)
            stream.silence(0.05)
        }
        stream.silence(0.6)
        let scorer = WordScorer()
        let events = try hear(stream.samples, scorer)
        let given = try #require(events.digits.first)
        #expect(events.digits.count == 1 && given.digit == 4)
        #expect(abs(given.start - digit.lowerBound) < 0.03 && abs(given.end - digit.upperBound) < 0.03)
        #expect(events.line.hasPrefix("-") && events.line.hasSuffix("-"))
        #expect(events.line.count < 12)
        #expect(scorer.frameCounts.max() ?? 0 <= 750)
    }
}
