import ArgumentParser
import AudioInput
import DigitEvents
import DigitRecognizer
import DigitTerminal
import Foundation
import Logging
import Synchronization

/// `digitd monitor`: a live level meter.
struct Monitor: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the level, the noise floor and what is recognised, live: for placing a microphone.",
        discussion: """
            Shows what a running daemon hears. Where none runs, or with --device or --input, it listens itself. q, Ctrl-C \
            or SIGTERM ends it.

            In the bar, f is the noise floor and t the level above which speech begins; a line marks the loudest of the \
            last two seconds. "good" means that the last word stood out from the floor by at least 15 dB, and was not so \
            loud that it may have been cut off (over -3 dB). Levels are in dB relative to a sine of full scale.

            Elsewhere than on a terminal it prints a line of levels each second, and the other events as they come. It \
            uses ASCII alone where the locale is not UTF-8, and no colours with NO_COLOR.
            """)

    @OptionGroup var socket: SocketOption
    @Option(help: ArgumentHelp("Listen to this capture device, as digitd devices lists it.", valueName: "name"))
    var device: String?
    @OptionGroup var channel: ChannelOption
    @Option(
        help: ArgumentHelp("Listen to a WAV, FLAC or Ogg file at its own speed.", valueName: "file"),
        completion: .file())
    var input: String?
    @Option(
        help: ArgumentHelp("Weights file to use instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var model: String?

    func validate() throws {
        let sources = [device, input, socket.socket].compactMap { $0 }
        if sources.count > 1 { throw ValidationError("Give only one of --device, --input and --socket.") }
        if socket.socket != nil, model != nil || channel.channel != nil {
            throw ValidationError("--model and --channel are for listening without a daemon; a daemon has its own.")
        }
    }

    func run() throws {
        var style = TerminalStyle(environment: ProcessInfo.processInfo.environment)
        if !StandardOutput.isTerminal { style.hasCursor = false }
        let client = DigitClient(
            path: socket.socket,
            policy: .init(watch: [.digit, .rejected, .device, .gap, .bye, .speech, .level]))
        let feed = try MonitorFeed(source: .daemon(path: client.paths.joined(separator: " or ")))
        // Before there are threads that signals could go to.
        let display = try MonitorDisplay(feed, style: style)
        let tap = MonitorTap(feed, lines: style.hasCursor ? nil : MonitorLines(style: style))
        if device != nil || input != nil || model != nil || channel.channel != nil {
            listen(tap)
        } else {
            Task.detached { await follow(client, tap) }
        }
        try display.run()
    }
}

// MARK: - Sources

extension Monitor {
    /// Follows a daemon, or listens itself where none runs and none was named.
    private func follow(_ client: DigitClient, _ tap: MonitorTap) async {
        do {
            _ = try await client.status()
            Task.detached { await Self.askForStatus(client, tap) }
            for try await event in client.events { tap.take(event) }
        } catch DigitClientError.notRunning where socket.socket == nil {
            listen(tap)
        } catch {
            tap.feed.end(error)
        }
    }

    /// Clients are in no event.
    private static func askForStatus(_ client: DigitClient, _ tap: MonitorTap) async {
        while true {
            // What fails here shows in the events.
            if var status = try? await client.status() {
                // The one that asks.
                status.clients -= 1
                tap.take(.status(status))
            }
            do { try await Task.sleep(for: .seconds(5)) } catch { return }
        }
    }

    /// Runs the recogniser on a thread of its own.
    private func listen(_ tap: MonitorTap) {
        tap.feed.begin(source: .own)
        Thread.detachNewThread {
            do {
                try recognize(tap)
                tap.feed.end()
            } catch {
                tap.feed.end(error)
            }
        }
    }

    private func recognize(_ tap: MonitorTap) throws {
        let file = try ModelFile(given: model)
        var parameters = try RecognizerParameters(weights: file.weights)
        parameters.reportsLevel = true
        let recognizer = try ModelRecognizer(
            weights: file.weights, precision: file.precision, parameters: parameters)
        // Log lines would run over the screen.
        let logger = Logger(label: "digitd") { _ in SwiftLogNoOpLogHandler() }
        let source: any AudioSource =
            if let input {
                try FileSource(path: input, realtime: true, channel: channel.channel ?? .mix)
            } else {
                try ALSACapture.open(
                    device: device, channel: channel.channel ?? .mix, policy: .failIfUnavailable, logger: logger)
            }
        defer { source.stop() }
        var recognition = LiveRecognition(reader: try AudioReader(source), recognizer: recognizer)
        tap.take(.version(.init(release: Digitd.release)))
        try recognition.run(shouldStop: { tap.feed.isStopWished }) { tap.take($0) }
    }
}

/// Hands events to the display, and prints them where there is no screen.
private final class MonitorTap: Sendable {
    let feed: MonitorFeed
    private let lines: Mutex<MonitorLines?>

    init(_ feed: MonitorFeed, lines: MonitorLines?) {
        self.feed = feed
        self.lines = Mutex(lines)
    }

    func take(_ event: DigitEvent) {
        feed.take(event)
        do {
            try lines.withLock { lines in
                if let line = lines?.line(event) { try StandardOutput.line(line) }
            }
        } catch {
            feed.end(error)
        }
    }
}
