import SpeechSegmenter

/// Everything that the configuration file says: each option with its value, given or default.
///
/// The table ``ConfigurationOption/all`` describes the options one by one; this is what a program reads.
public struct Configuration: Sendable, Equatable {
    /// Where the sound comes from.
    public struct Capture: Sendable, Equatable {
        /// The ALSA name of the capture device; "default" is the system's default.
        public var device = "default"
        /// Which channel is heard, counted from 0 to 254; nil for all of them, mixed.
        public var channel: Int?
        /// Whether the device is closed while nobody listens.
        public var releaseWhenIdle = false
        /// How long nobody must have listened before the device is closed, in seconds from 0 to 86,400.
        public var releaseAfter: Double = 30

        /// Creates the defaults.
        public init() {}
    }

    /// What is accepted as a digit.
    public struct Recognition: Sendable, Equatable {
        /// The absolute path of the weights file; nil for the installed one.
        public var model: String?
        /// What the network is computed in.
        public var precision = Precision.auto
        /// The least probability of a digit, from 0 to 1; nil for the weights file's own threshold.
        public var acceptPosterior: Double?
        /// The least probability of a digit at the first pause, from 0 to 1; nil for the recogniser's own.
        public var earlyPosterior: Double?
        /// Whether zero said "oh" is a digit.
        public var oh = true
        /// Alternatives listed with a digit, 0 to 9.
        public var alternatives = 2
        /// Whether digits said without pauses between them are told apart.
        public var runs = true
        /// Whether digits must be more certain where much else is heard.
        public var wary = true

        /// Creates the defaults.
        public init() {}
    }

    /// What the network is computed in.
    public enum Precision: String, Sendable, CaseIterable {
        /// The fastest that the CPU and the weights file allow.
        case auto
        /// 8-bit integers.
        case int8
        /// The upper half of single precision; only on a CPU that has it.
        case bf16
        /// Single precision.
        case f32
    }

    /// The Unix socket and its limits.
    public struct Server: Sendable, Equatable {
        /// Where the socket is.
        public var socket = SocketChoice.auto
        /// Permission bits of a socket that digitd makes, from 0o600 to 0o777.
        public var mode: UInt16 = 0o660
        /// The group that a socket made by digitd belongs to, a name or a number; nil for the daemon's own.
        public var group: String?
        /// Subscribers at a time, 1 to 1,024.
        public var clientsMax = 64
        /// How many of them may be one user's, 1 to 1,024; nil for a quarter.
        public var clientsPerUser: Int?
        /// Events that wait for one slow subscriber, 16 to 65,536.
        public var queueEvents = 256
        /// How long a subscriber may stay blocked, in seconds from 1 to 3,600.
        public var stallSeconds: Double = 10

        /// Creates the defaults.
        public init() {}
    }

    /// Where the socket is.
    public enum SocketChoice: Sendable, Equatable {
        /// The service manager's socket where it hands one over; otherwise none.
        case auto
        /// No socket.
        case none
        /// A socket of digitd's own at this absolute path, of at most 107 bytes.
        case path(String)
    }

    /// What is printed on standard output.
    public struct Output: Sendable, Equatable {
        /// How events are printed.
        public var format = OutputFormat.auto

        /// Creates the defaults.
        public init() {}
    }

    /// How events are printed.
    public enum OutputFormat: String, Sendable, CaseIterable {
        /// For a person on a terminal, JSON lines elsewhere.
        case auto
        /// For a person.
        case text
        /// JSON lines.
        case json
        /// The bare digits.
        case digits
        /// Not at all.
        case none
    }

    /// What is logged.
    public struct Log: Sendable, Equatable {
        /// The least severe messages that are logged.
        public var level = LogLevel.notice
        /// Whether recognised digits may be logged. They can be PINs.
        public var digits = false

        /// Creates the defaults.
        public init() {}
    }

    /// Severities of log messages, with the names of swift-log, the least severe first.
    public enum LogLevel: String, Sendable, CaseIterable {
        /// Every step.
        case trace
        /// What helps to find a fault in digitd.
        case debug
        /// What happens: clients that come and go, devices that open.
        case info
        /// What is unusual.
        case notice
        /// What is wrong and may mend itself.
        case warning
        /// What failed.
        case error
        /// What ends the daemon.
        case critical
    }

    /// Where the sound comes from.
    public var capture = Capture()
    /// What is accepted as a digit.
    public var recognition = Recognition()
    /// How utterances are found.
    public var segmenter = SegmenterParameters.standard
    /// The Unix socket and its limits.
    public var server = Server()
    /// What is printed on standard output.
    public var output = Output()
    /// What is logged.
    public var log = Log()

    /// Creates the defaults.
    public init() {}

    /// Reads a configuration file. Options that it does not give have their defaults.
    ///
    /// - Throws: `unreadable` for a file that cannot be read, `invalid` with every problem found in it.
    public init(contentsOf path: String) throws(ConfigurationError) {
        self = try ConfigurationFile(contentsOf: path).configuration
    }

    /// The keys of the options that differ: those that can change in a running daemon, and those that need a restart.
    public func changes(to new: Configuration) -> (live: [String], needRestart: [String]) {
        let changed = ConfigurationOption.all.filter { $0.value(self) != $0.value(new) }
        return (changed.filter(\.isLive).map(\.key), changed.filter { !$0.isLive }.map(\.key))
    }

    /// Takes over from a newer configuration what can change in a running daemon.
    public mutating func takeLive(from new: Configuration) {
        for option in ConfigurationOption.all where option.isLive { option.set(&self, option.value(new)) }
    }
}
