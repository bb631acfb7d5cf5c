import DigitEvents
import NIOCore

/// An event as it goes to every client: encoded once, the bytes shared by all.
struct EventLine: Sendable {
    /// What clients ask for it by; nil for what everybody gets.
    let kind: DigitEvent.Kind?
    /// Of a digit; others have none and always pass.
    let confidence: Double?
    /// Of a MUTE alone.
    let isMuting: Bool?
    let buffer: ByteBuffer

    /// Nil for what is not published: the server alone says VERSION, BYE and the answers.
    init?(_ event: DigitEvent) {
        kind = event.publishedKind
        if kind == nil {
            guard case .mute(let mute) = event else { return nil }
            isMuting = mute.muted
        } else {
            isMuting = nil
        }
        confidence = if case .digit(let digit) = event { digit.confidence } else { nil }
        buffer = event.lineBuffer
    }

    func passes(_ policy: DigitEvent.WatchPolicy) -> Bool {
        guard let kind else { return true }
        return policy.watch.contains(kind) && confidence.map { $0 >= policy.minConfidence } ?? true
    }
}

extension DigitEvent {
    /// The kind that clients ask for it by; nil where the event is not published.
    var publishedKind: Kind? {
        switch self {
        case .digit: .digit
        case .rejected: .rejected
        case .device: .device
        case .gap: .gap
        case .speech: .speech
        case .level: .level
        case .version, .overflow, .error, .bye, .mute, .watch, .status, .pong, .unknown: nil
        }
    }

    var lineBuffer: ByteBuffer {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(256)
        appendJSONLine(to: &bytes)
        return ByteBuffer(bytes: bytes)
    }
}
