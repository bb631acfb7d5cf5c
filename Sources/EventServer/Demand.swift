import DigitEvents
import Synchronization

/// What the clients want, as the recognition thread reads it: a few atomics, so that an event that nobody wants costs next to
/// nothing.
final class Demand: Sendable {
    private let kinds = Atomic<UInt8>(0)
    private let clients = Atomic<Int>(0)
    private let mute = Atomic<Bool>(false)
    private let closed = Atomic<Bool>(false)

    var clientCount: Int { clients.load(ordering: .acquiring) }
    var isClosed: Bool { closed.load(ordering: .acquiring) }

    func wants(_ kind: DigitEvent.Kind) -> Bool { kinds.load(ordering: .acquiring) & Self.bit(kind) != 0 }

    /// Whether a client wants recognition to be muted.
    var isMuteWished: Bool { mute.load(ordering: .acquiring) }

    func update(isMuteWished: Bool) { mute.store(isMuteWished, ordering: .releasing) }

    func update(_ policies: some Collection<DigitEvent.WatchPolicy>) {
        var bits: UInt8 = 0
        for policy in policies { for kind in policy.watch { bits |= Self.bit(kind) } }
        kinds.store(bits, ordering: .releasing)
        clients.store(policies.count, ordering: .releasing)
    }

    func close() { closed.store(true, ordering: .releasing) }

    private static func bit(_ kind: DigitEvent.Kind) -> UInt8 {
        switch kind {
        case .digit: 1
        case .rejected: 2
        case .device: 4
        case .gap: 8
        case .bye: 16
        case .speech: 32
        case .level: 64
        }
    }
}
