/// What of a growing utterance is certain enough to be given out, in order, once, and for good.
///
/// An utterance is decoded again and again while it grows. The end of a decoding is guesswork: the network has not
/// heard what follows. A part is given when enough was heard behind it and successive decodings agree on it and on
/// everything before it; when the utterance has ended, all that is left is. An accepted digit is given as one, anything
/// else as a rejection in its place. What was given is never given again and never changed: each decoding is aligned
/// with it (see `GivenParts`), and only what lies behind is new.
///
/// A pure state machine: no clock, no I/O. Its cost is that of the alignment, parts given times parts decoded.
public struct StableDigits: Sendable {
    /// When a part is certain. Frames are 10 ms each.
    public struct Parameters: Sendable, Equatable {
        /// While speech goes on: frames that must have been heard behind a part.
        public var behindMinimum: Int
        /// The same for the last part: the word may still go on, wherever in it the network has shown it.
        public var lastBehindMinimum: Int
        /// Or: frames of silence behind the last speech; in a pause that alone makes the last part certain.
        public var pauseMinimum: Int
        /// The same for the digits that number words begin with (four and six to nine: fourteen, sixty), longer than
        /// the closure between: frames of silence.
        public var stemPauseMinimum: Int
        /// The same for what may still become something else: anything but an accepted digit of `sureConfidence`.
        public var doubtfulBehindMinimum: Int
        /// Likewise.
        public var doubtfulPauseMinimum: Int
        /// A digit at least this confident is certain as soon as it can be, 0...1.
        public var sureConfidence: Double
        /// Successive decodings that must agree, at least 1.
        public var decodingsMinimum: Int
        /// Frames by which the same word may lie apart in two decodings. Words of which one is lost and the other one
        /// new cannot be told from one word when they are closer.
        public var jitterMaximum: Int

        /// Certain a quarter of a second behind, or after 60 ms of silence; what is doubtful no later unless told so.
        public init(
            behindMinimum: Int = 24, lastBehindMinimum: Int? = nil, pauseMinimum: Int = 6,
            stemPauseMinimum: Int? = nil, doubtfulBehindMinimum: Int? = nil, doubtfulPauseMinimum: Int? = nil,
            sureConfidence: Double = 0, decodingsMinimum: Int = 2, jitterMaximum: Int = 10
        ) {
            self.behindMinimum = behindMinimum
            self.pauseMinimum = pauseMinimum
            self.lastBehindMinimum = lastBehindMinimum ?? behindMinimum
            self.stemPauseMinimum = stemPauseMinimum ?? pauseMinimum
            self.doubtfulBehindMinimum = doubtfulBehindMinimum ?? behindMinimum
            self.doubtfulPauseMinimum = doubtfulPauseMinimum ?? pauseMinimum
            self.sureConfidence = sureConfidence
            self.decodingsMinimum = decodingsMinimum
            self.jitterMaximum = jitterMaximum
        }
    }

    /// What the speaker does where a decoding ends.
    public enum Speech: Sendable, Hashable {
        /// Speaks.
        case goesOn
        /// Has been silent for so many frames, and may go on.
        case paused(frames: Int)
        /// Has ended: no more of the utterance comes.
        case ended
    }

    /// A part that was not given yet.
    private struct Waiting {
        var part: DecodedPart
        /// Successive decodings that agree on it.
        var decodings: Int
    }

    /// When a part is certain.
    public let parameters: Parameters
    /// What was given of the utterance, in order; the frames do not overlap. Kept until the next utterance begins, or
    /// it is cut off.
    public private(set) var given: [DecodedPart] = []
    private var waiting: [Waiting] = []
    private var waitingBefore: [Waiting] = []
    private var alignment = GivenParts()
    private var frameCount = -1
    private var hasEnded = false

    /// Nothing given yet.
    public init(_ parameters: Parameters = Parameters()) {
        self.parameters = parameters
    }

    /// Forgets the utterance, whether it has ended or was given up.
    public mutating func reset() {
        given.removeAll(keepingCapacity: true)
        waiting.removeAll(keepingCapacity: true)
        frameCount = -1
        hasEnded = false
    }

    /// Whether the last decoding holds what was not given yet.
    public var isWaiting: Bool { !waiting.isEmpty }

