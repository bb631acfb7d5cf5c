import DigitEvents

/// Which digits may begin an entry, once something was lost or rejected: none of the same breath.
///
/// A person who says "four, seven, one, one" in one breath cannot be told that the seven was lost before the last one
/// is said. So what follows a loss counts only after a silence that was long enough to be told of it and to begin
/// again. It is measured in the stream, from the last utterance heard of; a loss without a place in the stream
/// (samples, events, a device, a daemon) lies before its arrival here, and what counts must have been begun later than
/// that by the same time.
struct KeypadBreath: Sendable {
    /// The shortest silence in which a person hears of a loss and answers, in seconds. The event comes 0.1 to 0.2 s
    /// after the speech, and nobody reads a sentence and begins to speak in less than 0.5 s; digits that are dictated
    /// one by one follow each other within 0.8 s.
    static let replyPause = 1.0
    /// What a difference of seconds may lack through rounding to the protocol's three decimals.
    private static let rounding = 0.001_5

    /// An utterance with its place in the stream, in seconds.
    struct Utterance {
        var start: Double
        var end: Double
        /// Its number, where the daemon tells.
        var number: Int?
        /// When it was begun at the latest, in seconds of the clock.
        var startTime: Double

        /// A digit that arrived at the time `now`.
        init(_ digit: DigitEvent.Digit, at now: Double) {
            (start, end, number) = (digit.start, digit.end, digit.utterance)
            // How far the daemon was behind shows in its own measurement only.
            let latency = Double(digit.latencyMilliseconds ?? 0) / 1000
            startTime = now - max(digit.at - digit.start, digit.end - digit.start + latency, 0)
        }

        /// A rejection that arrived at the time `now`.
        init(_ rejected: DigitEvent.Rejected, at now: Double) {
            (start, end, number) = (rejected.start, rejected.end, rejected.utterance)
            startTime = now - max((rejected.at ?? rejected.end) - rejected.start, 0)
        }
    }

    /// Whether something was lost that no long enough silence has followed.
    private(set) var isSpoilt = false
    /// When the last loss without a place in the stream was heard of, in seconds of the clock.
    private var lossTime: Double?
    /// Where the last utterance ended, in seconds of the stream.
    private(set) var end: Double?
    private var number: Int?

    /// Something was lost before the time `now`.
    mutating func spoil(at now: Double) {
        isSpoilt = true
        lossTime = now
    }

    /// Takes an utterance that counts for nothing, and spoils the breath.
    mutating func reject(_ utterance: Utterance) {
        isSpoilt = true
        hear(utterance)
    }

    /// Takes an utterance that is a certain digit; whether it counts.
    mutating func admit(_ utterance: Utterance) -> Bool {
        defer { hear(utterance) }
        guard isSpoilt else { return true }
        let least = Self.replyPause - Self.rounding
        // Written so that a time that is no number admits nothing.
        let isApart = end.map { utterance.start - $0 >= least } ?? true
        let isLater = lossTime.map { utterance.startTime - $0 >= least } ?? true
        let isSame = utterance.number != nil && utterance.number == number
        guard isApart, isLater, !isSame else { return false }
        (isSpoilt, lossTime) = (false, nil)
        return true
    }

    /// Another stream follows, and its times and numbers have nothing to do with those so far.
    mutating func forgetStream() { (end, number) = (nil, nil) }

    private mutating func hear(_ utterance: Utterance) {
        // Pieces of one utterance may overlap.
        end = max(utterance.end, end ?? utterance.end)
        number = utterance.number
    }
}
