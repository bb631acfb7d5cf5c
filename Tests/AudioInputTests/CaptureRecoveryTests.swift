import Glibc
import Testing

@testable import AudioInput

@Suite struct CaptureRecoveryTests {
    typealias Action = CaptureRecovery.Action
    typealias Outcome = CaptureRecovery.Outcome
    private static let second: Int64 = 1_000_000_000

    /// A recovery that has opened a device of 8 kHz and read one period that ended at 1 s.
    private func capturing() -> CaptureRecovery {
        var recovery = CaptureRecovery()
        #expect(recovery.next(after: .none, now: Self.second) == .open)
        #expect(recovery.next(after: .opened(rate: 8000), now: Self.second) == .announceOpened)
        #expect(recovery.next(after: .done, now: Self.second) == .start)
        #expect(recovery.next(after: .done, now: Self.second) == .capture)
        #expect(recovery.next(after: .frames(80, end: Self.second), now: Self.second) == .capture)
        return recovery
    }

    /// Feeds outcomes at times (in s) and expects the actions.
    private func expect(
        _ recovery: inout CaptureRecovery, _ steps: [(after: Outcome, at: Double, Action)],
        _ location: SourceLocation = #_sourceLocation
    ) {
        for (step, (outcome, time, action)) in steps.enumerated() {
            let result = recovery.next(after: outcome, now: Int64(time * 1e9))
            #expect(result == action, "step \(step)", sourceLocation: location)
        }
    }

    @Test func overrunIsPreparedStartedAndReported() {
        var recovery = capturing()
        expect(
            &recovery,
            [
                (.failed(EPIPE), 1.1, .prepare), (.done, 1.1, .start),
                (.done, 1.5, .reportGap(lostFrames: 4000, cause: .overrun)), (.done, 1.5, .capture),
                (.frames(80, end: 1_510_000_000), 1.51, .capture),
            ])
    }

    @Test func overrunWithFailingPrepareIsLoss() {
        var recovery = capturing()
        expect(
            &recovery,
            [
                (.failed(EPIPE), 1.1, .prepare), (.failed(EIO), 1.1, .reportLost(.init(code: EIO))),
                (.done, 1.1, .close),
                (.done, 1.1, .pause(nanoseconds: 250_000_000)), (.done, 1.35, .open),
            ])
    }

    @Test func overrunsWithoutFramesBetweenAreLossInTheEnd() {
        var recovery = capturing()
        var action = Action.capture
        var prepares = 0
        for _ in 0..<100 where action != .close {
            action = recovery.next(after: action == .capture ? .failed(EPIPE) : .done, now: Self.second)
            if action == .prepare { prepares += 1 }
        }
        #expect(action == .close)
        #expect(prepares == CaptureRecovery.Limit.recoveries)
    }

    @Test func suspendIsResumedAndReported() {
        var recovery = capturing()
        expect(
            &recovery,
            [
                (.failed(ESTRPIPE), 2, .resume), (.failed(EAGAIN), 2, .pause(nanoseconds: 100_000_000)),
                (.done, 2.1, .resume), (.done, 2.1, .reportGap(lostFrames: 8800, cause: .suspend)),
                (.done, 2.1, .capture),
            ])
    }

    @Test func resumeThatIsNotSupportedIsPrepared() {
        var recovery = capturing()
        expect(
            &recovery,
            [
                (.failed(ESTRPIPE), 2, .resume), (.failed(ENOSYS), 2, .prepare), (.done, 2, .start),
                (.done, 2, .reportGap(lostFrames: 8000, cause: .suspend)),
            ])
    }

    @Test(arguments: [Outcome.done, .failed(EAGAIN)]) func resumeThatNeverWorksIsPreparedAfterBoundedTries(
        answer: Outcome
    ) {
        var recovery = capturing()
        var action = recovery.next(after: .failed(ESTRPIPE), now: Self.second)
        var resumes = 0
        for _ in 0..<1000 where action != .prepare {
            if action == .resume { resumes += 1 }
            let outcome: Outcome = action == .resume ? answer : action == .capture ? .failed(ESTRPIPE) : .done
            action = recovery.next(after: outcome, now: Self.second)
        }
        #expect(action == .prepare)
        #expect(resumes == CaptureRecovery.Limit.resumeTries)
    }

