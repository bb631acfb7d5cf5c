import ArgumentParser
import DigitEvents

/// `digitd subscribe`: the events of a running daemon.
struct Subscribe: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Prints the events of a running daemon.",
        discussion: """
            Waits for the daemon where there is none, and connects again when it goes and returns; ends on SIGINT or \
            SIGTERM, and when whoever reads its output has gone.

            Formats: text is for a person; json has one event a line, as the daemon sent it; digits has the bare digits, one \
            a line. Without --format it is text on a terminal and json elsewhere. Kinds of events: DIGIT, REJECTED, DEVICE, \
            GAP, BYE, SPEECH and LEVEL; all but the last two without --watch.
            """)

    @OptionGroup var socket: SocketOption
    @Option(help: "What to print: text, json or digits.")
    var format: EventFormat = StandardOutput.isTerminal ? .text : .json
    @Option(parsing: .upToNextOption, help: ArgumentHelp("The kinds of events wanted.", valueName: "kind"))
    var watch: [DigitEvent.Kind] = []
    @Option(help: ArgumentHelp("The least confidence of a digit wanted, from 0 to 1.", valueName: "p"))
    var minConfidence: Double?

    func validate() throws {
        guard minConfidence.map({ (0...1).contains($0) }) ?? true else {
            throw ValidationError("--min-confidence is a number from 0 to 1.")
        }
    }

    func run() throws {
        let standard = DigitEvent.WatchPolicy.standard
        let client = DigitClient(
            path: socket.socket,
            policy: .init(
                watch: watch.isEmpty ? standard.watch : Set(watch),
                minConfidence: minConfidence ?? standard.minConfidence),
            whenWaiting: { StandardError.report("\($0) Waiting for it.") })
        let format = format
        try AsyncWork.waitUntilStopped {
            for try await line in client.lines { try Self.print(line, as: format) }
        }
    }

    private static func print(_ line: DigitClient.Line, as format: EventFormat) throws {
        switch (format, line.event) {
        case (.json, _):
            // As it came: a newer daemon's keys and classes are for those who know them.
            try StandardOutput.line(line.text, isJSON: true)
        case (.digits, .overflow), (.digits, .error):
            // There is no place for them in that format, but whoever counts on every digit must know.
            StandardError.report(line.event.text ?? "")
        default:
            var bytes: [UInt8] = []
            format.append(line.event, to: &bytes)
            try bytes.withUnsafeBytes { try StandardOutput.write($0) }
        }
    }
}

extension DigitEvent.Kind: ExpressibleByArgument {
    /// The word of the protocol, in capitals or not.
    public init?(argument: String) { self.init(rawValue: argument.uppercased()) }
}
