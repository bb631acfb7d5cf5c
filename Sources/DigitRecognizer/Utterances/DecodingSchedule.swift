/// When a growing utterance is decoded. Frames are 10 ms each.
///
/// While speech goes on, each 200 ms. When it pauses: after 20 ms, unless it was just decoded, so that another decoding
/// after 60 ms can agree with it and the digit be given; then while anything is uncertain.
struct DecodingSchedule {
    /// From the first loud frame to the first decoding: nothing is certain before.
    private static let first = 30
    /// From one decoding to the next while speech goes on.
    private static let interval = 20
    /// Silence before the first look in a pause, ...
    private static let glance = 2
    /// ... and frames behind a decoding before which it is not worth it.
    private static let glanceInterval = 8
    /// Silence before the second look, ...
    static let pause = 6
    /// ... from one to the next, ...
    private static let pauseInterval = 4
    /// ... and after which all was seen of a word that there is to see.
    private static let settled = 14

    private var next = 0
    private var last = 0
    /// The silence behind the last loud frame that was seen by the last decoding.
    private var silenceSeen = 0

    /// An utterance begins with this loud frame.
    mutating func begin(at frame: Int) {
        next = frame + Self.first
        last = frame
        silenceSeen = 0
    }

    /// Whether to decode now.
    ///
    /// - Parameters:
    ///   - frame: the present one.
    ///   - silence: frames behind the last loud one, 0 while speech goes on.
    ///   - isWaiting: whether words of the last decoding are uncertain.
    func isDue(at frame: Int, silence: Int, isWaiting: Bool) -> Bool {
        switch silence {
        case 0: frame >= next
        case Self.glance: frame - last >= Self.glanceInterval
        case ..<Self.pause: false
        case Self.pause, Self.settled: true
        default: isWaiting && (silence - Self.pause) % Self.pauseInterval == 0
        }
    }

    /// Whether the last decoding saw all that there is, when the utterance ends after this silence.
    func sawAll(silence: Int) -> Bool { silenceSeen >= Self.settled && silence >= silenceSeen }

    /// The utterance was decoded.
    mutating func noteDecoding(at frame: Int, silence: Int) {
        last = frame
        next = frame + Self.interval
        silenceSeen = silence
    }

    /// Speech goes on.
    mutating func noteSpeech() { silenceSeen = 0 }
}