    @Test(arguments: [ENODEV, EBADFD, EIO, ENXIO, EBADF]) func lossIsClosedReportedAndOpenedAgain(code: CInt) {
        var recovery = capturing()
        expect(
            &recovery,
            [
                (.failed(code), 2, .reportLost(.init(code: code))), (.done, 2, .close),
                (.done, 2, .pause(nanoseconds: 250_000_000)), (.done, 2.25, .open),
                (.opened(rate: 48_000), 2.3, .announceOpened), (.done, 2.3, .start), (.done, 2.3, .capture),
            ])
    }

    @Test func backOffGrowsToItsLimitAndBeginsAnewAfterFrames() {
        var recovery = capturing()
        var pauses: [Int64] = []
        func lose() {
            var action = recovery.next(after: .failed(ENODEV), now: Self.second)
            for _ in 0..<20 {
                if case .pause(let nanoseconds) = action { pauses.append(nanoseconds / 1_000_000) }
                action = recovery.next(after: action == .open ? .failed(ENODEV) : .done, now: Self.second)
            }
            while action != .open { action = recovery.next(after: .done, now: Self.second) }
        }
        lose()
        #expect(Array(pauses.prefix(5)) == [250, 500, 1000, 1000, 1000])
        #expect(recovery.next(after: .opened(rate: 8000), now: 1) == .announceOpened)
        #expect(recovery.next(after: .done, now: 1) == .start)
        #expect(recovery.next(after: .done, now: 1) == .capture)
        #expect(recovery.next(after: .frames(80, end: 1), now: 1) == .capture)
        pauses = []
        lose()
        #expect(pauses.first == 250)
    }

    @Test func openingWithoutFramesDoesNotShortenTheBackOff() {
        var recovery = capturing()
        var pauses: [Int64] = []
        var action = Action.capture
        for _ in 0..<60 {
            if case .pause(let nanoseconds) = action { pauses.append(nanoseconds / 1_000_000) }
            let outcome: Outcome = action == .open ? .opened(rate: 8000) : action == .capture ? .failed(ENODEV) : .done
            action = recovery.next(after: outcome, now: Self.second)
        }
        #expect(Array(pauses.prefix(5)) == [250, 500, 1000, 1000, 1000])
    }

    @Test func twoSecondsWithoutFramesAreLoss() {
        var recovery = capturing()
        expect(
            &recovery,
            [
                (.frames(0, end: 0), 1.5, .capture), (.failed(EAGAIN), 2.5, .capture),
                (.frames(0, end: 0), 2.99, .capture),
                (.frames(0, end: 0), 3, .reportLost(.silence)), (.done, 3, .close),
            ])
    }

    @Test func lostFramesAreNeverNegative() {
        var recovery = capturing()
        expect(&recovery, [(.frames(80, end: 2_000_000_000), 1.9, .capture), (.failed(EPIPE), 1.9, .prepare)])
        expect(&recovery, [(.done, 1.9, .start), (.done, 1.95, .reportGap(lostFrames: 0, cause: .overrun))])
    }

