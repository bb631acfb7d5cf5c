import Glibc

/// What a capture does next, and after every kind of failure: a pure state machine.
///
/// The owner carries out each action and gives its result back: `next(after:now:)` is called with the outcome of the action
/// that it returned last. No ALSA, no clock, no waiting in here; every sequence of results can be tested.
///
///     open ─ announceOpened ─ start ─ capture ┬ EPIPE ─ prepare ─ start ─ reportGap ─ capture
///       ↑                                     ├ ESTRPIPE ─ resume (again and again) ─ else prepare
///       ├── pause ── close ── reportLost ─────┼ anything else, 2 s without a frame, a recovery that fails
///       └── idle ── reportReleased ── close ──┴ released by its owner, at any point
///
/// A loss is reported before the device is closed, since closing may hang with a sound server that is stopped. It is reported
/// once, and again only when its reason changes, however often the device is tried, and even if it opens and then gives no
/// frame.
struct CaptureRecovery: Sendable {
    /// What to do now.
    enum Action: Equatable, Sendable {
        /// Open the device by name, set it up and prepare it.
        case open
        /// Tell the consumer that the device is open, in front of its first frame.
        case announceOpened
        /// `snd_pcm_start`.
        case start
        /// Wait for a period and read it.
        case capture
        /// `snd_pcm_prepare`.
        case prepare
        /// `snd_pcm_resume`.
        case resume
        /// Tell the consumer that so many frames are lost.
        case reportGap(lostFrames: Int, cause: GapCause)
        /// `snd_pcm_close`.
        case close
        /// Tell the consumer that the device is gone, or gone for another reason than before.
        case reportLost(DeviceLoss)
        /// Tell the consumer that the device was given back.
        case reportReleased
        /// Wait so many nanoseconds, or until the device is to be given back.
        case pause(nanoseconds: Int64)
        /// Wait until the device is wanted again.
        case idle
    }

    /// How the action went.
    enum Outcome: Equatable, Sendable {
        /// Nothing was done yet.
        case none
        /// It went well; for `capture` use `frames`.
        case done
        /// `open` went well.
        case opened(rate: Int)
        /// So many frames were read (0 when the wait timed out), the last captured at `end` (CLOCK_MONOTONIC ns).
        case frames(Int, end: Int64)
        /// An `errno` value, positive.
        case failed(CInt)
    }

    /// Limits and waits.
    enum Limit {
        /// Silence of the driver that counts as a fault.
        static let stall: Int64 = 2_000_000_000
        /// First wait before a device is opened again.
        static let backOffMin: Int64 = 250_000_000
        /// Longest such wait. A device must be back in use within 2 s of its return: the wait and the opening have to fit
        /// into that, and a sound server that has just started takes up to 0.7 s to open on a busy machine (seen). An
        /// attempt costs under a millisecond, so 5 s would save nothing.
        static let backOffMax: Int64 = 1_000_000_000
        /// Wait between attempts to resume.
        static let resumePause: Int64 = 100_000_000
        /// Attempts to resume before `prepare`: a driver may answer EAGAIN for a while, or 0 without being resumed.
        static let resumeTries = 10
        /// Recoveries without a frame in between before the device counts as lost.
        static let recoveries = 5
    }

    private var last: Action?
    private var rate = 0
    /// When the last delivered frame was captured, or the stream was started.
    private var frameEnd: Int64 = 0
    /// When something last came from the driver, or the stream was started.
    private var progress: Int64 = 0
    private var backOff = Limit.backOffMin
    private var recoveryCount = 0
    private var resumeCount = 0
    private var gapCause: GapCause?
    private var isOpen = false
    /// Whether the device gave frames since it was opened.
    private var hasFrames = false
    /// Whether the device is being closed because it is not wanted.
    private var isReleasing = false
    private var loss = DeviceLoss.silence
    /// What the consumer was told last, if no frame came since.
    private var reportedReason: LossReason?

    /// The next action.
    ///
    /// - Parameters:
    ///   - outcome: how the action returned last went; `.none` at first.
    ///   - now: CLOCK_MONOTONIC in ns.
    ///   - isReleased: whether the device is to be given back, or left alone.
    mutating func next(after outcome: Outcome, now: Int64, isReleased: Bool = false) -> Action {
        let action = decide(last, outcome, now)
        last = isReleased ? release(insteadOf: action) : action
        return last!
    }

    /// What stands in the way of a release is finished first: a device that is open is closed, and a report is given.
    private mutating func release(insteadOf action: Action) -> Action {
        switch action {
        case .close, .reportLost, .reportGap, .reportReleased, .idle:
            return action
        case .open where last == .idle:
            return .idle
        case .open, .pause, .announceOpened, .start, .capture, .prepare, .resume:
            guard isOpen else { return .reportReleased }
            isReleasing = true
            return close()
        }
    }

