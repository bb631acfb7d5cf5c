import Glibc

/// Signals as something to read: a program that has a terminal to restore may not be ended by their own actions.
///
/// One value at a time in a process: the signals' handlers write to its pipe. A signal that is ignored when it begins, as
/// SIGHUP is under nohup(1), stays so.
public final class TerminalSignals {
    /// What a signal asks for.
    public enum Wish: Sendable, Equatable {
        /// SIGINT, SIGTERM, SIGQUIT or SIGHUP: end.
        case end
        /// SIGTSTP: give the terminal back and stop.
        case stop
        /// SIGCONT, but not after `stopProcess`: go on; the terminal is in another's state.
        case goOn
        /// SIGWINCH: the size of the terminal has changed.
        case resize
    }

    /// Readable when a signal has come.
    var descriptor: CInt { pipe.readEnd }
    private let pipe: WakePipe
    private var caught: [(number: CInt, before: sigaction)] = []

    /// Catches the signals as long as the value lives.
    ///
    /// - Parameter stops: whether those of job control and size are caught too.
    public init(stops: Bool) throws(TerminalError) {
        pipe = try WakePipe()
        signalPipe = pipe.writeEnd
        for number in [SIGINT, SIGTERM, SIGQUIT, SIGHUP] + (stops ? [SIGTSTP, SIGCONT, SIGWINCH] : []) {
            var before = sigaction()
            sigaction(number, nil, &before)
            // A function cannot be compared, its address can: SIG_IGN is 1.
            if unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) == 1 { continue }
            caught.append((number, before))
            Self.handle(number)
        }
        // A program that starts this one from a thread that holds signals back, as dispatch's do, hands that on.
        var set = sigset_t()
        sigemptyset(&set)
        for (number, _) in caught { sigaddset(&set, number) }
        pthread_sigmask(SIG_UNBLOCK, &set, nil)
    }

    deinit {
        for (number, before) in caught {
            var before = before
            sigaction(number, &before, nil)
        }
        signalPipe = -1
    }

    /// The next wish; nil when there is none.
    func next() -> Wish? {
        guard let byte = pipe.take() else { return nil }
        switch CInt(byte) {
        case SIGTSTP: return .stop
        case SIGCONT: return .goOn
        case SIGWINCH: return .resize
        default: return .end
        }
    }

    /// Stops the process as SIGTSTP would have, until SIGCONT.
    func stopProcess() {
        let numbers = [SIGTSTP, SIGCONT].filter { number in caught.contains { $0.number == number } }
        for number in numbers { signal(number, SIG_DFL) }
        // To this thread and not to the process: then it has happened when the call returns.
        raise(SIGTSTP)
        for number in numbers { Self.handle(number) }
    }

    private static func handle(_ number: CInt) {
        var action = sigaction()
        action.__sigaction_handler.sa_handler = report
        action.sa_flags = SA_RESTART
        sigaction(number, &action, nil)
    }
}

/// Where the handlers write to.
private nonisolated(unsafe) var signalPipe: CInt = -1

/// Only functions that signal-safety(7) lists.
private func report(_ number: CInt) {
    let code = errno
    var byte = UInt8(truncatingIfNeeded: number)
    _ = write(signalPipe, &byte, 1)
    errno = code
}
