import DigitEvents
import Glibc

/// Shows a feed until the person or a signal ends it, or the feed ends.
///
/// One thread, which sits in poll(2): for a tenth of a second, a signal, a key, or room in the terminal. A frame that the terminal
/// has not taken yet holds the next one back, so a slow line gets fewer frames and never old ones.
public final class MonitorDisplay {
    private let feed: MonitorFeed
    private let style: TerminalStyle
    private let signals: TerminalSignals

    /// Seconds from one frame to the next.
    static let frameInterval = 0.1

    /// Catches the signals from now on.
    public init(_ feed: MonitorFeed, style: TerminalStyle) throws(TerminalError) {
        self.feed = feed
        self.style = style
        signals = try TerminalSignals(stops: style.hasCursor)
    }

    /// Waits until the feed has begun, and then shows it.
    ///
    /// - Throws: what ended the feed, or why the terminal cannot be used.
    public func run() throws {
        defer { feed.stop() }
        if try waitForStart() {
            if style.hasCursor { try show() } else { while try wait(whileStarted: true) {} }
        }
        if let error = feed.error { throw error }
    }

    /// - Returns: whether there is something to show.
    private func waitForStart() throws -> Bool {
        while !feed.isStarted {
            guard try wait(whileStarted: false) else { return false }
        }
        return true
    }

    /// Waits for a signal or news of the feed, without a screen.
    ///
    /// - Returns: whether to go on.
    private func wait(whileStarted isStarted: Bool) throws -> Bool {
        if feed.isEnded { return false }
        if !isStarted, feed.isStarted { return true }
        var files = [pollfd(signals.descriptor, POLLIN), pollfd(feed.wake.readEnd, POLLIN)]
        poll(&files, nfds_t(files.count), -1)
        while feed.wake.take() != nil {}
        while let wish = signals.next() {
            if wish == .end { return false }
            if wish == .stop { signals.stopProcess() }
        }
        return !feed.isEnded
    }

    private func show() throws(TerminalError) {
        let terminal = try Terminal()
        try terminal.enter()
        var loop = ScreenLoop(terminal, feed, signals, style)
        do throws(TerminalError) {
            while try loop.turn() {}
        } catch {
            // The terminal has gone, and with it everybody who could read about it.
        }
        terminal.leave()
    }
}

/// The screen between two waits.
private struct ScreenLoop {
    private let terminal: Terminal
    private let feed: MonitorFeed
    private let signals: TerminalSignals
    private let screen: MonitorScreen
    private var painter: ScreenPainter
    private var size = (columns: 0, rows: 0)
    /// Bytes of the last frame that the terminal has not taken.
    private var pending: ArraySlice<UInt8> = []
    private var nextFrame = 0.0

    init(_ terminal: Terminal, _ feed: MonitorFeed, _ signals: TerminalSignals, _ style: TerminalStyle) {
        self.terminal = terminal
        self.feed = feed
        self.signals = signals
        screen = MonitorScreen(style: style)
        painter = ScreenPainter(hasColour: style.hasColour)
    }

    /// Draws if it is time, and waits for the next thing to do.
    ///
    /// - Returns: whether to go on.
    mutating func turn() throws(TerminalError) -> Bool {
        draw(at: MonitorClock.seconds)
        if !pending.isEmpty { pending = try terminal.write(pending) }
        let isBlocked = !pending.isEmpty
        var files = [
            pollfd(signals.descriptor, POLLIN), pollfd(feed.wake.readEnd, POLLIN),
            pollfd(terminal.descriptor, isBlocked ? POLLIN | POLLOUT : POLLIN),
        ]
        let left = isBlocked ? 1 : max(0, nextFrame - MonitorClock.seconds)
        poll(&files, nfds_t(files.count), CInt((left * 1000).rounded(.up)))
        while feed.wake.take() != nil {}
        let terminalEvents = CInt(files[2].revents)
        if feed.isEnded || terminalEvents & (POLLHUP | POLLERR | POLLNVAL) != 0 { return false }
        if terminalEvents & POLLIN != 0, try !obeyKeys() { return false }
        return try obeySignals()
    }

    private mutating func draw(at now: Double) {
        guard pending.isEmpty, now >= nextFrame else { return }
        let size = terminal.size
        if size != self.size { painter.forget() }
        self.size = size
        pending = painter.paint(screen.lines(feed.state, columns: size.columns, rows: size.rows, at: now))[...]
        nextFrame = now + MonitorDisplay.frameInterval
    }

    private mutating func obeyKeys() throws(TerminalError) -> Bool {
        for key in try terminal.readKeys() {
            switch key {
            // Ctrl-C and Ctrl-D come as keys where the terminal makes no signals of them.
            case UInt8(ascii: "q"), UInt8(ascii: "Q"), 0x03, 0x04: return false
            // Ctrl-L.
            case 0x0C: repaint()
            default: break
            }
        }
        return true
    }

    private mutating func obeySignals() throws(TerminalError) -> Bool {
        while let wish = signals.next() {
            switch wish {
            case .end: return false
            case .resize: nextFrame = 0
            case .stop:
                terminal.leave()
                signals.stopProcess()
                try terminal.enter()
                repaint()
            case .goOn:
                try terminal.enter()
                repaint()
            }
        }
        return true
    }

    /// The whole picture, soon: nothing is known of what the terminal shows.
    private mutating func repaint() {
        pending = []
        painter.forget()
        nextFrame = 0
    }
}

extension pollfd {
    fileprivate init(_ descriptor: CInt, _ events: CInt) {
        self.init(fd: descriptor, events: Int16(events), revents: 0)
    }
}
