// What the server answers requests with; see `ClientRequest`.

extension DigitEvent {
    /// The kinds of events that a client may ask for, by the word of the protocol.
    public enum Kind: String, Sendable, Hashable, CaseIterable, Codable {
        /// Recognised digits.
        case digit = "DIGIT"
        /// Utterances that are no certain digit.
        case rejected = "REJECTED"
        /// Devices that were opened or lost.
        case device = "DEVICE"
        /// Lost samples.
        case gap = "GAP"
        /// The end of the connection.
        case bye = "BYE"
        /// Beginnings and ends of speech.
        case speech = "SPEECH"
        /// The present level, ten times a second.
        case level = "LEVEL"
    }

    /// Which events a client gets: what it asks for, and what the server says is now in force.
    ///
    /// OVERFLOW, ERROR and the answers to requests always come.
    public struct WatchPolicy: Sendable, Hashable, Codable {
        /// The kinds of events sent.
        public var watch: Set<Kind>
        /// The least confidence of a DIGIT that is sent, from 0 to 1.
        public var minConfidence: Double

        enum CodingKeys: String, CodingKey {
            case watch
            case minConfidence = "min_confidence"
        }

        /// A policy.
        public init(watch: Set<Kind>, minConfidence: Double = 0) {
            self.watch = watch
            self.minConfidence = minConfidence
        }

        /// What a client gets that asks for nothing: everything but SPEECH and LEVEL.
        public static let standard = WatchPolicy(watch: [.digit, .rejected, .device, .gap, .bye])

        /// Decodes a policy. Kinds that are not known are left out; without a least confidence it is 0.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            watch = Set(try container.decode([String].self, forKey: .watch).compactMap(Kind.init(rawValue:)))
            minConfidence = try container.decodeIfPresent(Double.self, forKey: .minConfidence) ?? 0
        }

        /// Encodes the policy, its kinds in the order of their declaration.
        public func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(Kind.allCases.filter(watch.contains), forKey: .watch)
            try container.encode(minConfidence, forKey: .minConfidence)
        }
    }

    /// The answer to a ping.
    public struct Pong: Sendable, Hashable, Codable {
        /// The number of the request.
        public var ping: Int

        /// Creates the answer.
        public init(ping: Int) { self.ping = ping }
    }

    /// What the daemon is doing.
    public struct Status: Sendable, Hashable, Codable {
        /// The version of the program.
        public var release: String
        /// The capture device's stable name, or the file's; absent before the first attempt to open one.
        public var device: String?
        /// The state of the capture device, as in DEVICE.
        public var state: Device.State?
        /// Its sampling rate in Hz; open devices only.
        public var rate: Int?
        /// Its channels; open devices only.
        public var channels: Int?
        /// Why it is not open, or `silent` where it gives no sound, as in DEVICE.
        public var reason: Device.Reason?
        /// Why it is not open, in words.
        public var error: String?
        /// The level of the last tenth of a second, in dB relative to a sine of full scale; absent before there was
        /// sound.
        public var levelDecibels: Double?
        /// How much of the stream was heard, lost samples included, in seconds.
        public var stream: Double
        /// Since the daemon began, in seconds.
        public var uptime: Double
        /// DIGIT events so far.
        public var digits = 0
        /// REJECTED events so far.
        public var rejected = 0
        /// GAP events so far.
        public var gaps = 0
        /// Frames known to be lost so far, at the device's rate.
        public var lostFrames = 0
        /// MUTE events so far that began a mute; 0 from daemons that have none.
        public var mutes = 0
        /// Whether recognition is muted now.
        public var isMuted = false
        /// Clients connected now, the one that asks among them.
        public var clients = 0
        /// Events that slow clients have missed so far, all clients together.
        public var overflows = 0
        /// The weights file's name.
        public var model: String
        /// SHA-256 of the weights file, in hexadecimal.
        public var checksum: String
        /// Wall time from the last speech sample's capture to the sending, over the last digits; live capture only.
        public var delay: Delay?

        enum CodingKeys: String, CodingKey {
            case release, device, state, rate, channels, reason, error
            case levelDecibels = "level_db"
            case stream, uptime, digits, rejected, gaps
            case lostFrames = "lost_frames"
            case mutes
            case isMuted = "muted"
            case clients, overflows, model, checksum
            case delay = "delay_ms"
        }

        /// Percentiles in milliseconds.
        public struct Delay: Sendable, Hashable, Codable {
            /// The median.
            public var p50: Int
            /// The 95th percentile.
            public var p95: Int
            /// The longest.
            public var max: Int

            /// Creates percentiles.
            public init(p50: Int, p95: Int, max: Int) {
                self.p50 = p50
                self.p95 = p95
                self.max = max
            }
        }

        /// Creates a status with no events counted.
        public init(release: String, model: String, checksum: String, stream: Double = 0, uptime: Double = 0) {
            self.release = release
            self.model = model
            self.checksum = checksum
            self.stream = stream
            self.uptime = uptime
        }

        /// Decodes a status. What later daemons have added is 0, or false, from older ones.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: CodingKeys.self)
            release = try container.decode(String.self, forKey: .release)
            device = try container.decodeIfPresent(String.self, forKey: .device)
            state = try container.decodeIfPresent(Device.State.self, forKey: .state)
            rate = try container.decodeIfPresent(Int.self, forKey: .rate)
            channels = try container.decodeIfPresent(Int.self, forKey: .channels)
            reason = try container.decodeIfPresent(Device.Reason.self, forKey: .reason)
            error = try container.decodeIfPresent(String.self, forKey: .error)
            levelDecibels = try container.decodeIfPresent(Double.self, forKey: .levelDecibels)
            stream = try container.decode(Double.self, forKey: .stream)
            uptime = try container.decode(Double.self, forKey: .uptime)
            digits = try container.decode(Int.self, forKey: .digits)
            rejected = try container.decode(Int.self, forKey: .rejected)
            gaps = try container.decode(Int.self, forKey: .gaps)
            lostFrames = try container.decode(Int.self, forKey: .lostFrames)
            mutes = try container.decodeIfPresent(Int.self, forKey: .mutes) ?? 0
            isMuted = try container.decodeIfPresent(Bool.self, forKey: .isMuted) ?? false
            clients = try container.decode(Int.self, forKey: .clients)
            overflows = try container.decode(Int.self, forKey: .overflows)
            model = try container.decode(String.self, forKey: .model)
            checksum = try container.decode(String.self, forKey: .checksum)
            delay = try container.decodeIfPresent(Delay.self, forKey: .delay)
        }
    }
}
