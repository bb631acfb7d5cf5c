/// One event of the recogniser: what `digitd listen --format json` prints a line of, and what its socket sends.
///
/// Unknown values are absent, never null. Clients ignore keys and classes they don't know: a line of another class decodes to
/// ``unknown(class:)``.
public enum DigitEvent: Sendable, Hashable {
    /// The first line of a server.
    case version(Version)
    /// A capture device was opened or lost.
    case device(Device)
    /// A digit was recognised.
    case digit(Digit)
    /// An utterance was heard that is no certain digit.
    case rejected(Rejected)
    /// Speech began or ended.
    case speech(Speech)
    /// Samples of the stream were lost.
    case gap(Gap)
    /// The present level, ten times a second where asked for.
    case level(Level)
    /// Recognition was muted by a client, or no longer is.
    case mute(Mute)
    /// Events were lost for this client, which read too slowly.
    case overflow(Overflow)
    /// A request could not be served.
    case error(Failure)
    /// The last line of a server.
    case bye(Bye)
    /// The policy now in force, in answer to a request.
    case watch(WatchPolicy)
    /// What the daemon is doing, in answer to a request.
    case status(Status)
    /// The answer to a ping.
    case pong(Pong)
    /// An event of a newer server.
    case unknown(class: String)

    /// The value of the key `class`.
    public var className: String {
        switch self {
        case .version: "VERSION"
        case .device: "DEVICE"
        case .digit: "DIGIT"
        case .rejected: "REJECTED"
        case .speech: "SPEECH"
        case .gap: "GAP"
        case .level: "LEVEL"
        case .mute: "MUTE"
        case .overflow: "OVERFLOW"
        case .error: "ERROR"
        case .bye: "BYE"
        case .watch: "WATCH"
        case .status: "STATUS"
        case .pong: "PONG"
        case .unknown(let name): name
        }
    }
}

extension DigitEvent: Codable {
    private enum ClassKey: String, CodingKey { case `class` }

    /// Decodes one object; keys that are not known are ignored.
    public init(from decoder: any Decoder) throws {
        let name = try decoder.container(keyedBy: ClassKey.self).decode(String.self, forKey: .class)
        switch name {
        case "VERSION": self = .version(try Version(from: decoder))
        case "DEVICE": self = .device(try Device(from: decoder))
        case "DIGIT": self = .digit(try Digit(from: decoder))
        case "REJECTED": self = .rejected(try Rejected(from: decoder))
        case "SPEECH": self = .speech(try Speech(from: decoder))
        case "GAP": self = .gap(try Gap(from: decoder))
        case "LEVEL": self = .level(try Level(from: decoder))
        case "MUTE": self = .mute(try Mute(from: decoder))
        case "OVERFLOW": self = .overflow(try Overflow(from: decoder))
        case "ERROR": self = .error(try Failure(from: decoder))
        case "BYE": self = .bye(try Bye(from: decoder))
        case "WATCH": self = .watch(try WatchPolicy(from: decoder))
        case "STATUS": self = .status(try Status(from: decoder))
        case "PONG": self = .pong(try Pong(from: decoder))
        default: self = .unknown(class: name)
        }
    }

    /// Encodes the object with its class. To print lines, ``appendJSONLine(to:)`` is quicker and rounds numbers.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: ClassKey.self)
        try container.encode(className, forKey: .class)
        switch self {
        case .version(let event): try event.encode(to: encoder)
        case .device(let event): try event.encode(to: encoder)
        case .digit(let event): try event.encode(to: encoder)
        case .rejected(let event): try event.encode(to: encoder)
        case .speech(let event): try event.encode(to: encoder)
        case .gap(let event): try event.encode(to: encoder)
        case .level(let event): try event.encode(to: encoder)
        case .mute(let event): try event.encode(to: encoder)
        case .overflow(let event): try event.encode(to: encoder)
        case .error(let event): try event.encode(to: encoder)
        case .bye(let event): try event.encode(to: encoder)
        case .watch(let event): try event.encode(to: encoder)
        case .status(let event): try event.encode(to: encoder)
        case .pong(let event): try event.encode(to: encoder)
        case .unknown: break
        }
    }
}
