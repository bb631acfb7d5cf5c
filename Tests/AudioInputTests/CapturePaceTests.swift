import Testing

@testable import AudioInput

@Suite struct CapturePaceTests {
    /// A pace after a second of periods of 10 ms, `speed` times as fast as they should come, and when that was.
    private func pace(speed: Double, isAll: Bool = true) -> (CapturePace, now: Int64) {
        var pace = CapturePace(rate: 8000, bufferFrames: 2400)
        var now = 1.0
        while now < 2 {
            pace.read(frames: 80, isAll: isAll, now: Int64(now * 1e9))
            now += 0.01 / speed
        }
        return (pace, Int64(now * 1e9))
    }

    @Test func deviceThatKeepsTimeMayBeLeftAlone_forAThirdOfItsBuffer() {
        let (pace, now) = pace(speed: 1)
        #expect(pace.mayNap(now: now))
        #expect(pace.napLimit == 100_000_000)
    }

    @Test(arguments: [2.0, 4, 8, 100]) func deviceThatRunsAheadMayNot(speed: Double) {
        let (pace, now) = pace(speed: speed)
        #expect(!pace.mayNap(now: now))
    }

    @Test func deviceThatHasMoreMayNot() {
        let (pace, now) = pace(speed: 1, isAll: false)
        #expect(!pace.mayNap(now: now))
    }

    @Test func deviceThatWasInterruptedOrHasJustBegunMayNot() {
        var (pace, now) = pace(speed: 1)
        pace.interrupt()
        #expect(!pace.mayNap(now: now))
        pace = CapturePace(rate: 8000, bufferFrames: 2400)
        #expect(!pace.mayNap(now: now))
        pace.read(frames: 80, isAll: true, now: now)
        #expect(!pace.mayNap(now: now))
        now += 10_000_000
        pace.read(frames: 80, isAll: true, now: now)
        #expect(!pace.mayNap(now: now))
    }
}
