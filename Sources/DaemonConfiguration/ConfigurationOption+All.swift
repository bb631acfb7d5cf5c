import SpeechSegmenter

extension ConfigurationOption {
    /// Every option, in the order of `config/digitd.toml`.
    ///
    /// The ranges keep the segmenter and the recogniser within what they are built for: no segment is longer than the
    /// ten seconds whose frames cost the recogniser half a megabyte; the longest word holds the longest pre-roll and
    /// onset; and no interval is zero.
    public static let all = capture + recognition + segmenter + server + output + log

    /// What the tables are for, in the order of the file.
    static let tables: [(name: String, comment: String)] = [
        ("capture", "Where the sound comes from."),
        ("recognition", "The network, and what is accepted as a digit."),
        (
            "segmenter",
            "How words are found in the sound: 10 ms frames of speech-band energy against the background noise (the floor)."
        ),
        ("server", "The Unix socket that other programs subscribe to."),
        ("output", "Standard output."),
        ("log", "Messages on standard error, which under systemd go to the journal."),
    ]

    /// The option of this key, if there is one.
    static func named(_ key: String) -> ConfigurationOption? {
        all.first { $0.key == key }
    }

    private static let capture = [
        text(
            "capture", "device", .text(bytesMax: 255, emptyMeans: nil),
            "The ALSA name of the microphone, as digitd devices lists it; \"default\" is the system's default.",
            get: { $0.capture.device },
            set: { $0.capture.device = $1 }),
        integerOr(
            "mix", "capture", "channel", \.capture.channel, 0...254, isLive: false,
            "Which channel of the microphone is heard, counted from 0; \"mix\" is all of them together. A microphone array may "
                + "have a processed channel, raw ones and one that plays other sound."),
        flag(
            "capture", "release_when_idle", \.capture.releaseWhenIdle,
            "Close the device while no subscriber is connected and nothing is printed, so that other programs can have it."
        ),
        number(
            "capture", "release_after_s", \.capture.releaseAfter, 0...86_400, of: "seconds",
            "How long no subscriber must have been connected before the device is closed."),
    ]

    private static let recognition = [
        text(
            "recognition", "model", .path(bytesMax: 4095, or: ["auto"]),
            "The weights file; \"auto\" is the installed one.",
            get: { $0.recognition.model ?? "auto" },
            set: { $0.recognition.model = $1 == "auto" ? nil : $1 }),
        words(
            "recognition", "precision", \.recognition.precision, isLive: false,
            "What the network is computed in; \"auto\" is the fastest that the CPU and the weights file allow."),
        probability(
            "recognition", "accept_posterior", \.recognition.acceptPosterior,
            "How probable a digit must be; below it the word is rejected. \"auto\" is what the weights file was calibrated "
                + "for."),
        probability(
            "recognition", "early_posterior", \.recognition.earlyPosterior,
            "How probable a digit must be to be given at the first pause, without waiting for another look; not below "
                + "accept_posterior. \"auto\" is what suits the weights file."),
        flag(
            "recognition", "oh", \.recognition.oh,
            "Take \"oh\" for the digit 0, as in telephone numbers; without it only \"zero\" is. The letter is the same sound."
        ),
        integer(
            "recognition", "alternatives", \.recognition.alternatives, 0...9, of: "digits",
            "How many other digits are listed with a digit, the most probable first."),
        flag(
            "recognition", "runs", \.recognition.runs,
            "Tell digits apart that are said without pauses between them. Without it every digit needs a silence of 0.2 s "
                + "after it; other speech is then taken for digits a little more seldom."),
        flag(
            "recognition", "wary", \.recognition.wary,
            "Where much else is heard, music or talk, be surer of a digit: with each utterance in a row that was none, within "
                + "a minute of each other, its odds must be twice as high, up to 40 times what accept_posterior says or 0.98. "
                + "Without it, an hour of music has several false digits."),
    ]

    private static let server = [
        text(
            "server", "socket", .path(bytesMax: 107, or: ["auto", ""]),
            "Where the socket is. \"auto\" is the one that systemd hands over, and none without systemd; \"\" is none; a path "
                + "is a socket that digitd makes itself.",
            get: { $0.server.socket.text },
            set: { $0.server.socket = .init(text: $1) }),
        text(
            "server", "mode", .mode, "The permissions of a socket that digitd makes itself.",
            get: { "0" + String($0.server.mode, radix: 8) },
            set: { $0.server.mode = UInt16($1, radix: 8) ?? $0.server.mode }),
        text(
            "server", "group", .text(bytesMax: 32, emptyMeans: "the daemon's own"),
            "The group of a socket that digitd makes itself, by name or number.",
            get: { $0.server.group ?? "" },
            set: { $0.server.group = $1.isEmpty ? nil : $1 }),
        integer(
            "server", "clients_max", \.server.clientsMax, 1...1024, of: "subscribers",
            "How many may be connected at a time; the next is told so and closed."),
        integerOr(
            "auto", "server", "clients_per_user", \.server.clientsPerUser, 1...1024, isLive: true,
            "How many of them may be one user's, but for root and the daemon's own user, for whom an eighth of all is kept. "
                + "\"auto\" is a quarter of clients_max."),
        integer(
            "server", "queue_events", \.server.queueEvents, 16...65_536, of: "events",
            "How many wait for a slow subscriber before it loses some; it is told how many."),
        number(
            "server", "stall_s", \.server.stallSeconds, 1...3600, of: "seconds",
            "How long a subscriber may take nothing at all before it is closed."),
    ]

    private static let output = [
        words(
            "output", "format", \.output.format, isLive: false,
            "How events are printed. \"auto\" is text on a terminal and json elsewhere; \"digits\" is the bare digits; "
                + "\"none\" prints nothing.")
    ]

    private static let log = [
        words("log", "level", \.log.level, isLive: true, "The least severe messages that are logged."),
        flag(
            "log", "log_digits", \.log.digits,
            "Let recognised digits appear in the log. They can be PINs: leave this off but for a test."),
    ]
}

extension Configuration.SocketChoice {
    fileprivate init(text: String) {
        self =
            switch text {
            case "auto": .auto
            case "": .none
            default: .path(text)
            }
    }

    fileprivate var text: String {
        switch self {
        case .auto: "auto"
        case .none: ""
        case .path(let path): path
        }
    }
}
