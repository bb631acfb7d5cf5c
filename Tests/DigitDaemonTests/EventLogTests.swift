import DigitDaemon
import DigitEvents
import Testing

@Suite struct EventLogTests {
    static let digit = DigitEvent.digit(.init(seq: 1, digit: 7, confidence: 0.9, start: 0, end: 1, at: 1.1))

    static func device(_ state: DigitEvent.Device.State, _ reason: DigitEvent.Device.Reason? = nil) -> DigitEvent {
        .device(.init(state: state, name: "mic", reason: reason, error: reason.map { _ in "why" }))
    }

    @Test(arguments: [
        (DigitEvent.Device.Reason.missing, "is not there"), (.busy, "is in use by another program"),
        (.forbidden, "may not be opened"), (.silent, "gives no sound"), (.failed, "is lost"),
        (.init(rawValue: "new"), "is lost"),
    ])
    func everyLossHasItsSentence(_ reason: DigitEvent.Device.Reason, _ words: String) throws {
        let lines = LogLines()
        var log = EventLog(logger: lines.logger(.warning))
        log.note(Self.device(.lost, reason), now: 0)
        let line = try #require(lines.all.first)
        #expect(line.hasPrefix("warning: The capture device mic \(words) (why)"))
        #expect(lines.all.count == 1)
    }

    @Test func returnIsLoggedAsLoudlyAsTheLoss() {
        let lines = LogLines()
        var log = EventLog(logger: lines.logger(.warning))
        log.note(Self.device(.open), now: 0)
        #expect(lines.all.isEmpty)
        log.note(Self.device(.lost, .missing), now: 0)
        log.note(Self.device(.open), now: 0)
        log.note(Self.device(.released), now: 0)
        log.note(Self.device(.open), now: 0)
        #expect(lines.all.count == 2)
        #expect(lines.all.last == "warning: The capture device mic is open again.")
    }

    @Test func gapsAreCountedTogether() {
        let lines = LogLines()
        var log = EventLog(logger: lines.logger(.warning))
        log.note(.gap(.init(lostFrames: 100, cause: "overrun")), now: 0)
        #expect(lines.all == ["warning: Sound was lost: 100 frames (overrun)."])
        for second in 1...5 {
            log.note(.gap(.init(lostFrames: 10, cause: "overrun")), now: Int64(second) * 1_000_000_000)
        }
        log.noteTime(9_999_999_999)
        #expect(lines.all.count == 1)
        log.noteTime(10_000_000_000)
        log.noteTime(30_000_000_000)
        #expect(lines.all.dropFirst() == ["warning: Sound was lost 5 times: 50 frames (overrun)."])
    }

    @Test func digitsAreSecretUnlessAskedFor() {
        let secret = LogLines()
        var log = EventLog(logger: secret.logger(.trace))
        log.note(Self.digit, now: 0)
        log.note(.rejected(.init(seq: 2, reason: .notADigit, start: 0, end: 1)), now: 0)
        #expect(secret.all.isEmpty)

        let told = LogLines()
        log = EventLog(logger: told.logger(.warning), logsDigits: true)
        log.note(Self.digit, now: 0)
        log.note(.rejected(.init(seq: 2, reason: .notADigit, start: 0, end: 1)), now: 0)
        #expect(told.all == ["notice: digit 7, confidence 0.9", "notice: rejected: not_a_digit"])
    }
}
