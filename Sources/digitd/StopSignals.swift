import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish to stop. The second signal ends the process at once.
///
/// A thread of its own, made at the beginning, waits for them: a dispatch queue may want a new thread at that moment, and where
/// there are none left (memory, TasksMax) the process could not be told to end. One value at a time in a process.
///
/// The handlers run on that thread too, because the one that makes the value holds the signals back from then on, and so does
/// every thread that it starts afterwards. They may be computing, and in oneDNN's `dnnl_sgemm` for AVX2 the stack pointer
/// stands in a buffer on the heap: the kernel would write a handler's frame over whatever lies below.
final class StopSignals: Sendable {
    private let wish: StopWish

    /// Whether a signal has come.
    var isStopWished: Bool { firstNumber != nil }

    /// The number of the signal that came first.
    var firstNumber: CInt? { wish.firstNumber }

    /// Catches the signals as long as the value lives.
    ///
    /// - Parameter grace: seconds after the first signal in which the process must have ended by itself; then the signal's
    ///   own action ends it. That is for a thread that cannot look, blocked in a write to a reader that stalls or in
    ///   opening a pipe. nil waits for as long as it takes.
    /// - Parameter whenWished: called at the first signal, on a thread of its own choice; for work that does not look by itself.
    init(grace: Double? = nil, whenWished: @escaping @Sendable () -> Void = {}) {
        wish = StopWish(grace: grace, whenWished: whenWished)
        // Without a pipe or a thread the signals keep their own action, which ends the process as well.
        guard let readEnd = StopPipe.open(), wish.startThread(reading: readEnd) else { return }
        for number in StopPipe.numbers {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = report
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
        StopPipe.mask(SIG_BLOCK)
    }

    deinit {
        for number in StopPipe.numbers { signal(number, SIG_IGN) }
        StopPipe.put(StopPipe.end)
    }

    /// Ends the process as the signal would have, so that a shell sees by what it ended.
    static func end(by number: CInt) -> Never {
        signal(number, SIG_DFL)
        StopPipe.mask(SIG_UNBLOCK)
        // To this thread: one that goes to the process may come only after this thread has gone on.
        raise(number)
        _exit(128 + number)
    }
}

/// What the thread and its owner share; the thread keeps it for as long as it runs.
private final class StopWish: Sendable {
    /// The signal that came first; 0 before.
    private let first = Atomic<CInt>(0)
    private let grace: Double?
    private let whenWished: @Sendable () -> Void

    init(grace: Double?, whenWished: @escaping @Sendable () -> Void) {
        self.grace = grace
        self.whenWished = whenWished
    }

    var firstNumber: CInt? {
        let number = first.load(ordering: .acquiring)
        return number == 0 ? nil : number
    }

    /// Makes the thread; false where there is none to be had.
    func startThread(reading readEnd: CInt) -> Bool {
        let box = Unmanaged.passRetained(Body(wish: self, readEnd: readEnd))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                let body = Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue()
                body.wish.wait(body.readEnd)
                return nil
            }, box.toOpaque())
        if code == 0 { pthread_detach(thread) } else { box.release() }
        return code == 0
    }

    private func wait(_ readEnd: CInt) {
        // A thread inherits what its maker holds back.
        StopPipe.mask(SIG_UNBLOCK)
        var deadline: ContinuousClock.Instant?
        while true {
            let left = deadline.map { max(.zero, ContinuousClock.now.duration(to: $0)) }
            var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
            // Rounded up, not to turn in circles for the last millisecond.
            let ready = poll(&entry, 1, left.map { CInt(($0 / .milliseconds(1)).rounded(.up)) } ?? -1)
            if ready == 0, let firstNumber { StopSignals.end(by: firstNumber) }
            guard ready > 0 else { continue }
            var byte: UInt8 = 0
            guard read(readEnd, &byte, 1) == 1 else { continue }
            if byte == StopPipe.end { return }
            receive(CInt(byte))
            if deadline == nil { deadline = grace.map { .now + .seconds($0) } }
        }
    }

    private func receive(_ number: CInt) {
        guard first.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing).exchanged else {
            StopSignals.end(by: number)
        }
        whenWished()
    }

    private final class Body: Sendable {
        let wish: StopWish
        let readEnd: CInt

        init(wish: StopWish, readEnd: CInt) {
            self.wish = wish
            self.readEnd = readEnd
        }
    }
}

/// The pipe from the handlers to the thread. It is made once and never closed: a handler may be about to write to it.
private enum StopPipe {
    static let numbers = [SIGINT, SIGTERM]
    /// What ends the thread, in place of a signal's number.
    static let end: UInt8 = 0

    /// The end to read from; nil where no pipe can be made.
    static func open() -> CInt? {
        if stopPipe.writeEnd < 0 {
            var ends: [CInt] = [-1, -1]
            guard pipe(&ends) == 0 else { return nil }
            for end in ends {
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            }
            stopPipe = (ends[0], ends[1])
        }
        return stopPipe.readEnd
    }

    /// Holds the signals back from the calling thread (`SIG_BLOCK`), or no more (`SIG_UNBLOCK`).
    static func mask(_ how: CInt) {
        var set = sigset_t()
        sigemptyset(&set)
        for number in numbers { sigaddset(&set, number) }
        pthread_sigmask(how, &set, nil)
    }

    static func put(_ byte: UInt8) {
        var byte = byte
        _ = write(stopPipe.writeEnd, &byte, 1)
    }
}

/// Written before a handler is in place.
private nonisolated(unsafe) var stopPipe: (readEnd: CInt, writeEnd: CInt) = (-1, -1)

/// Only functions that signal-safety(7) lists.
private func report(_ number: CInt) {
    let code = errno
    StopPipe.put(UInt8(truncatingIfNeeded: number))
    errno = code
}
