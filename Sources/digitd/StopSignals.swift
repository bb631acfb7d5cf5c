import Dispatch
import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish to stop. The second signal ends the process at once.
final class StopSignals: Sendable {
    /// The signal that came first; 0 before.
    private let first = Atomic<CInt>(0)
    /// Written by `init` only.
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []
    private let whenWished: @Sendable () -> Void

    /// Whether a signal has come.
    var isStopWished: Bool { firstNumber != nil }

    /// The number of the signal that came first.
    var firstNumber: CInt? {
        let number = first.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Catches the signals as long as the value lives.
    ///
    /// - Parameter grace: seconds after the first signal in which the process must have ended by itself; then the signal's
    ///   own action ends it. That is for a thread that cannot look, blocked in a write to a reader that stalls or in
    ///   opening a pipe. nil waits for as long as it takes.
    /// - Parameter whenWished: called at the first signal, on a thread of its own choice; for work that does not look by itself.
    init(grace: Double? = nil, whenWished: @escaping @Sendable () -> Void = {}) {
        self.whenWished = whenWished
        sources = [SIGINT, SIGTERM].map { number in
            // A dispatch source sees only signals whose own action is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler { [weak self] in self?.receive(number, grace) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    private func receive(_ number: CInt, _ grace: Double?) {
        guard first.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing).exchanged else {
            Self.end(by: number)
        }
        whenWished()
        if let grace {
            DispatchQueue.global(qos: .userInteractive).asyncAfter(deadline: .now() + grace) { Self.end(by: number) }
        }
    }

    /// Ends the process as the signal would have, so that a shell sees by what it ended.
    static func end(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        var set = sigset_t()
        sigemptyset(&set)
        sigaddset(&set, number)
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
        // To this thread: one that goes to the process may come only after this thread has gone on.
        raise(number)
        _exit(128 + number)
    }
}
