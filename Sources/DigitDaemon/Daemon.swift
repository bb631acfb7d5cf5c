import AudioInput
import DaemonConfiguration
import DigitEvents
import DigitRecognizer
import EventServer
import Logging
import ServiceManager

/// What happens around the recognition of a daemon, on the recognition thread: events go to the clients, the counters and
/// the log; between readings the watchdog is fed, a new configuration taken over, and the device released or taken back.
///
///     LiveRecognition ── event ──> note ──> StatusBoard, EventLog, EventServer, ServiceNotifier
///                     ── turn ───> turn ──> what clients want, configuration, watchdog, device
///
/// For one thread at a time.
public struct Daemon: ~Copyable {
    /// The parts that a daemon may have; each is optional, since a daemon may also only print.
    public struct Parts {
        /// Publishes the events.
        public var server: EventServer?
        /// Tells the service manager.
        public var notifier: ServiceNotifier?
        /// The microphone; nil for a file.
        public var capture: ALSACapture?
        /// New configurations.
        public var reloads: ConfigurationReloads?
        /// Counts what happens.
        public var board: StatusBoard
        /// Where the log goes.
        public var logger: Logger
        /// Takes over what a new configuration says of logs, for the whole process.
        public var takeLog: (Configuration.Log) -> Void = { _ in }
        /// Whether the events are printed too, so that somebody always listens.
        public var isPrinted: Bool

        /// A daemon with nothing but counters and a log.
        public init(board: StatusBoard, logger: Logger, isPrinted: Bool) {
            self.board = board
            self.logger = logger
            self.isPrinted = isPrinted
        }
    }

    private let parts: Parts
    private var configuration: Configuration
    private var log: EventLog
    private var watchdog: WatchdogFeed?
    private var idle: IdleRelease
    /// What the weights file asks for, where the configuration says nothing.
    private let modelParameters: RecognizerParameters
    /// What the service manager was told last.
    private var statusLine = "Starting"
    private var isReady = false
    private var sound = SoundWatch()
    private let now: () -> Int64

    /// - Parameters:
    ///   - parts: what the daemon is made of.
    ///   - configuration: what the file and the command line said.
    ///   - modelParameters: thresholds that the weights file was calibrated for.
    ///   - now: CLOCK_MONOTONIC in ns; tests bring their own.
    public init(
        parts: Parts, configuration: Configuration, modelParameters: RecognizerParameters,
        now: @escaping () -> Int64 = systemMonotonicNanoseconds
    ) {
        self.parts = parts
        self.configuration = configuration
        self.modelParameters = modelParameters
        self.now = now
        log = EventLog(logger: parts.logger, logsDigits: configuration.log.digits)
        watchdog = parts.notifier?.watchdogInterval.map {
            WatchdogFeed(interval: $0, inputIsFile: parts.capture == nil)
        }
        idle = IdleRelease(configuration.capture, now: now())
    }

    /// The recogniser's parameters: the configuration's, else the weights file's.
    public var recognizerParameters: RecognizerParameters {
        var parameters = modelParameters.configured(by: configuration)
        parameters.reportsSpeech = parts.server?.wantsSpeech ?? false
        parameters.reportsLevel = parts.server?.wantsLevels ?? false
        return parameters
    }

    /// Clients are answered from now on, and the service manager knows that the daemon is up.
    ///
    /// Call it when the network is loaded, and the device is open or waited for.
    public mutating func begin() {
        parts.server?.startAccepting()
        isReady = true
        parts.notifier?.ready(status: statusLine)
    }

    /// Takes an event of the recognition.
    public mutating func note(_ event: DigitEvent) {
        parts.board.note(event)
        log.note(event, now: now())
        parts.server?.publish(event)
        if case .device(let device) = event { tellManager(device) }
    }

    /// Takes the samples that are heard.
    public mutating func hear(_ samples: Span<Float>) {
        _ = sound.hear(samples)
        if let level = sound.levelDecibels { parts.board.note(levelDecibels: level) }
    }

