import DigitEvents
import Glibc
import Synchronization

/// What the daemon has done so far: written by the recognition thread, read by whoever answers a client.
public final class StatusBoard: Sendable {
    fileprivate struct State {
        var status: DigitEvent.Status
        /// Latencies of the last digits in ms; a ring.
        var latencies: [Int] = []
        var nextLatency = 0
    }

    /// Digits that the delay's percentiles are taken over.
    static let latencyCount = 256

    private let state: Mutex<State>
    private let began: Int64
    private let monotonicNanoseconds: @Sendable () -> Int64

    /// A board with nothing counted, whose uptime begins now.
    ///
    /// - Parameters:
    ///   - release: the program's version.
    ///   - model: the weights file's name.
    ///   - checksum: its SHA-256 in hexadecimal.
    ///   - monotonicNanoseconds: CLOCK_MONOTONIC; tests bring their own.
    public init(
        release: String, model: String, checksum: String,
        monotonicNanoseconds: @escaping @Sendable () -> Int64 = systemMonotonicNanoseconds
    ) {
        state = Mutex(State(status: .init(release: release, model: model, checksum: checksum)))
        self.monotonicNanoseconds = monotonicNanoseconds
        began = monotonicNanoseconds()
    }

    /// The status now, without what only the server knows: clients and overflows.
    public var status: DigitEvent.Status {
        let (status, latencies) = state.withLock { ($0.status, $0.latencies) }
        var result = status
        // To the millisecond, as all times of the protocol.
        result.uptime = Double((monotonicNanoseconds() - began) / 1_000_000) / 1000
        result.delay = Self.percentiles(latencies)
        return result
    }

    /// Counts an event.
    public func note(_ event: DigitEvent) {
        state.withLock { state in
            switch event {
            case .digit(let digit):
                state.status.digits += 1
                if let latency = digit.latencyMilliseconds { state.add(latency) }
            case .rejected:
                state.status.rejected += 1
            case .gap(let gap):
                state.status.gaps += 1
                state.status.lostFrames += gap.lostFrames
            case .device(let device):
                state.status.device = device.name
                state.status.state = device.state
                state.status.rate = device.rate
                state.status.channels = device.channels
                state.status.reason = device.reason
                state.status.error = device.error
            case .mute(let mute):
                state.status.isMuted = mute.muted
                if mute.muted { state.status.mutes += 1 }
            default: break
            }
        }
    }

    /// The level of the last tenth of a second, in dB relative to a sine of full scale.
    public func note(levelDecibels level: Double?) {
        state.withLock { $0.status.levelDecibels = level }
    }

    /// So much of the stream was heard, in seconds.
    public func note(streamSeconds seconds: Double) {
        state.withLock { $0.status.stream = seconds }
    }

    private static func percentiles(_ latencies: [Int]) -> DigitEvent.Status.Delay? {
        guard !latencies.isEmpty else { return nil }
        let sorted = latencies.sorted()
        // Nearest rank: the least value that this part of all does not exceed.
        func percentile(_ part: Int) -> Int { sorted[(sorted.count * part + 99) / 100 - 1] }
        return .init(p50: percentile(50), p95: percentile(95), max: sorted[sorted.count - 1])
    }
}

extension StatusBoard.State {
    fileprivate mutating func add(_ latency: Int) {
        if latencies.count < StatusBoard.latencyCount {
            latencies.append(latency)
        } else {
            latencies[nextLatency] = latency
            nextLatency = (nextLatency + 1) % StatusBoard.latencyCount
        }
    }
}

/// CLOCK_MONOTONIC in ns.
public func systemMonotonicNanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
}
