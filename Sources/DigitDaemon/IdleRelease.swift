import DaemonConfiguration

/// When the device is released and taken back: a pure value without a clock.
struct IdleRelease: Sendable {
    enum Action: Sendable, Equatable {
        case release
        case acquire
    }

    private var isOn: Bool
    private var limit: Int64
    private var idleSince: Int64
    private var isReleased = false

    /// - Parameter now: CLOCK_MONOTONIC in ns; nobody has listened since.
    init(_ configuration: Configuration.Capture, now: Int64) {
        isOn = configuration.releaseWhenIdle
        limit = Self.nanoseconds(configuration.releaseAfter)
        idleSince = now
    }

    /// A new configuration.
    mutating func change(_ configuration: Configuration.Capture) {
        isOn = configuration.releaseWhenIdle
        limit = Self.nanoseconds(configuration.releaseAfter)
    }

    /// What is to be done now.
    mutating func turn(hasListeners: Bool, now: Int64) -> Action? {
        if hasListeners { idleSince = now }
        let shouldRelease = isOn && now - idleSince >= limit && !hasListeners
        guard shouldRelease != isReleased else { return nil }
        isReleased = shouldRelease
        return shouldRelease ? .release : .acquire
    }

    private static func nanoseconds(_ seconds: Double) -> Int64 { Int64(seconds * 1e9) }
}
