import DaemonConfiguration
import Testing

@testable import DigitDaemon

@Suite struct IdleReleaseTests {
    static let second: Int64 = 1_000_000_000

    static func capture(_ isOn: Bool, after seconds: Double = 30) -> Configuration.Capture {
        var capture = Configuration.Capture()
        capture.releaseWhenIdle = isOn
        capture.releaseAfter = seconds
        return capture
    }

    @Test func neverUnlessAskedFor() {
        var idle = IdleRelease(Self.capture(false), now: 0)
        for time in 0..<1000 { #expect(idle.turn(hasListeners: false, now: Int64(time) * Self.second) == nil) }
    }

    @Test func onceAfterTheLastListenerAndOnceForTheNext() {
        var idle = IdleRelease(Self.capture(true), now: 0)
        #expect(idle.turn(hasListeners: true, now: 100 * Self.second) == nil)
        #expect(idle.turn(hasListeners: false, now: 129 * Self.second) == nil)
        #expect(idle.turn(hasListeners: false, now: 130 * Self.second) == .release)
        #expect(idle.turn(hasListeners: false, now: 131 * Self.second) == nil)
        #expect(idle.turn(hasListeners: true, now: 140 * Self.second) == .acquire)
        #expect(idle.turn(hasListeners: true, now: 141 * Self.second) == nil)
    }

    @Test func switchedOffItGivesTheDeviceBackToTheDaemon() {
        var idle = IdleRelease(Self.capture(true, after: 0), now: 0)
        #expect(idle.turn(hasListeners: false, now: 0) == .release)
        idle.change(Self.capture(false))
        #expect(idle.turn(hasListeners: false, now: 1) == .acquire)
    }
}
