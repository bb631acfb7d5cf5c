import Testing

@testable import DigitDecoder

@Suite struct StableDigitsCutTests {
    private func part(_ digit: Int, _ frames: Range<Int>, _ confidence: Double = 0.99) -> DecodedPart {
        DecodedPart(.digit(digit, spokenOh: false), confidence: confidence, accepted: confidence > 0.5, frames: frames)
    }

    @Test func wordHeardAgainBehindACutIsNotGivenAgain_andTheSameOneAfterItIs() {
        var stable = StableDigits()
        let first = DecodedUtterance(parts: [part(4, 20..<40), part(7, 60..<80)], frameCount: 120)
        _ = stable.take(first, speech: .goesOn)
        var longer = first
        longer.frameCount = 140
        #expect(stable.take(longer, speech: .goesOn).map(\.digit) == [4, 7])
        var outbox: [DecodedPart] = []
        stable.cut(before: 50, into: &outbox)
        #expect(outbox.isEmpty && stable.given.map(\.frames) == [10..<30])
        let rest = DecodedUtterance(parts: [part(7, 11..<29), part(7, 60..<80)], frameCount: 140)
        _ = stable.take(rest, speech: .goesOn)
        #expect(stable.take(rest, speech: .ended).map(\.frames) == [60..<80])
    }

    @Test func whatWaitsBeforeACutIsGivenAsItIs() {
        var stable = StableDigits()
        let decoding = DecodedUtterance(parts: [part(4, 20..<40, 0.2), part(7, 60..<80)], frameCount: 82)
        #expect(stable.take(decoding, speech: .goesOn).isEmpty && stable.isWaiting)
        var outbox: [DecodedPart] = []
        stable.cut(before: 50, into: &outbox)
        #expect(outbox.map(\.digit) == [4] && stable.isWaiting)
        let rest = DecodedUtterance(parts: [part(7, 10..<30)], frameCount: 60)
        #expect(stable.take(rest, speech: .goesOn).map(\.digit) == [7])
        #expect(!stable.isWaiting)
    }

    @Test func doubtfulPartsWaitLonger() {
        let parameters = StableDigits.Parameters(
            doubtfulBehindMinimum: 40, doubtfulPauseMinimum: 20, sureConfidence: 0.9)
        for (confidence, frames) in [(0.95, 6), (0.7, 20), (0.3, 20)] {
            var stable = StableDigits(parameters)
            var pause = 0
            var count = 0
            while count == 0, pause < 30 {
                pause += 1
                let decoding = DecodedUtterance(parts: [part(5, 20..<40, confidence)], frameCount: 40 + pause)
                count = stable.take(decoding, speech: .paused(frames: pause)).count
            }
            #expect(pause == frames, "\(confidence)")
        }
    }

    @Test func lastPartWaitsForAPauseOfItsLength_howeverFarBackItShows() {
        let parameters = StableDigits.Parameters(lastBehindMinimum: 60, stemPauseMinimum: 10)
        for (digit, silence) in [(5, 6), (6, 10)] {
            var stable = StableDigits(parameters)
            for pause in 1...silence {
                let decoding = DecodedUtterance(parts: [part(digit, 20..<40)], frameCount: 70 + pause)
                let given = stable.take(decoding, speech: .paused(frames: pause))
                #expect(given.isEmpty == (pause < silence), "\(digit) after \(pause)")
            }
        }
        var stable = StableDigits(parameters)
        var behind = 0
        while stable.given.isEmpty, behind < 100 {
            behind += 1
            _ = stable.take(DecodedUtterance(parts: [part(5, 20..<40)], frameCount: 40 + behind), speech: .goesOn)
        }
        #expect(behind == 60)
    }
}
