import ArgumentParser
import AudioInput
import DaemonConfiguration
import DigitDaemon
import DigitRecognizer
import DigitTerminal
import Foundation
import Glibc
import ResNet
import ResNetTraining

/// `digitd enroll`: the network, adapted to one person and room.
struct Enroll: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Adapts the network to one person and room, from a few words of each digit.",
        discussion: """
            Asks for each digit a few times, in a shuffled order, listens, and learns for a minute or two; a word that is too \
            quiet, overdriven, cut off or certainly another digit is asked for again. With --data recordings are learnt from \
            instead, in the layouts of digitd train: any speakers, all clips of them; folders other than digits are words \
            that are none.

            The result is a complete weights file, for digitd listen --model FILE or model in the configuration. It still \
            knows other people: what it learnt from is kept near what it knew. No other recordings are needed.

            Ctrl-C ends it at any time, and nothing is written. --input hears a file in place of the microphone: words in \
            the order of --print-order, which depends on --seed and --takes alone.
            """)

    @Option(help: ArgumentHelp("Weights file to write.", valueName: "file"), completion: .file())
    var output: String?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Recordings to learn from instead of asking.", valueName: "dir"), completion: .directory)
    var data: [String] = []
    @Option(
        help: ArgumentHelp("How often each digit is asked for, 1 to 20. (default: 5)", valueName: "n"))
    var takes: Int?
    @Option(help: ArgumentHelp("Capture device, as digitd devices lists it.", valueName: "name"))
    var device: String?
    @OptionGroup var channel: ChannelOption
    @Option(
        help: ArgumentHelp(
            "WAV, FLAC or Ogg file to hear instead, or - for standard input: such a file, or raw 16-bit little-endian mono.",
            valueName: "file|-"), completion: .file())
    var input: String?
    @Option(help: ArgumentHelp("Samples a second of raw standard input.", valueName: "hz"))
    var rate: Int?
    @Option(
        help: ArgumentHelp("Keep what was said as recordings, <digit>/person_<n>.wav.", valueName: "dir"),
        completion: .directory)
    var keep: String?
    @Option(
        help: ArgumentHelp("Weights file to start from instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var model: String?
    @Option(
        help: ArgumentHelp(
            "Configuration file, for the capture device and the segmenter, to use instead of the installed one.",
            valueName: "file"), completion: .file(extensions: ["toml"]))
    var config: String?
    @Option(help: ArgumentHelp("Chooses everything that is random.", valueName: "n"))
    var seed: UInt64 = EnrolmentOptions().seed
    @Option(help: ArgumentHelp("Threads of the network. (default: one for each processor)", valueName: "n"))
    var threads: Int?
    @Option(
        help: ArgumentHelp(
            "Windows to learn from; more take longer. (default: \(EnrolmentOptions().windows))", valueName: "n"))
    var windows: Int?
    @Flag(help: "Print the digits in the order in which they are asked for, and end.")
    var printOrder = false

    func validate() throws {
        if output == nil, !printOrder { throw ValidationError("Missing expected argument '--output <file>'") }
        let counts = [
            ("takes", takes, EnrolmentSession.Parameters.takesRange), ("threads", threads, 1...1024),
            ("windows", windows, 32...1_000_000),
        ]
        for (name, value, range) in counts where value.map({ !range.contains($0) }) ?? false {
            throw ValidationError("--\(name) must be \(range.lowerBound) to \(range.upperBound).")
        }
        if !data.isEmpty {
            let others = [
                ("takes", takes != nil), ("device", device != nil), ("input", input != nil), ("keep", keep != nil),
                ("config", config != nil), ("print-order", printOrder),
            ]
            if let name = others.first(where: \.1)?.0 {
                throw ValidationError("--\(name) is for asking; with --data nothing is asked for.")
            }
        }
        if input != nil, device != nil { throw ValidationError("Give --device or --input, not both.") }
        if input != "-", rate != nil {
            throw ValidationError("--rate is for --input - only; files and devices have their own.")
        }
    }

    func run() throws {
        if printOrder {
            return try StandardOutput.line(session.order.map(String.init).joined(separator: " "))
        }
        guard let output else { return }
        try refuseEarly(output)
        let file = try ModelFile(given: model)
        let signals = StopSignals()
        guard let store = try data.isEmpty ? ask(file, signals) : recordings() else {
            StopSignals.end(by: signals.firstNumber ?? SIGINT)
        }
        var options = EnrolmentOptions()
        options.seed = seed
        options.threads = threads ?? processorCount
        options.windows = windows ?? options.windows
        let training = EnrollTraining(file: file, store: store, options: options)
        guard let weights = try training.run(shouldStop: { signals.isStopWished }) else {
            StopSignals.end(by: signals.firstNumber ?? SIGINT)
        }
        // What it learnt is a person's voice.
        try weights.write(to: output, precision: .f16, isPrivate: true)
        try StandardOutput.line("\(output) written; use it with digitd listen --model \(Self.quoted(output))")
    }

    // MARK: Where the words come from

    private var session: EnrolmentSession {
        var parameters = EnrolmentSession.Parameters()
        parameters.takes = takes ?? parameters.takes
        var random = SeededRandom(seed: seed, epoch: -3)
        return EnrolmentSession(parameters, using: &random)
    }

    private func recordings() throws -> ClipStore {
        let store = try ClipStore(DataSet(directories: data))
        for skipped in store.skipped { StandardError.report("\(skipped.path) is left out: \(skipped.reason)") }
        return store
    }

    /// Asks and listens; nil when the person has had enough.
    private func ask(_ file: ModelFile, _ signals: StopSignals) throws -> ClipStore? {
        let environment = ProcessInfo.processInfo.environment
        let path = DaemonConfiguration.Configuration.path(
            given: config, executable: ModelLocation.executablePath, environment: environment)
        let settings = try path.map { try DaemonConfiguration.Configuration(contentsOf: $0) } ?? .init()
        var parameters = try RecognizerParameters(weights: file.weights)
        parameters.segmenter = settings.segmenter
        // One word is asked for: two in one breath are too long, and a word in the midst of others is no example.
        parameters.runs.isEnabled = false
        parameters.recuts = false
        parameters.isWary = false
        parameters.reportsLevel = StandardOutput.isTerminal
        let recognizer = try StreamRecognizer(
            classifier: try ResNetClassifier(weights: file.weights, precision: file.precision), parameters: parameters)
        let source = try source(settings.capture)
        defer { source.stop() }
        var recognition = LiveRecognition(reader: try AudioReader(source), recognizer: recognizer)
        let takes = try EnrollDialogue.run(
            session, &recognition, style: TerminalStyle(environment: environment)
        ) { signals.isStopWished }
        guard let takes else { return nil }
        if let keep { try EnrollRecordings(directory: keep).write(takes) }
        return ClipStore(
            clips: takes.enumerated().map { index, take in
                let clip = LabelledClip(
                    path: "word \(index + 1)", label: take.digit, speaker: EnrollRecordings.speaker, set: "enrolment")
                return (clip: clip, samples: take.samples)
            })
    }

    private func source(
        _ configured: DaemonConfiguration.Configuration.Capture
    ) throws(AudioInputError) -> any AudioSource {
        let logger = Logs.make()
        // As listen will hear it.
        let channel = self.channel.channel ?? configured.channel.map(CaptureChannel.number) ?? .mix
        switch input {
        case nil:
            let name = device ?? (configured.device == "default" ? nil : configured.device)
            return try ALSACapture.open(device: name, channel: channel, policy: .failIfUnavailable, logger: logger)
        case "-": return try StandardInputSource(rate: rate, channel: channel, logger: logger)
        case let path?: return try FileSource(path: path, channel: channel, logger: logger)
        }
    }

    // MARK: Where the network goes

    /// What would otherwise come out only after everything was said and learnt.
    private func refuseEarly(_ output: String) throws {
        var status = stat()
        guard stat(output, &status) != 0 || status.st_mode & S_IFMT == S_IFREG else {
            throw CommandFailure(.failed, "\(output) is not a regular file; give another --output.")
        }
        let directory = URL(fileURLWithPath: output).deletingLastPathComponent().path
        guard access(directory, W_OK | X_OK) == 0 else {
            throw CommandFailure(
                .failed, "\(output) cannot be written; make the directory \(directory), or give another --output.")
        }
        if let keep { try EnrollRecordings(directory: keep).prepare() }
    }

    /// A name as a shell takes it.
    static func quoted(_ name: String) -> String {
        let plain = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+=:,@%".contains($0)) }
        return plain ? name : "'" + name.replacingOccurrences(of: "'", with: "'\\''") + "'"
    }
}
