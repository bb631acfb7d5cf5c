import DigitEvents
import Glibc

/// Progress of a long command on standard output: one line that is written over on a terminal, plain lines elsewhere.
struct ProgressLine {
    private let isTerminal: Bool
    /// Least time between two updates, in ns.
    private let interval: UInt64
    private var nextUpdate: UInt64 = 0
    private var isLineOpen = false

    /// - Parameter plainSeconds: least time between two updates where there is no terminal, and before the first; nil for
    ///   no updates there at all.
    init(plainSeconds: UInt64?) {
        isTerminal = StandardOutput.isTerminal
        interval = isTerminal ? 100_000_000 : (plainSeconds ?? 0) * 1_000_000_000
        nextUpdate = isTerminal ? 0 : plainSeconds == nil ? .max : Self.now() + interval
    }

    /// Shows where the command is; text that comes too soon after the last is left out and not even made.
    mutating func update(_ text: @autoclosure () -> String) throws {
        let now = Self.now()
        guard now >= nextUpdate else { return }
        nextUpdate = now + interval
        if isTerminal {
            // Carriage return, and erase to the end of the line. A longer text would wrap and leave its first part behind.
            try write("\r" + String(PrintableText.of(text()).prefix(width - 1)) + "\u{1B}[K")
            isLineOpen = true
        } else {
            try write(PrintableText.of(text()) + "\n")
        }
    }

    /// Prints a line that stays.
    mutating func line(_ text: String) throws {
        try clear()
        try write(PrintableText.of(text) + "\n")
    }

    /// Takes the updating line away, before something else is printed and at the end.
    mutating func clear() throws {
        guard isLineOpen else { return }
        isLineOpen = false
        try write("\r\u{1B}[K")
    }

    private var width: Int {
        var size = winsize()
        guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 1 else { return 80 }
        return Int(size.ws_col)
    }

    private func write(_ text: String) throws {
        var text = text
        try text.withUTF8 { try StandardOutput.write(UnsafeRawBufferPointer($0)) }
    }

    private static func now() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Seconds as a person says them: `42 s`, `7 min`, `2 h 05 min`.
    static func duration(_ seconds: Double) -> String {
        let minutes = Int((seconds / 60).rounded())
        if seconds < 90 { return "\(Int(seconds.rounded())) s" }
        if minutes < 60 { return "\(minutes) min" }
        return "\(minutes / 60) h \(minutes % 60 < 10 ? "0" : "")\(minutes % 60) min"
    }
}