    /// Cuts the beginning of the utterance off: frames are counted from this one on. What still waits and lies before
    /// it is given as it is.
    ///
    /// Cut between two parts of which the later one was given: it is then heard again whole, and known to be given.
    ///
    /// - Parameter outbox: gets what is given now, in frames of the utterance before the cut.
    public mutating func cut(before frame: Int, into outbox: inout [DecodedPart]) {
        while let first = waiting.first, first.part.frames.isCentred(before: frame) { give(into: &outbox) }
        given.removeAll { $0.frames.upperBound <= frame }
        for index in given.indices { given[index].frames = given[index].frames.shifted(by: -frame) }
        for index in waiting.indices { waiting[index].part.frames = waiting[index].part.frames.shifted(by: -frame) }
        frameCount -= frame
    }

    /// Takes a decoding of all frames of the utterance so far.
    ///
    /// A decoding behind one with `ended` begins the next utterance.
    ///
    /// - Parameters:
    ///   - decoding: of at least as many frames as the one before. One of just as many tells nothing new, unless it has
    ///     ended.
    ///   - speech: what the speaker does where it ends.
    /// - Returns: what is given now, in order.
    public mutating func take(_ decoding: DecodedUtterance, speech: Speech) -> [DecodedPart] {
        var parts: [DecodedPart] = []
        take(decoding, speech: speech, into: &parts)
        return parts
    }

    /// Takes a decoding of all frames of the utterance so far, and adds what is given now to an outbox.
    public mutating func take(
        _ decoding: borrowing DecodedUtterance, speech: Speech, into outbox: inout [DecodedPart]
    ) {
        if hasEnded { reset() }
        guard decoding.frameCount > frameCount || speech == .ended else { return }
        frameCount = decoding.frameCount
        findWaiting(decoding)
        // A part waits for all before it, so that they agree on those too.
        while let first = waiting.first, isCertain(first, isLast: waiting.count == 1, speech) { give(into: &outbox) }
        hasEnded = speech == .ended
    }

    /// Gives the first part that waits.
    private mutating func give(into outbox: inout [DecodedPart]) {
        var part = waiting.removeFirst().part
        // Of the frames of the part before, none is given twice.
        let start = max(part.frames.lowerBound, given.last?.frames.upperBound ?? 0)
        part.frames = start..<max(start, part.frames.upperBound)
        given.append(part)
        outbox.append(part)
    }

    /// Makes what is new in a decoding wait, and counts the decodings that agree.
    private mutating func findWaiting(_ decoding: borrowing DecodedUtterance) {
        swap(&waiting, &waitingBefore)
        waiting.removeAll(keepingCapacity: true)
        let first = alignment.firstNew(decoding.parts, given: given, jitterMaximum: parameters.jitterMaximum)
        for (index, part) in decoding.parts[first...].enumerated() {
            var before = 0
            if index < waitingBefore.count, agrees(waitingBefore[index].part, part) {
                before = waitingBefore[index].decodings
            }
            waiting.append(Waiting(part: part, decodings: before + 1))
        }
    }

    private func agrees(_ before: DecodedPart, _ now: DecodedPart) -> Bool {
        before.accepted == now.accepted && before.means(now)
            && before.frames.gap(to: now.frames) <= parameters.jitterMaximum
    }

    private func pauseMinimum(_ part: DecodedPart, _ isSure: Bool) -> Int {
        guard isSure, let digit = part.digit else { return parameters.doubtfulPauseMinimum }
        return [4, 6, 7, 8, 9].contains(digit) ? parameters.stemPauseMinimum : parameters.pauseMinimum
    }

    private func isCertain(_ waiting: Waiting, isLast: Bool, _ speech: Speech) -> Bool {
        if speech == .ended { return true }
        guard waiting.decodings >= parameters.decodingsMinimum else { return false }
        let isSure = waiting.part.acceptedDigit != nil && waiting.part.confidence >= parameters.sureConfidence
        if case .paused(let frames) = speech {
            if frames >= pauseMinimum(waiting.part, isSure) { return true }
            if isLast { return false }
        }
        let behind = frameCount - waiting.part.frames.upperBound
        let behindMinimum = isSure ? parameters.behindMinimum : parameters.doubtfulBehindMinimum
        return behind >= (isLast ? max(parameters.lastBehindMinimum, behindMinimum) : behindMinimum)
    }
}
