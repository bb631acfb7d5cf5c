import Glibc

/// A pipe to wake a thread that sits in poll(2). Neither end ever blocks: a byte that does not fit says nothing new.
package final class WakePipe: Sendable {
    let readEnd: CInt
    let writeEnd: CInt

    package init() throws(TerminalError) {
        var ends: [CInt] = [-1, -1]
        guard pipe(&ends) == 0 else { throw .system(code: errno) }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
        }
    }

    deinit {
        close(readEnd)
        close(writeEnd)
    }

    /// Makes the read end readable; from any thread.
    package func wake() {
        var byte: UInt8 = 1
        _ = write(writeEnd, &byte, 1)
    }

    /// Waits until somebody has called `wake` since the last wait, or for so many seconds.
    ///
    /// By CLOCK_MONOTONIC, as poll(2) does. A DispatchSemaphore waits until a time of the wall clock: a clock that is set back
    /// by an hour makes it an hour late.
    package func wait(seconds: Double) {
        var entry = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        // Rounded up, not to turn in circles for the last millisecond.
        _ = poll(&entry, 1, CInt(clamping: Int((max(0, min(seconds, 86_400)) * 1000).rounded(.up))))
        while take() != nil {}
    }

    /// The next byte; nil when there is none.
    func take() -> UInt8? {
        var byte: UInt8 = 0
        return read(readEnd, &byte, 1) == 1 ? byte : nil
    }
}
