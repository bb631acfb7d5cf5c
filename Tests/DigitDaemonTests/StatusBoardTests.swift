import DigitDaemon
import DigitEvents
import Testing

@Suite struct StatusBoardTests {
    static func board(_ now: @escaping @Sendable () -> Int64 = { 0 }) -> StatusBoard {
        StatusBoard(release: "1.2.3", model: "digits.safetensors", checksum: "abc", monotonicNanoseconds: now)
    }

    static func digit(_ latency: Int?) -> DigitEvent {
        .digit(.init(seq: 1, digit: 7, confidence: 0.9, start: 0, end: 1, at: 1.1, latencyMilliseconds: latency))
    }

    @Test func nothingYet() {
        let status = Self.board().status
        #expect(status == .init(release: "1.2.3", model: "digits.safetensors", checksum: "abc"))
        #expect(status.delay == nil)
    }

    @Test func countsEvents() {
        let board = Self.board()
        for _ in 0..<3 { board.note(Self.digit(nil)) }
        board.note(.rejected(.init(seq: 2, reason: .tooShort, start: 0, end: 1)))
        board.note(.gap(.init(lostFrames: 480, cause: "overrun")))
        board.note(.gap(.init(lostFrames: 20, cause: "suspend")))
        board.note(.speech(.init(state: .start, at: 1)))
        board.note(streamSeconds: 12.5)
        let status = board.status
        #expect(status.digits == 3)
        #expect(status.rejected == 1)
        #expect(status.gaps == 2)
        #expect(status.lostFrames == 500)
        #expect(status.stream == 12.5)
    }

    @Test func lossTakesTheFormatAwayAndReturnTheReason() {
        let board = Self.board()
        board.note(.device(.init(state: .open, name: "mic", rate: 48_000, channels: 2)))
        #expect(board.status.state == .open)
        #expect(board.status.rate == 48_000)
        board.note(.device(.init(state: .lost, name: "mic", reason: .missing, error: "No such device")))
        #expect(board.status.state == .lost)
        #expect(board.status.rate == nil)
        #expect(board.status.error == "No such device")
        board.note(.device(.init(state: .open, name: "mic", rate: 16_000, channels: 1)))
        #expect(board.status.error == nil)
        #expect(board.status.channels == 1)
    }

    @Test func percentilesAreOfTheLastDigits() {
        let board = Self.board()
        for _ in 0..<300 { board.note(Self.digit(9000)) }
        for latency in 1...256 { board.note(Self.digit(latency)) }
        #expect(board.status.delay == .init(p50: 128, p95: 244, max: 256))
    }

    @Test func oneDigitIsEveryPercentile() {
        let board = Self.board()
        board.note(Self.digit(80))
        board.note(Self.digit(nil))
        #expect(board.status.delay == .init(p50: 80, p95: 80, max: 80))
    }

    @Test func uptimeIsTimeSinceTheBeginning() {
        let clock = ManualClock()
        let board = Self.board { clock.now }
        clock.now = 90_061_500_000_000
        #expect(board.status.uptime == 90_061.5)
    }
}
