import ArgumentParser
import DigitEvents
import Glibc

/// Standard output, without a buffer: what was printed has been written.
enum StandardOutput {
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

    /// Whether it goes nowhere: to /dev/null.
    static var isNull: Bool {
        var (output, null) = (stat(), stat())
        return fstat(STDOUT_FILENO, &output) == 0 && stat("/dev/null", &null) == 0
            && output.st_mode & S_IFMT == S_IFCHR && output.st_rdev == null.st_rdev
    }

    /// Whether somebody reads it who may go: it is a pipe or a socket.
    static var hasReader: Bool {
        var status = stat()
        guard fstat(STDOUT_FILENO, &status) == 0 else { return false }
        return status.st_mode & S_IFMT == S_IFIFO || status.st_mode & S_IFMT == S_IFSOCK
    }

    /// Whether its reader has gone, so that nothing can be written any more.
    static var readerHasGone: Bool { hasReader && readerHasGone(waiting: 0) }

    /// Waits for its reader to go, for so many milliseconds at most; -1 for as long as it takes.
    static func readerHasGone(waiting milliseconds: CInt) -> Bool {
        // Nothing is asked for: a pipe without a reader is an error, and a socket without a peer hung up.
        var entry = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
        return poll(&entry, 1, milliseconds) > 0 && entry.revents & Int16(POLLERR | POLLHUP) != 0
    }

    /// Writes lines and a line feed, without what a terminal would obey: names of files, and what a daemon says.
    ///
    /// - Parameter isJSON: whether it is a line of JSON, which has escapes for that.
    static func line(_ text: String, isJSON: Bool = false) throws {
        var text =
            isJSON
            ? PrintableText.ofJSON(text)
            : text.split(separator: "\n", omittingEmptySubsequences: false).map { PrintableText.of(String($0)) }
                .joined(separator: "\n")
        text.append("\n")
        try text.withUTF8 { try write(UnsafeRawBufferPointer($0)) }
    }

    /// Writes bytes as they are.
    ///
    /// - Throws: `ExitCode.success` when the reader has gone (`digitd ... | head -1` has got what it wanted), and a
    ///   sentence for a full disk and the like.
    static func write(_ bytes: UnsafeRawBufferPointer) throws {
        guard let code = writeAll(STDOUT_FILENO, bytes) else { return }
        if code == EPIPE { throw ExitCode.success }
        let reason = String(cString: strerror(code))
        throw CommandFailure(.failed, "Standard output cannot be written (\(reason)); check where it goes.")
    }
}

/// Standard error, for sentences.
enum StandardError {
    static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }

    /// The terminal's width; 80 where it does not know.
    static var columns: Int {
        var size = winsize()
        guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    /// Prints `digitd: ` and the sentence.
    static func report(_ sentence: String) {
        line("digitd: " + sentence)
    }

    /// Prints exactly one line, whatever the file and device names in it hold.
    static func line(_ text: String) {
        write(PrintableText.of(text) + "\n")
    }

    /// Writes text as it is.
    static func write(_ text: String) {
        var text = text
        text.withUTF8 { _ = writeAll(STDERR_FILENO, UnsafeRawBufferPointer($0)) }
    }
}

/// `write` until everything is written; the error's number if it fails.
func writeAll(_ descriptor: CInt, _ bytes: UnsafeRawBufferPointer) -> CInt? {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count >= 0 {
            rest = rest.dropFirst(count)
        } else if errno == EAGAIN {
            // Someone else made the terminal or pipe non-blocking.
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&wait, 1, -1)
        } else if errno != EINTR {
            return errno
        }
    }
    return nil
}
