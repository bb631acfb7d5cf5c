import ArgumentParser
import AudioInput
import DaemonConfiguration
import DigitDaemon
import DigitEvents
import DigitRecognizer
import EventServer
import Foundation
import Logging
import ResNet
import ServiceManager

/// `digitd listen`: speech in, digits out.
struct Listen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recognises digits from a microphone, a file or standard input. (default)",
        discussion: """
            Ends at the end of the input, on SIGINT or SIGTERM, or when whoever reads its output has gone. A microphone that is \
            unplugged is waited for.

            Formats: text is for a person; json has one event a line, VERSION first and BYE last; digits has the bare digits, \
            one a line. Each event is written at once. Without --format it is text on a terminal and json elsewhere.

            With --socket it is a daemon that programs subscribe to (digitd subscribe), and starts without a microphone too. \
            A reader of its output that does not keep up misses events then, and one that leaves does not end it. \
            Options given here go before those of the configuration file, which SIGHUP has read again.
            """)

    @Option(help: ArgumentHelp("Capture device, as digitd devices lists it.", valueName: "name"))
    var device: String?
    @OptionGroup var channel: ChannelOption
    @Option(
        help: ArgumentHelp(
            "WAV, FLAC or Ogg file to hear instead, or - for standard input: such a file, or raw 16-bit little-endian mono.",
            valueName: "file|-"), completion: .file())
    var input: String?
    @Flag(help: "Hear a file at the speed of its own clock.")
    var realtime = false
    @Option(help: ArgumentHelp("Samples a second of raw standard input.", valueName: "hz"))
    var rate: Int?
    @Option(help: "What to print: text, json or digits.")
    var format: EventFormat?
    @Option(help: ArgumentHelp("Unix socket to offer the events on.", valueName: "path"), completion: .file())
    var socket: String?
    @Option(
        help: ArgumentHelp("Configuration file to use instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["toml"]))
    var config: String?
    @Option(
        help: ArgumentHelp("Weights file to use instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var model: String?
    @OptionGroup var precision: PrecisionOption
    @Flag(name: .shortAndLong, help: "Log what happens on standard error, never the digits.")
    var verbose = false

    func validate() throws {
        if input != nil, device != nil { throw ValidationError("Give --device or --input, not both.") }
        if input != "-", rate != nil {
            throw ValidationError("--rate is for --input - only; files and devices have their own.")
        }
        if realtime, input == nil || input == "-" {
            throw ValidationError("--realtime is for --input with a file only.")
        }
        if socket == "" { throw ValidationError("--socket needs a path, such as --socket /run/digitd/digitd.sock.") }
    }

    func run() throws {
        // First of all, while no other thread reads the environment: it is changed here.
        let environment = ProcessInfo.processInfo.environment
        ProcessMemory.mapLargeBlocks()
        let descriptors = try ListenDescriptors.take(environment: environment)

        let path = DaemonConfiguration.Configuration.path(
            given: config, executable: ModelLocation.executablePath, environment: environment)
        var settings = try path.map { try DaemonConfiguration.Configuration(contentsOf: $0) } ?? .init()
        let overrides = overrides
        overrides(&settings)
        Logs.level.value = .init(settings.log.level)
        let logger = Logs.make()
        if let path { logger.info("configuration \(path)") }

        let notifier = ServiceNotifier(environment: environment) { logger.debug("\($0)") }
        // A wish to stop is seen within 100 ms, and what was heard by then is still recognised.
        let signals = StopSignals(grace: 1)
        defer { withExtendedLifetime(signals) {} }
        let file = try ModelFile(
            given: settings.recognition.model, precision: .init(settings.recognition.precision))
        logger.info("network \(file.path) in \(file.precision.rawValue)")
        let board = StatusBoard(
            release: Digitd.release, model: (file.path as NSString).lastPathComponent,
            checksum: sha256(ofFile: file.path) ?? "")
        let server = try ListenAddress.choose(settings.server, descriptors).map { address in
            try EventServer(
                address: address, options: .init(settings.server), release: Digitd.release, logger: logger
            ) { board.status }
        }
        let modelParameters = try RecognizerParameters(weights: file.weights)
        var recognizer = try ModelRecognizer(
            weights: file.weights, precision: file.precision, parameters: modelParameters)
        ProcessMemory.giveBack()

        let isDaemon = server != nil || notifier != nil
        // Elsewhere SIGHUP is a terminal that was closed, and ends the program.
        let reloads =
            isDaemon || config != nil
            ? ConfigurationReloads(path: path, overrides: overrides, notifier: notifier, logger: logger) : nil
        let source = try source(settings, policy: isDaemon ? .keepTrying : .failIfUnavailable, logger)
        defer { source.stop() }
        let printer = EventPrinter(
            format: ListenOutput.format(settings.output.format), isQueued: server != nil)
        printer.isMuted = ListenOutput.isSecret(settings.log)
        var parts = Daemon.Parts(
            board: board, logger: logger, isPrinted: printer.format != nil && !printer.isMuted)
        parts.server = server
        parts.notifier = notifier
        parts.capture = source as? ALSACapture
        parts.reloads = reloads
        parts.takeLog = { log in
            Logs.level.value = .init(log.level)
            printer.isMuted = ListenOutput.isSecret(log)
        }
        var daemon = Daemon(
            parts: parts, configuration: settings, modelParameters: modelParameters)
        recognizer.parameters = daemon.recognizerParameters
        var recognition = LiveRecognition(reader: try AudioReader(source), recognizer: recognizer)

        printer.print(.version(.init(release: Digitd.release)))
        daemon.begin()
        do {
            try recognition.run(
                isMuteWished: { daemon.isMuteWished }, hearing: { daemon.hear($0) },
                housekeeping: { recognizer in
                    daemon.turn(&recognizer)
                    printer.look()
                    // Clients of the socket are served on when whoever read standard output has gone.
                    return !signals.isStopWished && (printer.failure == nil || server != nil)
                }
            ) { event in
                daemon.note(event)
                printer.print(event)
            }
        } catch {
            daemon.end(reason: "error")
            printer.finish(.bye(.init(reason: "error")), limit: Self.outputGrace)
            // A daemon outlives the reader of its standard output, and has a failure of its own.
            throw server == nil ? (printer.failure ?? error) : error
        }
        let reason = signals.isStopWished ? "shutdown" : "end_of_input"
        daemon.end(reason: reason)
        // A file's events all come, however long its reader takes; a signal ends the wait.
        printer.finish(.bye(.init(reason: reason)), limit: signals.isStopWished ? Self.outputGrace : nil)
        if server == nil, let failure = printer.failure { throw failure }
    }

    /// How long the reader of standard output is waited for at the end; the clients of the socket have half a second
    /// before that, and a second is all that there is.
    private static let outputGrace = Duration.milliseconds(300)

    /// Puts the command line over a configuration.
    private var overrides: @Sendable (inout DaemonConfiguration.Configuration) -> Void {
        let (device, model, socket, format, verbose) = (device, model, socket, format, verbose)
        let precision = precision.precision
        let channel = channel.channel
        return { settings in
            if let channel { settings.capture.channel = channel.number }
            if let device { settings.capture.device = device }
            if let model { settings.recognition.model = model }
            if let precision { settings.recognition.precision = precision }
            if let socket { settings.server.socket = .path(socket) }
            if let format { settings.output.format = .init(format) }
            if verbose { settings.log.level = .debug }
        }
    }

    private func source(
        _ settings: DaemonConfiguration.Configuration, policy: ALSACapture.OpenPolicy, _ logger: Logger
    ) throws(AudioInputError) -> any AudioSource {
        let channel = settings.capture.channel.map(CaptureChannel.number) ?? .mix
        switch input {
        case nil:
            let name = settings.capture.device
            return try ALSACapture.open(
                device: name == "default" ? nil : name, channel: channel, policy: policy, logger: logger)
        case "-": return try StandardInputSource(rate: rate, channel: channel, logger: logger)
        case let path?: return try FileSource(path: path, realtime: realtime, channel: channel, logger: logger)
        }
    }
}

extension EventFormat: ExpressibleByArgument {}

extension DaemonConfiguration.Configuration.OutputFormat {
    fileprivate init(_ format: EventFormat) {
        self =
            switch format {
            case .text: .text
            case .json: .json
            case .digits: .digits
            }
    }
}
