import ServiceManager
import Testing

@Suite struct WatchdogFeedTests {
    private static let second: Int64 = 1_000_000_000
    private var feed = WatchdogFeed(interval: .seconds(9), inputIsFile: false)

    @Test mutating func progressFeedsOnceInAThirdOfTheInterval() {
        var fed: [Int] = []
        for tenth in 0..<100 {
            let now = 5 * Self.second + Int64(tenth) * Self.second / 10
            if feed.turn(now: now, captureHeartbeat: UInt64(tenth), captureIsInDeviceCall: false) { fed.append(tenth) }
        }
        #expect(fed == [0, 30, 60, 90])
    }

    @Test mutating func hungCaptureFeedsNothingUntilItTurnsAgain() {
        let first = feed.turn(now: 0, captureHeartbeat: 7, captureIsInDeviceCall: false)
        #expect(first)
        for second in 1...100 {
            let isFed = feed.turn(now: Int64(second) * Self.second, captureHeartbeat: 7, captureIsInDeviceCall: false)
            #expect(!isFed)
        }
        let again = feed.turn(now: 101 * Self.second, captureHeartbeat: 8, captureIsInDeviceCall: false)
        #expect(again)
    }

    @Test mutating func heartbeatBetweenTwoFeedsCountsThoughItStoodStillSince() {
        _ = feed.turn(now: 0, captureHeartbeat: 1, captureIsInDeviceCall: false)
        let early = feed.turn(now: Self.second, captureHeartbeat: 2, captureIsInDeviceCall: false)
        let due = feed.turn(now: 3 * Self.second, captureHeartbeat: 2, captureIsInDeviceCall: false)
        let still = feed.turn(now: 6 * Self.second, captureHeartbeat: 2, captureIsInDeviceCall: false)
        #expect(!early && due && !still)
    }

    @Test mutating func deviceCallThatHangsIsFed() {
        for third in 0..<10 {
            let now = Int64(third) * 3 * Self.second
            let isFed = feed.turn(now: now, captureHeartbeat: 1, captureIsInDeviceCall: true)
            #expect(isFed)
        }
    }

    @Test func fileIsFedByTheLoopAlone() {
        var feed = WatchdogFeed(interval: .seconds(9), inputIsFile: true)
        let fed = (0..<10).map { feed.turn(now: $0 * Self.second, captureHeartbeat: 0, captureIsInDeviceCall: false) }
        #expect(fed == [true, false, false, true, false, false, true, false, false, true])
    }

    /// WATCHDOG_USEC may be any number; these are on both sides of what nanoseconds of 64 bits hold.
    @Test(arguments: [9_223_372_036_854_775, 9_223_372_036_854_776, 9_223_372_036_999_999, 9_223_372_037_000_000, .max])
    func longIntervalIsFedAtFirst(microseconds: Int64) {
        var feed = WatchdogFeed(interval: .microseconds(microseconds), inputIsFile: true)
        let fed = [0, 3_000_000_000_000_000_000].map {
            feed.turn(now: $0, captureHeartbeat: 0, captureIsInDeviceCall: false)
        }
        #expect(fed == [true, false])
    }

    @Test mutating func heartbeatThatWrapsIsProgress() {
        _ = feed.turn(now: 0, captureHeartbeat: .max, captureIsInDeviceCall: false)
        let isFed = feed.turn(now: 3 * Self.second, captureHeartbeat: 0, captureIsInDeviceCall: false)
        #expect(isFed)
    }

    @Test func endlessIntervalIsFedOnce() {
        var feed = WatchdogFeed(interval: .seconds(Int64.max), inputIsFile: true)
        let first = feed.turn(now: 0, captureHeartbeat: 0, captureIsInDeviceCall: false)
        let second = feed.turn(now: .max - 1, captureHeartbeat: 0, captureIsInDeviceCall: false)
        #expect(first && !second)
    }
}
