import Synchronization

/// The consumer's end of a ring; belongs to one thread, and there is one of a ring.
struct RingReader: ~Copyable {
    private let ring: CaptureRing
    private let control: UnsafeMutablePointer<RingControl>
    private var readIndex: Int
    private var writeIndex: Int

    init(_ ring: CaptureRing) {
        let wasTaken = ring.control.pointee.hasReader.exchange(true, ordering: .relaxed)
        precondition(!wasTaken, "A source has one reader.")
        self.ring = ring
        control = ring.control
        readIndex = control.pointee.readIndex.load(ordering: .relaxed)
        writeIndex = readIndex
    }

    /// The oldest entry, which stays in the ring until `advance`; nil when there is none.
    mutating func peek() -> RingEntry? {
        while true {
            if readIndex == writeIndex {
                writeIndex = control.pointee.writeIndex.load(ordering: .acquiring)
                if readIndex == writeIndex { return nil }
            }
            let entry = ring.storage.load(fromByteOffset: readIndex % ring.capacity, as: RingEntry.self)
            if entry.kind != .padding { return entry }
            advance(past: entry)
        }
    }

    /// The payload of the entry that `peek` gave, in one piece; valid until `advance`.
    var payload: UnsafeRawPointer {
        UnsafeRawPointer(ring.storage + readIndex % ring.capacity + RingEntry.alignment)
    }

    /// Gives the entry's room back to the producer.
    mutating func advance(past entry: RingEntry) {
        readIndex += entry.size
        control.pointee.readIndex.store(readIndex, ordering: .sequentiallyConsistent)
        control.pointee.roomWakeUp.notify()
    }

    /// How long a capture may let samples gather before it hands them on, in ns. Less of it ends a nap that has begun.
    var patience: Int64 {
        get { control.pointee.patience.load(ordering: .relaxed) }
        nonmutating set {
            control.pointee.patience.store(newValue, ordering: .sequentiallyConsistent)
            control.pointee.napWakeUp.notify()
        }
    }

    /// Sleeps until there is an entry, a stop of the source, or the CLOCK_MONOTONIC `deadline` in ns.
    ///
    /// - Returns: false when the deadline has passed; after true, `peek` tells whether there is an entry.
    mutating func wait(until deadline: Int64) -> Bool {
        control.pointee.dataWakeUp.arm()
        if control.pointee.writeIndex.load(ordering: .sequentiallyConsistent) != readIndex {
            control.pointee.dataWakeUp.disarm()
            return true
        }
        return control.pointee.dataWakeUp.sleep(until: deadline)
    }
}
