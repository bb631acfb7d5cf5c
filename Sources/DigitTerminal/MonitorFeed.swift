import DigitEvents
import Glibc
import Synchronization

/// Where the monitor's events meet: the thread or task that they come from fills it, the display looks at it.
///
/// Nothing waits in it: each event goes into the state at once, so a display that is held up costs no memory.
public final class MonitorFeed: Sendable {
    private struct Contents {
        var state: MonitorState
        var isEnded = false
        var error: (any Error)?
    }

    private let contents: Mutex<Contents>
    private let stopWish = Atomic<Bool>(false)
    let wake: WakePipe

    /// An empty feed.
    public init(source: MonitorState.Source) throws(TerminalError) {
        contents = Mutex(Contents(state: MonitorState(source: source)))
        wake = try WakePipe()
    }

    /// Begins anew with events from elsewhere.
    public func begin(source: MonitorState.Source) {
        contents.withLock { $0.state = MonitorState(source: source) }
    }

    /// Takes an event, from any thread.
    public func take(_ event: DigitEvent) {
        let isStart = contents.withLock { contents in
            contents.state.take(event, at: MonitorClock.seconds)
            if case .version = event { return true }
            return false
        }
        if isStart { wake.wake() }
    }

    /// No more events will come; the first reason counts.
    public func end(_ error: (any Error)? = nil) {
        contents.withLock { contents in
            guard !contents.isEnded else { return }
            contents.isEnded = true
            contents.error = error
        }
        wake.wake()
    }

    /// Why the events have ended, if for an error.
    public var error: (any Error)? { contents.withLock { $0.error } }

    /// Whether whoever fills the feed may end.
    public var isStopWished: Bool { stopWish.load(ordering: .acquiring) }

    func stop() { stopWish.store(true, ordering: .releasing) }
    var state: MonitorState { contents.withLock { $0.state } }
    var isEnded: Bool { contents.withLock { $0.isEnded } }
    var isStarted: Bool { state.connection != .waiting }
}

/// The clock of the monitor.
enum MonitorClock {
    /// CLOCK_MONOTONIC, in seconds.
    static var seconds: Double {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
