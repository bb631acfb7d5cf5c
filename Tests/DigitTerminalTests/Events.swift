import DigitEvents

/// A speaker: events as a daemon sends them, with sequence numbers and stream times that go on.
struct Speaker {
    var seq = 0
    /// The end of the last utterance, in seconds of the stream.
    var stream = 10.0
    /// The utterance that they are in, where the daemon tells.
    var utterance: Int?

    /// A digit that begins `after` seconds of silence and lasts 0.4 s.
    mutating func digit(_ digit: Int, confidence: Double = 0.99, after: Double = 0.6) -> DigitEvent {
        let start = stream + after
        stream = start + 0.4
        seq &+= 1
        return .digit(
            .init(
                seq: seq, utterance: utterance, digit: digit, confidence: confidence, start: start, end: stream,
                at: stream + 0.1))
    }

    mutating func rejected(_ reason: DigitEvent.RejectionReason, after: Double = 0.6) -> DigitEvent {
        let start = stream + after
        stream = start + 0.4
        seq &+= 1
        return .rejected(
            .init(seq: seq, utterance: utterance, reason: reason, confidence: 0.9, start: start, end: stream))
    }
}

extension DigitEvent {
    static let lostMicrophone = DigitEvent.device(
        .init(state: .lost, name: "plughw:CARD=Mic,DEV=0", reason: .missing, error: "No such device"))
    static let openMicrophone = DigitEvent.device(
        .init(state: .open, name: "plughw:CARD=Mic,DEV=0", rate: 48000, channels: 1))
    static let banner = DigitEvent.version(.init(release: "0.1.0"))
    static let overrun = DigitEvent.gap(.init(lostFrames: 480, cause: "overrun"))

    static func level(_ level: Double, floor: Double = -58, threshold: Double = -49, speech: Bool = false) -> DigitEvent
    {
        .level(.init(levelDecibels: level, floorDecibels: floor, thresholdDecibels: threshold, speech: speech))
    }
}