    @Test func anySequenceOfOutcomesKeepsItsPromises() {
        let codes = [EPIPE, ESTRPIPE, ENODEV, EIO, EBADFD, EAGAIN, EINTR, ENOSYS, EBUSY]
        for seed in 0..<2000 as Range<UInt64> {
            var random = LinearRandom(state: seed)
            var recovery = CaptureRecovery()
            var action = recovery.next(after: .none, now: 0)
            var isOpen = false
            var isReleased = false
            var toldReason: LossReason?
            var now: Int64 = 0
            for _ in 0..<200 {
                if UInt64.random(in: 0..<20, using: &random) == 0 { isReleased.toggle() }
                now += Int64.random(in: 0...300_000_000, using: &random)
                let fails = UInt64.random(in: 0..<3, using: &random) == 0
                var outcome = fails ? Outcome.failed(codes.randomElement(using: &random)!) : .done
                switch action {
                case .open:
                    #expect(!isOpen, "seed \(seed)")
                    if !fails { outcome = .opened(rate: 16_000) }
                    isOpen = !fails
                case .close:
                    #expect(isOpen, "seed \(seed)")
                    isOpen = false
                    outcome = .done
                case .capture:
                    let count = Int.random(in: 0...1, using: &random) * 160
                    if !fails { outcome = .frames(count, end: now) }
                    if !fails, count > 0 { toldReason = nil }
                case .reportGap(let lost, _): #expect(lost >= 0, "seed \(seed)")
                case .pause(let nanoseconds):
                    #expect((1...CaptureRecovery.Limit.backOffMax).contains(nanoseconds), "seed \(seed)")
                    outcome = .done
                case .reportLost(let loss):
                    #expect(loss.reason != toldReason, "seed \(seed)")
                    toldReason = loss.reason
                    outcome = .done
                case .reportReleased, .idle:
                    #expect(!isOpen, "seed \(seed)")
                    toldReason = nil
                    outcome = .done
                case .announceOpened: outcome = .done
                case .start, .prepare, .resume: break
                }
                if [.capture, .start, .prepare, .resume].contains(action) { #expect(isOpen, "seed \(seed)") }
                action = recovery.next(after: outcome, now: now, isReleased: isReleased)
            }
        }
    }
}

// MARK: - What the consumer is told

extension CaptureRecoveryTests {
    /// What the consumer is told while a device is retried: each attempt to open it gives the next of these codes.
    private func told(_ recovery: inout CaptureRecovery, _ first: Outcome, codes: [CInt]) -> [LossReason] {
        var told: [LossReason] = []
        var codes = codes[...]
        var action = recovery.next(after: first, now: Self.second)
        for _ in 0..<1000 {
            if case .reportLost(let loss) = action { told.append(loss.reason) }
            if action == .open, codes.isEmpty { return told }
            let outcome: Outcome = action == .open ? .failed(codes.removeFirst()) : .done
            action = recovery.next(after: outcome, now: Self.second)
        }
        Issue.record("never opened")
        return told
    }

    @Test func lossIsToldOnce_andAgainWhenItsReasonChanges() {
        var recovery = capturing()
        let codes = [ENODEV, ENOENT, EBUSY, EBUSY, EACCES, EPERM, EACCES, ECONNREFUSED, EIO, ENODEV]
        #expect(
            told(&recovery, .failed(ENODEV), codes: codes) == [.missing, .busy, .forbidden, .failed, .missing])
    }

    @Test func deviceThatIsNotThereAtFirstIsTold() {
        var recovery = CaptureRecovery()
        #expect(recovery.next(after: .none, now: 0) == .open)
        #expect(told(&recovery, .failed(EBUSY), codes: [EBUSY, EBUSY]) == [.busy])
    }

    @Test func lossAfterFramesIsToldAgain() {
        var recovery = capturing()
        #expect(told(&recovery, .failed(ENODEV), codes: [ENODEV]) == [.missing])
        expect(
            &recovery,
            [
                (.opened(rate: 8000), 3, .announceOpened), (.done, 3, .start), (.done, 3, .capture),
                (.frames(80, end: 3_000_000_000), 3, .capture),
            ])
        #expect(told(&recovery, .failed(ENODEV), codes: [ENODEV]) == [.missing])
    }

    @Test func deviceThatOpensAndGivesNothingIsToldOnce() {
        var recovery = capturing()
        var told: [LossReason] = []
        var action = Action.capture
        var now = 1.0
        for _ in 0..<200 {
            now += 0.3
            if case .reportLost(let loss) = action { told.append(loss.reason) }
            let outcome: Outcome =
                action == .open ? .opened(rate: 8000) : action == .capture ? .frames(0, end: 0) : .done
            action = recovery.next(after: outcome, now: Int64(now * 1e9))
        }
        #expect(told == [.silent])
    }

