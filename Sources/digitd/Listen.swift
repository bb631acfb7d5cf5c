import ArgumentParser
import AudioInput
import DigitEvents
import DigitRecognizer
import Logging

/// `digitd listen`: speech in, digits out.
struct Listen: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Recognises digits from a microphone, a file or standard input. (default)",
        discussion: """
            Ends at the end of the input, or on SIGINT or SIGTERM. A microphone that is unplugged is waited for.

            Formats: text is for a person; json has one event a line, VERSION first and BYE last; digits has the bare digits, \
            one a line. Each event is written at once. Without --format it is text on a terminal and json elsewhere.
            """)

    @Option(help: ArgumentHelp("Capture device, as digitd devices lists it.", valueName: "name"))
    var device: String?
    @Option(
        help: ArgumentHelp(
            "WAV, FLAC or Ogg file to hear instead, or - for raw 16-bit little-endian mono on standard input.",
            valueName: "file|-"))
    var input: String?
    @Flag(help: "Hear a file at the speed of its own clock.")
    var realtime = false
    @Option(help: ArgumentHelp("Samples a second of standard input.", valueName: "hz"))
    var rate: Int?
    @Option(help: "What to print: text, json or digits.")
    var format: EventFormat = StandardOutput.isTerminal ? .text : .json
    @Option(help: ArgumentHelp("Weights file to use instead of the installed one.", valueName: "file"))
    var model: String?
    @Flag(name: .shortAndLong, help: "Log what happens on standard error, never the digits.")
    var verbose = false

    func validate() throws {
        if input != nil, device != nil { throw ValidationError("Give --device or --input, not both.") }
        if input == "-", rate == nil { throw ValidationError("--input - needs --rate, such as --rate 16000.") }
        if input != "-", rate != nil {
            throw ValidationError("--rate is for --input - only; files and devices have their own.")
        }
        if realtime, input == nil || input == "-" {
            throw ValidationError("--realtime is for --input with a file only.")
        }
    }

    func run() throws {
        let logger = Logs.make(verbose: verbose)
        let file = try ModelFile(given: model)
        var parameters = try RecognizerParameters(weights: file.weights)
        // As on the socket: the beginnings and ends of speech are for those who ask.
        parameters.reportsSpeech = false
        let recognizer = try StreamRecognizer(
            classifier: try ResNetClassifier(weights: file.weights), parameters: parameters)
        logger.info("network \(file.path)")

        // A wish to stop is seen within 100 ms, and what was heard by then is still recognised.
        let signals = StopSignals(grace: 1)
        let source = try source(logger)
        defer { source.stop() }
        var recognition = LiveRecognition(reader: try AudioReader(source), recognizer: recognizer)
        let printer = EventPrinter(format: format)
        var isLost = false
        printer.print(.version(.init(release: Digitd.release)))
        do {
            try recognition.run(shouldStop: { signals.isStopWished || printer.failure != nil }) { event in
                Self.log(event, &isLost, logger)
                printer.print(event)
            }
        } catch {
            printer.print(.bye(.init(reason: "error")))
            throw printer.failure ?? error
        }
        printer.print(.bye(.init(reason: signals.isStopWished ? "shutdown" : "end_of_input")))
        if let failure = printer.failure { throw failure }
    }

    /// Leaves a trace of a lost device, whatever is printed: once, however often it is tried again.
    private static func log(_ event: DigitEvent, _ isLost: inout Bool, _ logger: Logger) {
        guard case .device(let device) = event else { return }
        if device.state == .lost, !isLost {
            let reason = device.error.map { " (\($0))" } ?? ""
            logger.warning("The capture device \(device.name) is lost\(reason); it is opened again when it returns.")
            isLost = true
        } else if device.state == .open, isLost {
            // At the same level as the loss, because a log with only one of them misleads.
            logger.warning("The capture device \(device.name) is open again.")
            isLost = false
        }
    }

    private func source(_ logger: Logger) throws(AudioInputError) -> any AudioSource {
        switch input {
        case nil: try ALSACapture.open(device: device, policy: .failIfUnavailable, logger: logger)
        case "-": try StandardInputSource(rate: rate ?? AudioReader.rate, logger: logger)
        case let path?: try FileSource(path: path, realtime: realtime)
        }
    }
}

extension EventFormat: ExpressibleByArgument {}

/// Prints events as they come.
private final class EventPrinter {
    let format: EventFormat
    /// Why printing ended: the reader has gone, or the disk is full.
    private(set) var failure: (any Error)?
    private var line: [UInt8] = []

    init(format: EventFormat) {
        self.format = format
    }

    func print(_ event: DigitEvent) {
        guard failure == nil else { return }
        line.removeAll(keepingCapacity: true)
        format.append(event, to: &line)
        guard !line.isEmpty else { return }
        do {
            try line.withUnsafeBytes { try StandardOutput.write($0) }
        } catch {
            failure = error
        }
    }
}
