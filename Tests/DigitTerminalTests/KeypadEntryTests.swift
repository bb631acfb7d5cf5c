import DigitEvents
import DigitTerminal
import Testing

@Suite struct KeypadEntryTests {
    private static let four = KeypadEntry.Parameters(length: 4...4, minConfidence: 0.9, pause: 5, timeout: 30)

    /// An entry that has heard the banner and an open device.
    private func connected(_ parameters: KeypadEntry.Parameters = four) -> KeypadEntry {
        var entry = KeypadEntry(parameters, at: 0)
        #expect(entry.take(.banner, at: 0) == [])
        #expect(entry.take(.openMicrophone, at: 0) == [])
        return entry
    }

    @Test func lastDigitCompletesTheEntry_andNothingFollows() {
        var entry = connected()
        var speaker = Speaker()
        for (index, digit) in [4, 7, 1].enumerated() {
            #expect(entry.take(speaker.digit(digit), at: Double(index)) == [.taken])
        }
        #expect(entry.digits == [4, 7, 1])
        #expect(entry.take(speaker.digit(1), at: 3) == [.completed("4711")])
        #expect(entry.isEnded)
        #expect(entry.deadline == .infinity)
        #expect(entry.take(speaker.digit(1), at: 4) == [])
        #expect(entry.elapse(to: 1000) == [])
    }

    @Test func zerosInFrontStay() {
        var entry = connected(.init(length: 2...2))
        var speaker = Speaker()
        _ = entry.take(speaker.digit(0), at: 0)
        #expect(entry.take(speaker.digit(0), at: 1) == [.completed("00")])
    }

    @Test(arguments: [1, 64]) func lengthHasNoOtherBounds(length: Int) {
        var entry = connected(.init(length: length...length))
        var speaker = Speaker()
        var actions: [KeypadEntry.Action] = []
        for index in 0..<length { actions = entry.take(speaker.digit(index % 10), at: Double(index)) }
        #expect(actions == [.completed((0..<length).map { String($0 % 10) }.joined())])
    }

