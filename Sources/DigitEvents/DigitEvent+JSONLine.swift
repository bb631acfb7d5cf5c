import Foundation

extension DigitEvent {
    /// The longest line of the protocol, its LF included, in bytes.
    public static let lineLengthMaximum = 4096

    /// The event as one line of JSON, with its LF.
    public var jsonLine: String {
        var bytes: [UInt8] = []
        appendJSONLine(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// Appends the event as one line of JSON, with its LF: at most ``lineLengthMaximum`` bytes.
    ///
    /// Seconds have three decimals at most, confidences four (the least one of a policy six), levels one. Texts that would make the line too long are cut.
    public func appendJSONLine(to bytes: inout [UInt8]) {
        var taken: [UInt8] = []
        swap(&taken, &bytes)
        var object = JSONObjectWriter(appendingTo: consume taken)
        object.string("class", className)
        switch self {
        case .version(let event):
            object.string("release", event.release)
            object.integer("protocol", event.protocol)
        case .device(let event):
            object.string("state", event.state.rawValue, limit: JSONObjectWriter.wordLengthMaximum)
            object.string("name", event.name)
            object.integer("rate", event.rate)
            object.integer("channels", event.channels)
            object.string("reason", event.reason?.rawValue, limit: JSONObjectWriter.wordLengthMaximum)
            object.string("error", event.error)
        case .digit(let event):
            object.integer("seq", event.seq)
            object.integer("utterance", event.utterance)
            object.integer("digit", event.digit)
            object.string("spoken", event.spoken, limit: JSONObjectWriter.wordLengthMaximum)
            object.number("confidence", event.confidence, decimals: 4)
            object.alternatives("alternatives", event.alternatives)
            object.number("start", event.start, decimals: 3)
            object.number("end", event.end, decimals: 3)
            object.number("at", event.at, decimals: 3)
            object.time("time", event.time)
            object.integer("latency_ms", event.latencyMilliseconds)
        case .rejected(let event):
            object.integer("seq", event.seq)
            object.integer("utterance", event.utterance)
            object.string("reason", event.reason.rawValue)
            object.number("confidence", event.confidence, decimals: 4)
            object.number("start", event.start, decimals: 3)
            object.number("end", event.end, decimals: 3)
            object.number("at", event.at, decimals: 3)
            object.time("time", event.time)
        case .speech(let event):
            object.string("state", event.state.rawValue)
            object.number("at", event.at, decimals: 3)
        case .gap(let event):
            object.integer("lost_frames", event.lostFrames)
            object.string("cause", event.cause)
        case .level(let event):
            object.number("level_db", event.levelDecibels, decimals: 1)
            object.number("floor_db", event.floorDecibels, decimals: 1)
            object.number("threshold_db", event.thresholdDecibels, decimals: 1)
            object.boolean("speech", event.speech)
        case .overflow(let event):
            object.integer("lost", event.lost)
        case .error(let event):
            object.string("code", event.code)
            object.string("message", event.message)
        case .bye(let event):
            object.string("reason", event.reason)
        case .watch(let policy):
            object.kinds("watch", policy.watch)
            object.number("min_confidence", policy.minConfidence, decimals: 6)
        case .status(let status):
            object.append(status)
        case .pong(let event):
            object.integer("ping", event.ping)
        case .unknown: break
        }
        bytes = object.finish()
        bytes.append(UInt8(ascii: "\n"))
    }

    /// Reads one line, with or without its LF. Throws `DecodingError` for what is no event.
    public init(jsonLine: String) throws {
        self = try JSONDecoder().decode(DigitEvent.self, from: Data(jsonLine.utf8))
    }

    /// As `init(jsonLine:)`, from the bytes of UTF-8.
    init(jsonBytes: [UInt8]) throws {
        self = try JSONDecoder().decode(DigitEvent.self, from: Data(jsonBytes))
    }
}

extension JSONObjectWriter {
    /// Writes the keys of a status.
    fileprivate mutating func append(_ status: DigitEvent.Status) {
        string("release", status.release, limit: Self.wordLengthMaximum)
        string("device", status.device)
        string("state", status.state?.rawValue, limit: Self.wordLengthMaximum)
        integer("rate", status.rate)
        integer("channels", status.channels)
        string("error", status.error)
        number("stream", status.stream, decimals: 3)
        number("uptime", status.uptime, decimals: 3)
        integer("digits", status.digits)
        integer("rejected", status.rejected)
        integer("gaps", status.gaps)
        integer("lost_frames", status.lostFrames)
        integer("clients", status.clients)
        integer("overflows", status.overflows)
        string("model", status.model, limit: Self.wordLengthMaximum)
        string("checksum", status.checksum, limit: Self.wordLengthMaximum)
        delay("delay_ms", status.delay)
    }
}
