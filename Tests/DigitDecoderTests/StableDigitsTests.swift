import DigitDecoder
import Testing

@Suite struct StableDigitsTests {
    /// Parts of four frames that begin at these, accepted unless negative; 10 is no digit.
    private func decoding(_ frameCount: Int, _ parts: (digit: Int, start: Int)...) -> DecodedUtterance {
        DecodedUtterance(
            parts: parts.map { part in
                let kind: DecodedPart.Kind = abs(part.digit) == 10 ? .other : .digit(abs(part.digit), spokenOh: false)
                return DecodedPart(
                    kind, confidence: part.digit > 0 ? 0.9 : 0.3, accepted: part.digit > 0,
                    frames: part.start..<part.start + 4)
            }, frameCount: frameCount)
    }

    @Test func digitIsGivenWhenEnoughIsBehindIt_andTwoDecodingsAgree() {
        var stable = StableDigits()
        #expect(stable.take(decoding(30, (7, 20)), speech: .goesOn) == [])
        #expect(stable.take(decoding(40, (7, 20)), speech: .goesOn) == [])
        #expect(stable.take(decoding(48, (7, 20)), speech: .goesOn).map(\.digit) == [7])
        #expect(stable.take(decoding(60, (7, 20)), speech: .goesOn) == [])
        #expect(stable.take(decoding(80, (7, 20)), speech: .ended) == [])
        #expect(stable.given.map(\.digit) == [7])
    }

    @Test func farDigitWaitsForASecondDecoding_andForOneThatAgrees() {
        var stable = StableDigits()
        #expect(stable.take(decoding(100, (7, 20)), speech: .goesOn) == [])
        #expect(stable.take(decoding(120, (1, 20)), speech: .goesOn) == [])
        #expect(stable.take(decoding(140, (1, 50)), speech: .goesOn) == [])
        #expect(stable.take(decoding(160, (-1, 50)), speech: .goesOn) == [])
        // The same frames again are no second decoding.
        #expect(stable.take(decoding(160, (-1, 50)), speech: .goesOn) == [])
        #expect(stable.take(decoding(161, (1, 52)), speech: .goesOn) == [])
        #expect(stable.take(decoding(162, (1, 52)), speech: .goesOn).map(\.acceptedDigit) == [1])
    }

    @Test func pauseMakesTheLastDigitCertain() {
        var stable = StableDigits()
        #expect(stable.take(decoding(30, (7, 20)), speech: .goesOn) == [])
        #expect(stable.take(decoding(32, (7, 20)), speech: .paused(frames: 5)) == [])
        #expect(stable.take(decoding(33, (7, 20)), speech: .paused(frames: 6)).map(\.digit) == [7])
    }

    @Test func digitWaitsForWhatIsBeforeIt() {
        var stable = StableDigits()
        #expect(stable.take(decoding(100, (4, 10), (7, 40)), speech: .goesOn) == [])
        #expect(stable.take(decoding(120, (9, 10), (7, 40)), speech: .goesOn) == [])
        #expect(stable.take(decoding(140, (9, 10), (7, 40)), speech: .goesOn).map(\.digit) == [9, 7])
    }

    @Test func doubtfulDigitAndOtherWordAreGivenAsRejectionsInTheirPlaces() {
        var stable = StableDigits()
        let parts = [(-4, 10), (10, 30), (7, 50), (-10, 70)]
        _ = stable.take(decoding(110, parts[0], parts[1], parts[2], parts[3]), speech: .goesOn)
        let given = stable.take(decoding(130, parts[0], parts[1], parts[2], parts[3]), speech: .goesOn)
        #expect(given.map(\.digit) == [4, nil, 7, nil])
        #expect(given.map(\.accepted) == [false, true, true, false])
    }

    @Test func whatWasGivenStays_whateverBecomesOfIt() {
        let later = [
            decoding(90, (7, 24), (3, 60)), decoding(90, (1, 20), (3, 60)), decoding(90, (3, 60)),
            decoding(90, (5, 8), (7, 20), (3, 60)), decoding(90, (10, 14), (2, 22), (3, 60)),
        ]
        for decoding in later {
            var stable = StableDigits()
            _ = stable.take(self.decoding(40, (7, 20)), speech: .goesOn)
            #expect(stable.take(self.decoding(60, (7, 20)), speech: .goesOn).map(\.digit) == [7])
            #expect(stable.take(decoding, speech: .ended).map(\.digit) == [3], "\(decoding)")
        }
    }

    @Test func equalDigitsCloseByAreTwo_andOneThatMovedIsOne() {
        func next(_ decoding: DecodedUtterance) -> [Int?] {
            var stable = StableDigits()
            _ = stable.take(self.decoding(40, (1, 20)), speech: .goesOn)
            _ = stable.take(self.decoding(60, (1, 20)), speech: .goesOn)
            return stable.take(decoding, speech: .ended).map(\.digit)
        }
        #expect(next(decoding(90, (1, 20), (1, 29))) == [1])
        #expect(next(decoding(90, (1, 27), (1, 36))) == [1])
        #expect(next(decoding(90, (1, 32))) == [])
        #expect(next(decoding(90, (1, 34))) == [])
        #expect(next(decoding(90, (1, 35))) == [1])
    }

    /// Another digit at about the same place is what was given; farther off it is a new one.
    @Test func anotherDigitIsNew_whereItLiesApart() {
        for (start, digits) in [(20, []), (16, []), (27, []), (30, [3]), (33, [3])] {
            var stable = StableDigits()
            _ = stable.take(decoding(40, (1, 20)), speech: .goesOn)
            _ = stable.take(decoding(60, (1, 20)), speech: .goesOn)
            #expect(stable.take(decoding(90, (3, start)), speech: .ended).map(\.digit) == digits, "\(start)")
        }
    }

    @Test func framesAreGivenOnce() {
        var stable = StableDigits()
        _ = stable.take(decoding(40, (1, 20)), speech: .goesOn)
        _ = stable.take(decoding(60, (1, 20)), speech: .goesOn)
        let given = stable.take(decoding(90, (1, 17), (2, 23)), speech: .ended)
        #expect(given.map(\.frames) == [24..<27])
    }

    @Test func endGivesWhatIsLeft_andTheNextUtteranceBeginsAnew() {
        var stable = StableDigits()
        #expect(stable.take(decoding(30, (7, 20), (-2, 26)), speech: .ended).map(\.accepted) == [true, false])
        #expect(stable.take(decoding(30, (7, 20)), speech: .goesOn) == [])
        #expect(stable.given == [])
        #expect(stable.take(decoding(30, (7, 20)), speech: .ended).map(\.digit) == [7])
        stable.reset()
        #expect(stable.take(decoding(0), speech: .ended) == [])
    }
}