    @Test func whatIsLostBeforeTheFirstFrameIsNoGap() {
        var recovery = CaptureRecovery()
        expect(
            &recovery,
            [
                (.none, 1, .open), (.opened(rate: 8000), 1, .announceOpened), (.done, 1, .start), (.done, 1, .capture),
                (.failed(EPIPE), 1.1, .prepare), (.done, 1.1, .start), (.done, 1.2, .capture),
                (.frames(80, end: 1_200_000_000), 1.2, .capture),
                (.failed(EPIPE), 1.3, .prepare), (.done, 1.3, .start),
                (.done, 1.4, .reportGap(lostFrames: 1600, cause: .overrun)),
            ])
    }

    @Test func timeOutOfASoundServerIsNoSilence() {
        #expect(DeviceLoss(code: ETIMEDOUT).reason == .failed)
        #expect(DeviceLoss(DeviceLoss.silence.entry) == .silence)
        #expect(DeviceLoss(DeviceLoss(code: EBUSY).entry) == DeviceLoss(code: EBUSY))
    }
}

// MARK: - Release

extension CaptureRecoveryTests {
    /// The actions after `first` while the device is to be given back, each of which goes well.
    private func releasing(_ recovery: inout CaptureRecovery, _ first: Outcome, count: Int) -> [Action] {
        var outcome = first
        return (0..<count).map { _ in
            defer { outcome = .done }
            return recovery.next(after: outcome, now: Self.second, isReleased: true)
        }
    }

    @Test func releasedDeviceIsClosedAndWaitedFor() {
        var recovery = capturing()
        let actions = releasing(&recovery, .frames(80, end: Self.second), count: 5)
        #expect(actions == [.close, .reportReleased, .idle, .idle, .idle])
        expect(&recovery, [(.done, 9, .open), (.opened(rate: 16_000), 9, .announceOpened), (.done, 9, .start)])
    }

    @Test func lostDeviceIsReleasedWithoutClosingItAgain() {
        var recovery = capturing()
        #expect(told(&recovery, .failed(ENODEV), codes: [ENODEV, ENODEV, ENODEV]) == [.missing])
        #expect(releasing(&recovery, .failed(ENODEV), count: 3) == [.reportReleased, .idle, .idle])
    }

    @Test func deviceThatIsWantedAgainIsOpenedAtOnce_andItsLossToldAnew() {
        var recovery = capturing()
        #expect(told(&recovery, .failed(ENODEV), codes: [ENODEV, ENODEV, ENODEV]) == [.missing])
        _ = releasing(&recovery, .failed(ENODEV), count: 3)
        expect(
            &recovery,
            [
                (.done, 9, .open), (.failed(ENODEV), 9, .reportLost(.init(code: ENODEV))),
                (.done, 9, .pause(nanoseconds: 250_000_000)),
            ])
    }

    @Test func lossOnTheWayToAReleaseIsTold() {
        var recovery = capturing()
        let actions = releasing(&recovery, .failed(ENODEV), count: 4)
        #expect(actions == [.reportLost(.init(code: ENODEV)), .close, .reportReleased, .idle])
    }

    @Test func openingOnTheWayToAReleaseIsClosed() {
        var recovery = CaptureRecovery()
        #expect(recovery.next(after: .none, now: Self.second) == .open)
        let actions = releasing(&recovery, .opened(rate: 8000), count: 3)
        #expect(actions == [.close, .reportReleased, .idle])
    }

    @Test func releaseThatIsTakenBackWhileItHappensEndsOpen() {
        var recovery = capturing()
        expect(&recovery, [(.frames(80, end: Self.second), 1, .capture)])
        #expect(releasing(&recovery, .frames(80, end: Self.second), count: 1) == [.close])
        expect(&recovery, [(.done, 1, .reportReleased), (.done, 1, .idle), (.done, 1, .open)])
    }
}

/// A small generator with a seed, so that a failure can be repeated.
struct LinearRandom: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return (state ^ (state >> 33)) &* 0xff51_afd7_ed55_8ccd
    }
}
