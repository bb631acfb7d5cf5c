import Glibc
import Synchronization

/// What an entry of the ring is.
enum EntryKind: UInt32 {
    /// Nothing: fills the end of the storage, so that no payload wraps.
    case padding
    /// `payloadBytes` of samples in the stream's format; `first` is the frames, `time` the capture of the first.
    case samples
    /// Lost sound: `first` is the frames, `second` the `GapCause`.
    case gap
    /// A source opened: `first` is the rate in Hz, `second` packs format and channels.
    case opened
    /// The source is gone: `first` is the `code` of a `DeviceLoss`.
    case lost
    /// The device was given back.
    case released
    /// No more will come.
    case end
}

/// Why sound was lost.
enum GapCause: Int64 {
    /// The consumer did not keep up and the ring was full.
    case full = 0
    /// The device's own buffer ran over.
    case overrun = 1
    /// The system was suspended.
    case suspend = 2

    /// The word of the GAP event.
    var text: String {
        switch self {
        case .overrun: "overrun"
        case .suspend: "suspend"
        case .full: "ring_full"
        }
    }
}

/// The head of an entry, 32 bytes; the payload follows.
struct RingEntry {
    var kind: EntryKind
    var payloadBytes: UInt32
    var first: Int64
    var second: Int64
    /// CLOCK_MONOTONIC ns, 0 when not known.
    var time: Int64

    @_noAllocation @_noLocks
    init(kind: EntryKind, payloadBytes: UInt32 = 0, first: Int64 = 0, second: Int64 = 0, time: Int64 = 0) {
        self.kind = kind
        self.payloadBytes = payloadBytes
        self.first = first
        self.second = second
        self.time = time
    }

    /// Bytes of head and payload; entries begin at multiples of `alignment`.
    var size: Int { Self.size(payload: Int(payloadBytes)) }

    /// Bytes of a head.
    static var alignment: Int {
        @_noAllocation @_noLocks get { 32 }
    }

    /// Bytes of head and payload.
    @_noAllocation @_noLocks
    static func size(payload: Int) -> Int { (alignment + payload + alignment - 1) & ~(alignment - 1) }
}

/// A single-producer single-consumer ring of entries: samples in the source's own format, and what happened between them.
///
/// Samples and markers share one ring, so their order is exact by construction and each block carries its own capture time;
/// a marker queue beside a ring of bytes would need both. Neither side locks, allocates or waits for the other, except
/// where it asks to. `RingWriter` and `RingReader` are its two ends, one of each.
final class CaptureRing: @unchecked Sendable {
    let control: UnsafeMutablePointer<RingControl>
    let storage: UnsafeMutableRawPointer
    /// Bytes of storage.
    let capacity: Int
    /// Bytes that samples leave free, so that a marker has room when they have none.
    static let markerReserve = 128 * RingEntry.alignment

    /// - Parameter capacity: bytes, a multiple of 32; the default holds 2 s of stereo 32-bit sound at 192 kHz.
    init(capacity: Int = 1 << 22) throws(AudioInputError) {
        precondition(capacity % RingEntry.alignment == 0 && capacity > 2 * Self.markerReserve)
        let newControl = try RingControl()
        control = .allocate(capacity: 1)
        control.initialize(to: newControl)
        storage = .allocate(byteCount: capacity, alignment: RingEntry.alignment)
        self.capacity = capacity
    }

    deinit {
        control.deinitialize(count: 1)
        control.deallocate()
        storage.deallocate()
    }
}

/// What the two ends of a ring share. The indexes count bytes since the beginning and never wrap.
struct RingControl: ~Copyable {
    /// Moved by the producer only.
    let writeIndex = Atomic<Int>(0)
    /// Moved by the consumer only.
    let readIndex = Atomic<Int>(0)
    /// Wakes the consumer.
    let dataWakeUp: WakeUp
    /// Wakes a producer that waits for room; a capture never does.
    let roomWakeUp: WakeUp
    /// How long a capture may let samples gather before it hands them on, in ns; set by the consumer.
    let patience = Atomic<Int64>(0)
    /// Wakes a capture that lets samples gather.
    let napWakeUp: WakeUp
    /// Whether a `RingReader` was made.
    let hasReader = Atomic<Bool>(false)

    init() throws(AudioInputError) {
        let dataWakeUp = try WakeUp()
        let roomWakeUp = try WakeUp()
        let napWakeUp = try WakeUp()
        self.dataWakeUp = dataWakeUp
        self.roomWakeUp = roomWakeUp
        self.napWakeUp = napWakeUp
    }
}
