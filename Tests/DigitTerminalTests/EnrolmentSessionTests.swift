import DigitTerminal
import Testing

@Suite struct EnrolmentSessionTests {
    /// Not random at all.
    private struct Counter: RandomNumberGenerator {
        var state: UInt64 = 1
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state
        }
    }

    private func session(takes: Int = 1) -> EnrolmentSession {
        var parameters = EnrolmentSession.Parameters()
        parameters.takes = takes
        var random = Counter()
        return EnrolmentSession(parameters, using: &random)
    }

    /// A clear word, 40 dB over its background.
    private func word(_ opinion: EnrolmentSession.Word.Opinion) -> EnrolmentSession.Word {
        .init(opinion: opinion, level: -20, background: -60)
    }

    @Test(arguments: [1, 5, 20]) func eachDigitIsAskedForSoOften_andNoneTwiceRunning(takes: Int) {
        let order = session(takes: takes).order
        for digit in 0...9 { #expect(order.count { $0 == digit } == takes) }
        for (first, second) in zip(order, order.dropFirst()) { #expect(first != second) }
        #expect(order == session(takes: takes).order)
    }

    @Test func sessionOfGoodWordsEnds() {
        var session = session(takes: 2)
        var heard = 0
        while let digit = session.prompt {
            #expect(session.hear(word(.digit(digit, 0.5))) == .taken)
            heard += 1
        }
        #expect(heard == 20)
        #expect(session.count == 20)
    }

    @Test(arguments: [
        (EnrolmentSession.Word(opinion: .tooShort, level: -20), EnrolmentSession.Fault.tooShort),
        (.init(opinion: .tooLong, level: -20), .tooLong),
        (.init(opinion: .uncertain, level: -46), .tooQuiet(-46)),
        (.init(opinion: .uncertain, level: -20, background: -31), .tooNoisy(11)),
        (.init(opinion: .uncertain, level: 0, background: -50, clipped: 9), .clipped),
        (.init(opinion: .notADigit(0.9), level: -20), .notADigit),
    ])
    func wordThatWillNotDoIsAskedForAgain(word: EnrolmentSession.Word, fault: EnrolmentSession.Fault) {
        var session = session()
        let prompt = session.prompt
        #expect(session.hear(word) == .again(fault))
        #expect(session.prompt == prompt)
        #expect(session.count == 0)
    }

    @Test(arguments: [
        EnrolmentSession.Word(opinion: .uncertain, level: -45, background: -57, clipped: 8),
        .init(opinion: .notADigit(0.89), level: -20), .init(opinion: .uncertain, level: -20),
    ])
    func wordWithinTheBoundsIsTaken(word: EnrolmentSession.Word) {
        var session = session()
        #expect(session.hear(word) == .taken)
    }

    @Test func otherDigitIsRefusedWhereTheNetworkIsCertain() {
        var session = session()
        let other = (session.prompt! + 1) % 10
        #expect(session.hear(word(.digit(other, 0.9))) == .again(.anotherDigit(other)))
        #expect(session.hear(word(.digit(other, 0.89))) == .taken)
    }

    @Test func personIsBelieved_whoIsHeardWronglyInTheSameWayThreeTimes() {
        var session = session()
        let (other, third) = ((session.prompt! + 1) % 10, (session.prompt! + 2) % 10)
        #expect(session.hear(word(.digit(other, 0.99))) == .again(.anotherDigit(other)))
        #expect(session.hear(word(.digit(third, 0.99))) == .again(.anotherDigit(third)))
        #expect(session.hear(word(.digit(other, 0.99))) == .again(.anotherDigit(other)))
        #expect(session.hear(word(.digit(other, 0.99))) == .again(.anotherDigit(other)))
        #expect(session.hear(word(.digit(other, 0.99))) == .taken)
    }

    @Test func eightWordsInARowEndTheSession_andOneThatIsTakenBeginsTheCountAgain() {
        var session = session()
        let quiet = EnrolmentSession.Word(opinion: .uncertain, level: -60)
        for _ in 0..<7 { #expect(session.hear(quiet) == .again(.tooQuiet(-60))) }
        #expect(session.hear(word(.uncertain)) == .taken)
        for _ in 0..<7 { #expect(session.hear(quiet) == .again(.tooQuiet(-60))) }
        #expect(session.hear(quiet) == .gaveUp(.tooQuiet(-60)))
    }

    @Test func promptsAreInPlainWords() {
        let session = session()
        let prompt = EnrolmentPrompt(session, style: .init(isUnicode: false, hasColour: false))
        #expect(prompt.request(7, count: 2) == "Say 7  (3 of 10)")
        #expect(prompt.request(7, count: 2, level: -30) == "Say 7  (3 of 10)  ##########---------- -30 dB")
        #expect(prompt.request(7, count: 2, level: 20).contains("#################### 20 dB"))
        #expect(prompt.sentence(.taken, digit: 7, opinion: .digit(7, 0.934)) == "7 taken, 93 % certain.")
        #expect(
            prompt.sentence(.taken, digit: 7, opinion: .digit(1, 0.5)) == "7 taken, though it sounded like 1 (50 %).")
        #expect(
            prompt.sentence(.again(.anotherDigit(1)), digit: 7, opinion: .digit(1, 1))
                == "That sounded like 1; say 7 again.")
        #expect(
            EnrolmentPrompt.surrender(.tooQuiet(-51.3), count: 8)
                == "8 words in a row could not be used (the last: too quiet (-51 dB)); bring the microphone nearer or raise "
                + "its level (digitd monitor shows it), and begin again.")
    }
}