    private mutating func decide(_ action: Action?, _ outcome: Outcome, _ now: Int64) -> Action {
        switch action {
        case nil: .open
        case .open: afterOpen(outcome)
        case .announceOpened: .start
        case .start: afterStart(outcome, now)
        case .capture: afterCapture(outcome, now)
        case .prepare: afterPrepare(outcome)
        case .resume: afterResume(outcome, now)
        case .reportGap: .capture
        case .close: afterClose()
        case .reportLost: isOpen ? close() : pauseBeforeOpening()
        // A pause stands before an opening, or between attempts to resume.
        case .pause: resumeCount > 0 ? resume() : .open
        case .reportReleased: .idle
        case .idle: openAnew()
        }
    }

    private mutating func afterOpen(_ outcome: Outcome) -> Action {
        guard case .opened(let rate) = outcome else {
            if case .failed(let code) = outcome { loss = DeviceLoss(code: code) }
            return reportLoss()
        }
        self.rate = rate
        isOpen = true
        hasFrames = false
        recoveryCount = 0
        resumeCount = 0
        gapCause = nil
        return .announceOpened
    }

    private mutating func afterClose() -> Action {
        guard isReleasing else { return pauseBeforeOpening() }
        isReleasing = false
        return .reportReleased
    }

    /// The first attempt after a release, as at the beginning.
    private mutating func openAnew() -> Action {
        reportedReason = nil
        backOff = Limit.backOffMin
        return .open
    }

    /// Reports the loss if the consumer does not know it.
    private mutating func reportLoss() -> Action {
        guard loss.reason != reportedReason else { return isOpen ? close() : pauseBeforeOpening() }
        reportedReason = loss.reason
        return .reportLost(loss)
    }

    private mutating func afterStart(_ outcome: Outcome, _ now: Int64) -> Action {
        if case .failed(let code) = outcome { return recover(from: code) }
        progress = now
        return resumeReading(now)
    }

    /// The stream runs: reports the gap that brought it here, if one did.
    private mutating func resumeReading(_ now: Int64) -> Action {
        // What was lost before the first frame is no gap: the sound begins with that frame.
        guard let cause = gapCause, hasFrames else {
            gapCause = nil
            frameEnd = now
            return .capture
        }
        // ALSA does not say what an overrun lost: the time since the last frame that was read does. The clocks of the card
        // and of the system differ and the stamps are as coarse as a period, so it may come out below 0.
        // In floating point: a process that was stopped for days would overflow the product.
        let lost = (Double(max(0, now - frameEnd)) * 1e-9 * Double(rate)).rounded(.down)
        gapCause = nil
        frameEnd = now
        return .reportGap(lostFrames: Int(lost), cause: cause)
    }

    private mutating func afterCapture(_ outcome: Outcome, _ now: Int64) -> Action {
        switch outcome {
        case .frames(let count, let end) where count > 0:
            frameEnd = end
            progress = now
            backOff = Limit.backOffMin
            recoveryCount = 0
            resumeCount = 0
            hasFrames = true
            reportedReason = nil
            return .capture
        case .failed(let code):
            return recover(from: code)
        default:
            return now - progress >= Limit.stall ? lose(.silence) : .capture
        }
    }

    private mutating func afterPrepare(_ outcome: Outcome) -> Action {
        // After an overrun of a healthy device `prepare` does not fail: the device is gone (a killed sound server says
        // EPIPE for ever, and EIO here).
        if case .failed(let code) = outcome { return lose(DeviceLoss(code: code)) }
        return .start
    }

    private mutating func afterResume(_ outcome: Outcome, _ now: Int64) -> Action {
        switch outcome {
        case .failed(EAGAIN):
            return .pause(nanoseconds: Limit.resumePause)
        case .failed(let code) where isLoss(code):
            return lose(DeviceLoss(code: code))
        case .failed:
            return prepare()
        default:
            // The driver says that it runs. If it does not, `capture` gives ESTRPIPE again and the count goes on.
            progress = now
            return resumeReading(now)
        }
    }

    /// What an error of `capture` or `start` asks for.
    private mutating func recover(from code: CInt) -> Action {
        switch code {
        case EAGAIN, EINTR:
            return last == .start ? prepare() : .capture
        case EPIPE:
            gapCause = gapCause ?? .overrun
            return prepare()
        case ESTRPIPE:
            gapCause = .suspend
            return resume()
        default:
            return lose(DeviceLoss(code: code))
        }
    }

    private mutating func resume() -> Action {
        resumeCount += 1
        return resumeCount <= Limit.resumeTries ? .resume : prepare()
    }

    private mutating func prepare() -> Action {
        resumeCount = 0
        recoveryCount += 1
        return recoveryCount <= Limit.recoveries ? .prepare : lose(DeviceLoss(code: EIO))
    }

    private mutating func lose(_ newLoss: DeviceLoss) -> Action {
        loss = newLoss
        return reportLoss()
    }

    private mutating func close() -> Action {
        isOpen = false
        resumeCount = 0
        gapCause = nil
        return .close
    }

    private mutating func pauseBeforeOpening() -> Action {
        defer { backOff = min(2 * backOff, Limit.backOffMax) }
        return .pause(nanoseconds: backOff)
    }

    private func isLoss(_ code: CInt) -> Bool { code == ENODEV || code == EBADFD || code == EIO }
}