    @Test func uncertainDigitClears() {
        var entry = connected()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 0)
        #expect(entry.take(speaker.digit(7, confidence: 0.8999), at: 1) == [.cleared(.uncertain)])
        #expect(entry.take(speaker.digit(7, confidence: 0.9, after: 1), at: 2.4) == [.taken])
        #expect(entry.digits == [7])
    }

    @Test(arguments: [
        (DigitEvent.RejectionReason.lowConfidence, KeypadEntry.Loss.uncertain), (.notADigit, .notADigit),
        (.tooLong, .notADigit), (.init(rawValue: "newer"), .notADigit), (.tooShort, .notADigit),
    ])
    func rejectedUtteranceClears(reason: DigitEvent.RejectionReason, loss: KeypadEntry.Loss) {
        var entry = connected()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 1)
        #expect(entry.take(speaker.rejected(reason), at: 2) == [.cleared(loss)])
        #expect(entry.digits == [])
        // A click while nothing is entered is not worth a word.
        #expect(entry.take(speaker.rejected(reason), at: 3) == (reason == .tooShort ? [] : [.cleared(loss)]))
    }

    // MARK: Losses

    static let losses: [(DigitEvent, KeypadEntry.Loss)] = [
        (.overrun, .gap), (.overflow(.init(lost: 3)), .missedEvents), (.banner, .connection),
        (.openMicrophone, .device),
        (.device(.init(state: .released, name: "x")), .device),
    ]

    @Test(arguments: losses) func whatMayHaveSwallowedADigitClears(event: DigitEvent, loss: KeypadEntry.Loss) {
        var entry = connected()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 0)
        _ = entry.take(speaker.digit(7), at: 1)
        #expect(entry.take(event, at: 1.5) == [.cleared(loss)])
        #expect(entry.digits == [])
        // Where nothing was entered there is nothing to say.
        #expect(entry.take(event, at: 1.6) == [])
        for digit in [1, 2, 3] { #expect(entry.take(speaker.digit(digit, after: 2), at: 4) == [.taken]) }
        #expect(entry.take(speaker.digit(4), at: 5) == [.completed("1234")])
    }

    @Test func lostDeviceIsToldOnce_andItsReturn() {
        var entry = connected()
        var speaker = Speaker()
        let obstacle = KeypadEntry.Obstacle.device(name: "plughw:CARD=Mic,DEV=0")
        _ = entry.take(speaker.digit(4), at: 0)
        #expect(entry.take(.lostMicrophone, at: 1) == [.cleared(.device), .waiting(obstacle)])
        #expect(entry.take(.lostMicrophone, at: 2) == [])
        #expect(entry.take(.openMicrophone, at: 3) == [.resumed])
        #expect(entry.take(.openMicrophone, at: 3) == [])
    }

    @Test func restartedDaemonBeginsANewStream() {
        var entry = connected()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 0)
        #expect(entry.take(.bye(.init(reason: "shutdown")), at: 1) == [.cleared(.connection), .waiting(.daemon)])
        #expect(entry.take(.bye(.init(reason: "connection_lost")), at: 1) == [])
        #expect(entry.take(.banner, at: 4) == [.resumed])
        var next = Speaker(seq: 0, stream: 0)
        for digit in [1, 2, 3] { #expect(entry.take(next.digit(digit), at: 6) == [.taken]) }
        #expect(entry.take(next.digit(4), at: 7) == [.completed("1234")])
    }

    @Test(arguments: [16, 18, 19, 1, .max, .min, -1]) func numberOutOfOrderIsALoss(seq: Int) {
        var entry = connected()
        var speaker = Speaker(seq: 14)
        _ = entry.take(speaker.digit(4), at: 0)
        _ = entry.take(speaker.digit(7), at: 1)
        speaker.seq = seq &- 1
        // What is missing may have been said right before it.
        #expect(entry.take(speaker.digit(1), at: 2) == [.cleared(.missedEvents)])
        #expect(entry.digits == [])
    }

    @Test func numbersGoOnFromTheLastOneThereIs() {
        var entry = connected()
        var speaker = Speaker(seq: .max - 1)
        _ = entry.take(speaker.digit(4), at: 0)
        #expect(entry.take(speaker.digit(7), at: 1) == [.taken])
    }

    @Test func rejectedUtterancesAreCountedWithTheDigits() {
        var entry = connected()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 0)
        _ = entry.take(speaker.rejected(.tooShort), at: 1)
        _ = entry.take(speaker.rejected(.notADigit), at: 1)
        #expect(entry.take(speaker.digit(7, after: 2), at: 2) == [.taken])
    }

    @Test func refusalEndsIt_otherErrorsDoNot() {
        var entry = connected()
        #expect(entry.take(.error(.init(code: "bad_request", message: "No.")), at: 0) == [])
        #expect(entry.take(.error(.init(code: "too_many_clients", message: "Full.")), at: 0) == [.refused("Full.")])
        #expect(entry.isEnded)
    }

    @Test func otherEventsAreNothingToIt() {
        var entry = connected()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 0)
        let others: [DigitEvent] = [
            .level(-40), .watch(.standard), .pong(.init(ping: 1)), .unknown(class: "NEW"),
            .status(.init(release: "1", model: "m", checksum: "c")), .speech(.init(state: .start, at: 1)),
            .speech(.init(state: .end, at: 1)),
        ]
        for event in others { #expect(entry.take(event, at: 1) == []) }
        #expect(entry.digits == [4])
    }
}

// MARK: - Time

@Suite struct KeypadEntryTimeTests {
    private func entry(
        _ length: ClosedRange<Int> = 4...4, pause: Double = 5, timeout: Double = 30
    ) -> KeypadEntry {
        KeypadEntry(.init(length: length, minConfidence: 0.9, pause: pause, timeout: timeout), at: 100)
    }

