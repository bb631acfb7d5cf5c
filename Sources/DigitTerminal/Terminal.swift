import Glibc

/// The terminal of standard output, taken over for a screen: keys come one by one and unseen, the screen is one of its own.
///
/// `leave` and `deinit` put everything back, and so does a crash; only SIGKILL does not. Keys are read from the terminal, not
/// from standard input. For one thread.
final class Terminal {
    /// Where keys come from and the screen goes to: a description of its own where the system allows, so that its being
    /// non-blocking is not the shell's too.
    let descriptor: CInt
    private let ownsDescriptor: Bool
    private var attributes = termios()
    private var isEntered = false

    /// Alternate screen, no cursor, no wrapping at the right edge (xterm's private modes).
    private static let entering = "\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l"
    private static let leaving = "\u{1B}[0m\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l"

    /// - Parameter output: a descriptor of the terminal.
    init(output: CInt = STDOUT_FILENO) throws(TerminalError) {
        let own = open("/proc/self/fd/\(output)", O_RDWR | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
        // After su(1) the terminal is another user's, who alone may open it; what is open stays usable.
        ownsDescriptor = own >= 0
        descriptor = own >= 0 ? own : output
        guard tcgetattr(descriptor, &attributes) == 0 else {
            let code = errno
            if ownsDescriptor { close(descriptor) }
            throw .unusable(code: code)
        }
    }

    deinit {
        leave()
        if ownsDescriptor { close(descriptor) }
    }

    /// Takes the terminal over, or again where someone else has used it in between. In the background this stops the
    /// process, as every change of the terminal there does.
    func enter() throws(TerminalError) {
        if !isEntered {
            // Anew each time: the shell may have changed them while the process was stopped.
            guard tcgetattr(descriptor, &attributes) == 0 else { throw .unusable(code: errno) }
        }
        TerminalRescue.arm(descriptor, attributes, leaving: Self.leaving)
        var raw = attributes
        // Ctrl-C, Ctrl-Z and Ctrl-\ still make signals.
        raw.c_lflag &= ~tcflag_t(ICANON | ECHO | ECHONL | IEXTEN)
        raw.c_iflag &= ~tcflag_t(ICRNL | INLCR | IGNCR)
        Self.set(&raw.c_cc, VMIN, 0)
        Self.set(&raw.c_cc, VTIME, 0)
        while tcsetattr(descriptor, TCSANOW, &raw) != 0 {
            guard errno == EINTR else { throw .unusable(code: errno) }
        }
        isEntered = true
        writeInTime(Self.entering)
    }

    /// Puts the terminal back as it was.
    func leave() {
        guard isEntered else { return }
        isEntered = false
        writeInTime(Self.leaving)
        // Someone else's terminal now, such as a shell's line editor; and asking would stop this process.
        if tcgetpgrp(descriptor) == getpgrp() { tcsetattr(descriptor, TCSANOW, &attributes) }
        TerminalRescue.disarm()
    }

    /// Columns and rows; 80 and 24 where the terminal does not know, as over a serial line.
    var size: (columns: Int, rows: Int) {
        var size = winsize()
        guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0, size.ws_row > 0 else { return (80, 24) }
        return (Int(size.ws_col), Int(size.ws_row))
    }

    /// Keys pressed since the last call, as bytes.
    ///
    /// - Throws: when the terminal has gone.
    func readKeys() throws(TerminalError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = read(descriptor, &bytes, bytes.count)
        if count >= 0 { return Array(bytes[..<count]) }
        guard errno == EAGAIN || errno == EINTR else { throw .unusable(code: errno) }
        return []
    }

    /// Writes as much as the terminal takes now.
    ///
    /// - Returns: what is left.
    func write(_ bytes: ArraySlice<UInt8>) throws(TerminalError) -> ArraySlice<UInt8> {
        let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        if count >= 0 { return bytes.dropFirst(count) }
        guard errno == EAGAIN || errno == EINTR else { throw .unusable(code: errno) }
        return bytes
    }

    /// Writes all of it, unless the terminal stays blocked (Ctrl-S, a dead connection) for a second.
    private func writeInTime(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&wait, 1, 1000) > 0, let left = try? write(rest) else { return }
            rest = left
        }
    }

    private static func set<Characters>(_ characters: inout Characters, _ index: CInt, _ value: cc_t) {
        withUnsafeMutableBytes(of: &characters) { $0[Int(index)] = value }
    }
}
