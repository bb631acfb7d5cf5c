import DigitEvents
import DigitTerminal
import Testing

/// What was lost or rejected, and what is said in the same breath.
@Suite struct KeypadBreathTests {
    /// An entry and a person whose digits arrive 0.1 s after they are said.
    private struct Talk {
        var entry: KeypadEntry
        var speaker = Speaker()

        init(_ length: ClosedRange<Int>) {
            entry = KeypadEntry(.init(length: length, minConfidence: 0.9, pause: 5, timeout: 60), at: 0)
            _ = entry.take(.banner, at: 9)
            _ = entry.take(.openMicrophone, at: 9)
        }

        /// Says digits, each after 0.2 s of silence; the first one after `pause`.
        @discardableResult mutating func say(_ digits: Int..., after pause: Double = 0.2) -> [KeypadEntry.Action] {
            var actions: [KeypadEntry.Action] = []
            for (index, digit) in digits.enumerated() {
                actions += take(speaker.digit(digit, after: index == 0 ? pause : 0.2))
            }
            return actions
        }

        mutating func reject(_ reason: DigitEvent.RejectionReason, after pause: Double = 0.2) {
            _ = take(speaker.rejected(reason, after: pause))
        }

        @discardableResult mutating func take(_ event: DigitEvent) -> [KeypadEntry.Action] {
            entry.take(event, at: speaker.stream + 0.1)
        }
    }

    static let reasons: [DigitEvent.RejectionReason] = [
        .notADigit, .lowConfidence, .tooShort, .tooLong, .init(rawValue: "newer"),
    ]

    @Test func lossBeforeTheFirstDigitIsRemembered() {
        var talk = Talk(3...8)
        talk.take(.overrun)
        #expect(talk.say(7, 1, 1) == [.cleared(.gap)])
        #expect(talk.entry.digits == [])
        talk.say(4, 7, 1, 1, after: 1)
        #expect(talk.entry.digits == [4, 7, 1, 1])
    }

    @Test(arguments: reasons) func rejectionBeforeTheFirstDigitIsRemembered(reason: DigitEvent.RejectionReason) {
        var talk = Talk(3...8)
        talk.reject(reason)
        talk.say(7, 1, 1)
        #expect(talk.entry.digits == [])
        talk.say(4, 7, 1, 1, after: 1)
        #expect(talk.entry.digits == [4, 7, 1, 1])
    }

    @Test func tailOfALossDoesNotBeginTheNextEntry() {
        var talk = Talk(4...4)
        talk.say(4, 7)
        talk.take(.overrun)
        talk.say(1)
        #expect(talk.say(4, 7, 1, 1, after: 1.2).last == .completed("4711"))
    }

    @Test(arguments: reasons) func rejectionInTheMiddleLeavesNothing(reason: DigitEvent.RejectionReason) {
        var talk = Talk(1...8)
        talk.say(4)
        talk.reject(reason)
        talk.say(1, 1)
        #expect(talk.entry.digits == [])
        #expect(talk.entry.elapse(to: 40) == [])
    }

    @Test func whoeverIsAskedSaysEverythingAgain() {
        var talk = Talk(4...4)
        talk.say(4)
        talk.reject(.lowConfidence)
        talk.say(1, 1)
        #expect(talk.say(7, after: 0.6) == [])
        #expect(talk.say(4, 7, 1, 1, after: 1.5).last == .completed("4711"))
    }

    @Test func oneUtteranceIsOneBreath_whateverItsPauses() {
        var talk = Talk(4...4)
        talk.speaker.utterance = 5
        talk.say(4)
        talk.reject(.notADigit)
        #expect(talk.say(7, 1, 1, after: 1.5) == [.tooSoon])
        talk.speaker.utterance = 6
        #expect(talk.say(4, 7, 1, 1, after: 1.5).last == .completed("4711"))
    }

    @Test func lossWithinAnUtteranceIsInItToTheEnd() {
        var talk = Talk(2...8)
        talk.speaker.utterance = 5
        talk.say(4, 7)
        talk.take(.overrun)
        talk.say(1, 1, after: 3)
        #expect(talk.entry.digits == [])
    }

    @Test func anotherUtteranceIsNoOtherBreath_withoutAPause() {
        var talk = Talk(2...8)
        talk.speaker.utterance = 5
        talk.reject(.notADigit)
        talk.speaker.utterance = 6
        talk.say(7, 1, after: 0.9)
        #expect(talk.entry.digits == [])
    }

    /// Digits that were said together may come together: when each began is what counts.
    @Test func digitsThatComeLateBeganEarly() {
        var talk = Talk(3...8)
        _ = talk.entry.take(.overrun, at: 20)
        for (digit, start) in zip([7, 1, 1], [10.3, 10.8, 11.3]) {
            talk.speaker.seq += 1
            let event = DigitEvent.Digit(
                seq: talk.speaker.seq, digit: digit, confidence: 1, start: start, end: start + 0.4, at: 12)
            #expect(talk.entry.take(.digit(event), at: 22) != [.taken])
        }
    }

    @Test func delayOfTheDaemonIsTakenOff() {
        var talk = Talk(3...8)
        _ = talk.entry.take(.overrun, at: 20)
        func digit(_ latency: Int?) -> DigitEvent {
            .digit(
                .init(
                    seq: 1, digit: 7, confidence: 1, start: 10, end: 10.4, at: 10.5, latencyMilliseconds: latency))
        }
        var other = talk.entry
        #expect(talk.entry.take(digit(1500), at: 22) == [.cleared(.gap)])
        #expect(other.take(digit(100), at: 22) == [.taken])
    }

    @Test func deviceThatOpensLaterThanTheGreetingIsALoss() {
        var entry = KeypadEntry(.init(length: 2...2), at: 0)
        var speaker = Speaker()
        _ = entry.take(.banner, at: 0)
        _ = entry.take(.openMicrophone, at: 1)
        #expect(entry.take(speaker.digit(7), at: 1.8) == [.cleared(.device)])
    }
}
