import DigitEvents

/// What the monitor knows of a recogniser: its events so far, boiled down to what a screen shows.
///
/// A value of bounded size; no clock and no I/O.
public struct MonitorState: Sendable, Equatable {
    /// Where the events come from.
    public enum Source: Sendable, Equatable {
        /// A daemon, by its socket.
        case daemon(path: String)
        /// This process: its own microphone, or a file.
        case own
    }

    /// Whether events are to be expected.
    public enum Connection: Sendable, Equatable {
        /// None has come yet.
        case waiting
        /// A server of this release, or this process.
        case connected(release: String)
        /// The server has said good-bye, or the connection broke: why, as a word.
        case ended(reason: String)
    }

    /// How loud an utterance was, in dB.
    public struct SpeechLevel: Sendable, Equatable {
        /// Its loudest level.
        public var peakDecibels: Double
        /// The noise floor then.
        public var floorDecibels: Double

        /// How far it stands out.
        public var overFloor: Double { peakDecibels - floorDecibels }
    }

    /// Where the events come from.
    public let source: Source
    /// Whether events are to be expected.
    public private(set) var connection = Connection.waiting
    /// The capture device.
    public private(set) var device: DigitEvent.Device?
    /// The last level, while there is one.
    public private(set) var level: DigitEvent.Level?
    /// When it came.
    public private(set) var levelTime = 0.0
    /// Whether speech is heard now.
    public private(set) var isSpeech = false
    /// The loudest of the last levels (two seconds of them), in dB.
    public private(set) var peakDecibels: Double?
    /// The last utterance's level.
    public private(set) var lastSpeech: SpeechLevel?
    /// The last utterances, DIGIT and REJECTED, newest first; at most ``heardMaximum``.
    public private(set) var heard: [DigitEvent] = []
    /// DIGIT events so far.
    public private(set) var digits = 0
    /// REJECTED events so far.
    public private(set) var rejected = 0
    /// GAP events so far.
    public private(set) var gaps = 0
    /// Frames that they say were lost.
    public private(set) var lostFrames = 0
    /// Events that did not arrive because this client was too slow.
    public private(set) var overflows = 0
    /// Clients of the daemon, where known.
    public private(set) var clients: Int?
    /// The last complaint of the daemon.
    public private(set) var complaint: String?

    /// The most utterances kept.
    public static let heardMaximum = 100
    /// Levels that the peak stays for.
    static let peakLevels = 20

    private var wasLevelSpeech = false
    private var peakAge = 0

    /// A state before any event.
    public init(source: Source) {
        self.source = source
    }

    /// Takes an event.
    ///
    /// - Parameter now: seconds of a clock that never goes back.
    public mutating func take(_ event: DigitEvent, at now: Double) {
        switch event {
        case .version(let version):
            connection = .connected(release: version.release)
            complaint = nil
        case .device(let device):
            self.device = device
            if device.state != .open { forgetSound() }
        case .level(let level): take(level, at: now)
        case .speech(let speech): isSpeech = speech.state == .start
        case .digit:
            digits += 1
            remember(event)
        case .rejected:
            rejected += 1
            remember(event)
        case .gap(let gap):
            gaps += 1
            // The numbers are foreign.
            lostFrames = lostFrames.addingSaturating(gap.lostFrames)
        case .overflow(let overflow): overflows = overflows.addingSaturating(overflow.lost)
        case .status(let status): clients = status.clients
        case .error(let failure): complaint = failure.message
        case .bye(let bye):
            connection = .ended(reason: bye.reason)
            device = nil
            clients = nil
            forgetSound()
        case .mute, .watch, .pong, .unknown: break
        }
    }

    private mutating func take(_ level: DigitEvent.Level, at now: Double) {
        self.level = level
        levelTime = now
        isSpeech = level.speech
        peakAge += 1
        if level.levelDecibels >= peakDecibels ?? -.infinity || peakAge >= Self.peakLevels {
            peakDecibels = level.levelDecibels
            peakAge = 0
        }
        if level.speech {
            let before = wasLevelSpeech ? lastSpeech?.peakDecibels : nil
            lastSpeech = SpeechLevel(
                peakDecibels: max(before ?? level.levelDecibels, level.levelDecibels),
                floorDecibels: level.floorDecibels)
        }
        wasLevelSpeech = level.speech
    }

    private mutating func forgetSound() {
        level = nil
        isSpeech = false
        peakDecibels = nil
        wasLevelSpeech = false
    }

    private mutating func remember(_ event: DigitEvent) {
        heard.insert(event, at: 0)
        if heard.count > Self.heardMaximum { heard.removeLast() }
    }
}

extension Int {
    /// The sum, or the greatest or least number where that is beyond it.
    func addingSaturating(_ other: Int) -> Int {
        let (sum, overflows) = addingReportingOverflow(other)
        return overflows ? (other > 0 ? .max : .min) : sum
    }
}