    @Test func silenceTimesOut() {
        var entry = entry()
        #expect(entry.deadline == 130)
        #expect(entry.elapse(to: 129.9) == [])
        #expect(entry.elapse(to: 130) == [.timedOut])
        #expect(entry.isEnded)
    }

    @Test func eachFurtherDigitIsWaitedForAnew() {
        var entry = entry(pause: 60)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 120)
        #expect(entry.deadline == 150)
        _ = entry.take(speaker.digit(7), at: 140)
        #expect(entry.deadline == 170)
        #expect(entry.elapse(to: 169) == [])
        #expect(entry.elapse(to: 170) == [.timedOut])
    }

    @Test func entryThatBeginsAnewGainsNoTime() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        _ = entry.take(speaker.digit(7), at: 111)
        _ = entry.take(.overrun, at: 112)
        #expect(entry.take(speaker.digit(4, after: 25), at: 138) == [.taken])
        #expect(entry.deadline == 141)
        #expect(entry.take(speaker.digit(4), at: 139) == [.taken])
        #expect(entry.elapse(to: 141) == [.timedOut])
    }

    @Test func uncertainDigitsGainNoTime() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4, confidence: 0.5), at: 129)
        _ = entry.take(speaker.rejected(.notADigit), at: 129.5)
        #expect(entry.elapse(to: 130) == [.timedOut])
    }

    @Test func pauseOfTheClockClears() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        #expect(entry.deadline == 115)
        #expect(entry.elapse(to: 114.9) == [])
        #expect(entry.elapse(to: 115) == [.cleared(.pause)])
        #expect(entry.elapse(to: 120) == [])
        #expect(entry.deadline == 140)
    }

    @Test func pauseOfTheStreamClears_howeverFastItsEventsCome() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        _ = entry.take(speaker.digit(7, after: 5), at: 110)
        #expect(entry.digits == [4, 7])
        #expect(entry.take(speaker.digit(1, after: 5.001), at: 110) == [.cleared(.pause), .taken])
        #expect(entry.digits == [1])
    }

    @Test func timersWaitForWhatIsBeingSaid() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        _ = entry.take(.speech(.init(state: .start, at: 15.3)), at: 114.9)
        #expect(entry.elapse(to: 116) == [])
        #expect(entry.take(speaker.digit(7, after: 4.9), at: 116) == [.taken])
        _ = entry.take(.speech(.init(state: .end, at: 15.7)), at: 116)
        #expect(entry.deadline == 121)
    }

    @Test func timersWaitForTheWordOfWhatWasSaid() {
        var entry = entry(2...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 109)
        _ = entry.take(speaker.digit(7), at: 110)
        _ = entry.take(.speech(.init(state: .start, at: 15.9)), at: 114.8)
        _ = entry.take(.speech(.init(state: .end, at: 16.3)), at: 115.2)
        #expect(entry.elapse(to: 115.3) == [])
        #expect(entry.take(speaker.digit(1, after: 4.9), at: 115.4) == [.taken])
        #expect(entry.elapse(to: 120.4) == [.completed("471")])
    }

    @Test func speechThatGoesOnCompletesNoOpenEntry() {
        var entry = entry(2...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 109)
        _ = entry.take(speaker.digit(7), at: 110)
        _ = entry.take(.speech(.init(state: .start, at: 16)), at: 114.9)
        #expect(entry.elapse(to: 117.9) == [.cleared(.pause)])
        // What it was comes now, and is the tail of what was said.
        for digit in [1, 1, 9, 9] { #expect(entry.take(speaker.digit(digit, after: 0.5), at: 118) != [.taken]) }
    }

    @Test func whoeverLooksLateTakesTheEventsFirst() {
        var entry = entry(2...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 109)
        _ = entry.take(speaker.digit(7), at: 110)
        #expect(entry.elapse(to: 120) == [])
        #expect(entry.deadline == 120.5)
        #expect(entry.take(speaker.digit(1), at: 120.1) == [.taken])
        #expect(entry.elapse(to: 125.1) == [.completed("471")])
    }

    @Test func digitThatBeganBeforeThePauseClearedIsNoNewBeginning() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        #expect(entry.elapse(to: 115) == [.cleared(.pause)])
        #expect(entry.take(speaker.digit(7, after: 4.8), at: 115.3) == [.tooSoon])
        #expect(entry.take(speaker.digit(1), at: 116.3) == [])
        #expect(entry.take(speaker.digit(4, after: 1), at: 118) == [.taken])
    }

    @Test func timersWaitForNoEndlessSpeech() {
        var entry = entry()
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        _ = entry.take(.speech(.init(state: .start, at: 15.3)), at: 114.9)
        #expect(entry.deadline == 117.9)
        #expect(entry.elapse(to: 118) == [.cleared(.pause)])
        _ = entry.take(.speech(.init(state: .start, at: 15.3)), at: 139.5)
        #expect(entry.elapse(to: 142.4) == [])
        #expect(entry.elapse(to: 142.5) == [.timedOut])
    }

    @Test func noiseThatWasNothingReleasesTheTimers() {
        var entry = entry()
        _ = entry.take(.speech(.init(state: .start, at: 15.3)), at: 129.5)
        _ = entry.take(.speech(.init(state: .end, at: 15.5)), at: 130.5)
        #expect(entry.elapse(to: 130.9) == [])
        #expect(entry.elapse(to: 131) == [.timedOut])
    }

    @Test(arguments: [DigitEvent.banner, .bye(.init(reason: "shutdown")), .lostMicrophone, .openMicrophone])
    func speechThatIsCutOffHoldsNothing(event: DigitEvent) {
        var entry = entry()
        _ = entry.take(.speech(.init(state: .start, at: 15.3)), at: 129.5)
        _ = entry.take(event, at: 129.6)
        #expect(entry.elapse(to: 130) == [.timedOut])
    }

    // MARK: Open length

    @Test func pauseCompletesAnOpenEntryThatIsLongEnough() {
        var entry = entry(2...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        #expect(entry.elapse(to: 115) == [.cleared(.pause)])
        _ = entry.take(speaker.digit(4, after: 5.6), at: 116)
        _ = entry.take(speaker.digit(7), at: 117)
        #expect(entry.elapse(to: 121.9) == [])
        #expect(entry.elapse(to: 122) == [.completed("47")])
    }

    @Test func pauseOfTheStreamCompletesAnOpenEntry_withoutWhatFollows() {
        var entry = entry(1...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        #expect(entry.take(speaker.digit(7, after: 6), at: 110) == [.completed("4")])
    }

    @Test func openEntryEndsAtItsGreatestLength() {
        var entry = entry(1...2)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        #expect(entry.take(speaker.digit(7), at: 111) == [.completed("47")])
    }

    @Test(arguments: [DigitEvent.RejectionReason.lowConfidence, .notADigit, .tooShort, .tooLong])
    func openEntryIsNotCompletedWithADigitMissing(reason: DigitEvent.RejectionReason) {
        var entry = entry(1...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        _ = entry.take(speaker.rejected(reason), at: 111)
        #expect(entry.elapse(to: 116) == [])
        _ = entry.take(speaker.digit(7, after: 5), at: 117)
        #expect(entry.elapse(to: 122) == [.completed("7")])
    }

    @Test func whatComesAfterThePauseSpoilsNoOpenEntry() {
        var entry = entry(1...6)
        var speaker = Speaker()
        _ = entry.take(speaker.digit(4), at: 110)
        #expect(entry.take(speaker.rejected(.notADigit, after: 5.1), at: 110) == [.completed("4")])
    }
}