    /// Whether nothing is to be recognised for now, as a client plays a prompt.
    public var isMuteWished: Bool { parts.server?.isMuteWished ?? false }

    /// Everything that is to be done now and then; call it between readings.
    public mutating func turn<Recognizer: StreamRecognizing & ~Copyable>(_ recognizer: inout Recognizer) {
        parts.board.note(streamSeconds: recognizer.seconds)
        if let reload = parts.reloads?.take() { apply(reload, to: &recognizer) }
        if let server = parts.server { listenToWishes(of: server, &recognizer) }
        let now = now()
        log.noteTime(now)
        feedWatchdog(now)
        releaseIfIdle(now)
    }

    /// Says goodbye to the clients and the service manager.
    ///
    /// - Parameter reason: of BYE, such as "shutdown".
    public mutating func end(reason: String) {
        parts.notifier?.stopping(status: "Stopping")
        // Half of the second in which a daemon must have ended.
        parts.server?.close(reason: reason, grace: .milliseconds(500))
    }
}

extension Daemon {
    private mutating func tellManager(_ device: DigitEvent.Device) {
        statusLine =
            switch device.state {
            case .open where device.reason == .silent: "No sound from \(device.name)"
            case .open: "Listening to \(device.name)" + (device.rate.map { ", \($0) Hz" } ?? "")
            case .released: "Nobody listens; \(device.name) is released"
            default: "Waiting for \(device.name)" + (device.error.map { ": \($0)" } ?? "")
            }
        if isReady { parts.notifier?.status(statusLine) }
    }

    private func listenToWishes<Recognizer: StreamRecognizing & ~Copyable>(
        of server: EventServer, _ recognizer: inout Recognizer
    ) {
        // Only what changed is set: a setter copies the parameters.
        let (levels, speech) = (server.wantsLevels, server.wantsSpeech)
        if recognizer.parameters.reportsLevel != levels { recognizer.parameters.reportsLevel = levels }
        if recognizer.parameters.reportsSpeech != speech { recognizer.parameters.reportsSpeech = speech }
    }

    private mutating func feedWatchdog(_ now: Int64) {
        guard let notifier = parts.notifier else { return }
        let isDue = watchdog?.turn(
            now: now, captureHeartbeat: parts.capture?.heartbeat ?? 0,
            captureIsInDeviceCall: parts.capture?.isInDeviceCall ?? false)
        guard isDue == true else { return }
        // By way of the server's loop: a daemon whose clients hang is not alive.
        if let server = parts.server { server.whenAlive { notifier.watchdog() } } else { notifier.watchdog() }
    }

    private mutating func releaseIfIdle(_ now: Int64) {
        guard let capture = parts.capture else { return }
        let hasListeners = parts.isPrinted || (parts.server?.clientCount ?? 1) > 0
        switch idle.turn(hasListeners: hasListeners, now: now) {
        case .release: capture.release()
        case .acquire: capture.acquire()
        case nil: break
        }
    }

    private mutating func apply<Recognizer: StreamRecognizing & ~Copyable>(
        _ reload: ConfigurationReloads.Reload, to recognizer: inout Recognizer
    ) {
        let changes = configuration.changes(to: reload.configuration)
        configuration.takeLive(from: reload.configuration)
        recognizer.parameters = recognizerParameters
        parts.server?.update(.init(configuration.server))
        parts.takeLog(configuration.log)
        log.logsDigits = configuration.log.digits
        idle.change(configuration.capture)
        let changed = changes.live.isEmpty ? "nothing has changed" : changes.live.joined(separator: ", ")
        log.logger.notice("\(reload.path) is in force: \(changed).")
        if !changes.needRestart.isEmpty {
            log.logger.warning("\(changes.needRestart.joined(separator: ", ")) take effect only after a restart.")
        }
        parts.notifier?.ready(status: statusLine)
    }
}
