import Dispatch
import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish to stop. The second signal ends the process at once.
final class StopSignals: Sendable {
    private let wish = Atomic<Bool>(false)
    /// Written by `init` only.
    private nonisolated(unsafe) var sources: [any DispatchSourceSignal] = []

    /// Whether a signal has come.
    var isStopWished: Bool { wish.load(ordering: .acquiring) }

    /// Catches the signals as long as the value lives.
    ///
    /// - Parameter onStop: called once, on a thread of its own, when the first signal comes.
    init(onStop: @escaping @Sendable () -> Void = {}) {
        sources = [SIGINT, SIGTERM].map { number in
            // A dispatch source sees only signals whose own action is off.
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global(qos: .userInteractive))
            source.setEventHandler { [weak self] in self?.receive(number, onStop) }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    private func receive(_ number: CInt, _ onStop: () -> Void) {
        if wish.exchange(true, ordering: .acquiringAndReleasing) {
            signal(number, SIG_DFL)
            kill(getpid(), number)
        }
        onStop()
    }
}
