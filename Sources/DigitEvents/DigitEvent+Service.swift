extension DigitEvent {
    /// What the server is.
    public struct Version: Sendable, Hashable, Codable {
        /// The version of the program, such as "0.1.0".
        public var release: String
        /// The version of the protocol; a server of the same number understands this library.
        public var `protocol`: Int
        /// The protocol described by this library.
        public static let currentProtocol = 1

        /// Creates the event.
        public init(release: String, protocol: Int = currentProtocol) {
            self.release = release
            self.protocol = `protocol`
        }
    }

    /// The state of a capture device.
    public struct Device: Sendable, Hashable, Codable {
        /// What became of the device. A newer server may have other states.
        public struct State: RawRepresentable, Sendable, Hashable, Codable {
            /// The word of the protocol.
            public var rawValue: String
            /// A state by its word.
            public init(rawValue: String) { self.rawValue = rawValue }
            /// Open and capturing.
            public static let open = State(rawValue: "open")
            /// Gone, or not to be had; it is opened when it returns.
            public static let lost = State(rawValue: "lost")
            /// Given back because nobody listens; it is opened again for the next client.
            public static let released = State(rawValue: "released")
        }

        /// Why a device is lost, as a word for programs. A newer server may have other reasons.
        public struct Reason: RawRepresentable, Sendable, Hashable, Codable {
            /// The word of the protocol.
            public var rawValue: String
            /// A reason by its word.
            public init(rawValue: String) { self.rawValue = rawValue }
            /// There is no such device now: it was unplugged, or has not appeared yet.
            public static let missing = Reason(rawValue: "missing")
            /// Another program has it.
            public static let busy = Reason(rawValue: "busy")
            /// This user may not open it.
            public static let forbidden = Reason(rawValue: "forbidden")
            /// It gave neither sound nor an error for 2 s; or, while it is open, no sound for 5 s: a switch may be off.
            public static let silent = Reason(rawValue: "silent")
            /// Anything else; `error` has the words.
            public static let failed = Reason(rawValue: "failed")
        }
        /// What became of the device.
        public var state: State
        /// The device's stable name, such as "plughw:CARD=Mic,DEV=0", or the file's.
        public var name: String
        /// Its sampling rate, in Hz; open devices only.
        public var rate: Int?
        /// Its channels, of which the mean is heard; open devices only.
        public var channels: Int?
        /// Why it was lost, as a word for programs; `silent` also of open devices.
        public var reason: Reason?
        /// Why it was lost, in words; lost devices only.
        public var error: String?

        /// Creates the event.
        public init(
            state: State, name: String, rate: Int? = nil, channels: Int? = nil, reason: Reason? = nil,
            error: String? = nil
        ) {
            self.state = state
            self.name = name
            self.rate = rate
            self.channels = channels
            self.reason = reason
            self.error = error
        }
    }

    /// Samples that were lost between capture and recognition.
    public struct Gap: Sendable, Hashable, Codable {
        /// How many frames (one sample of every channel, at the device's rate) were lost; 0 where that is not known.
        public var lostFrames: Int
        /// Why, such as "overrun" or "suspend".
        public var cause: String

        enum CodingKeys: String, CodingKey {
            case lostFrames = "lost_frames"
            case cause
        }

        /// Creates the event.
        public init(lostFrames: Int, cause: String) {
            self.lostFrames = lostFrames
            self.cause = cause
        }
    }

    /// Whether recognition is muted by a client.
    public struct Mute: Sendable, Hashable, Codable {
        /// True from here on nothing is recognised, until a MUTE with false.
        public var muted: Bool

        /// Creates the event.
        public init(muted: Bool) { self.muted = muted }
    }

    /// Events that a slow client has missed.
    public struct Overflow: Sendable, Hashable, Codable {
        /// How many.
        public var lost: Int

        /// Creates the event.
        public init(lost: Int) { self.lost = lost }
    }

    /// A request that could not be served.
    public struct Failure: Sendable, Hashable, Codable {
        /// A word for programs, such as "bad_request".
        public var code: String
        /// A sentence for people.
        public var message: String

        /// Creates the event.
        public init(code: String, message: String) {
            self.code = code
            self.message = message
        }
    }

    /// The end of the connection.
    public struct Bye: Sendable, Hashable, Codable {
        /// Why, such as "shutdown".
        public var reason: String

        /// Creates the event.
        public init(reason: String) { self.reason = reason }
    }
}
