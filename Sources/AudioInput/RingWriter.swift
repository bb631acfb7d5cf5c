import Synchronization

/// The producer's end of a ring; belongs to one thread.
///
/// A full ring drops the newest samples and counts them; the count is put in front of the next samples that fit.
struct RingWriter: ~Copyable {
    private let ring: CaptureRing
    private let control: UnsafeMutablePointer<RingControl>
    private let storage: UnsafeMutableRawPointer
    private let capacity: Int
    /// Bytes that samples may fill.
    private var sampleLimit: Int
    private var writeIndex: Int
    private var hasGap = false
    private var gapFrames = 0
    /// A `GapCause`.
    private var gapCause: Int64 = 0
    /// An entry that goes in front of the next samples.
    private var announcement: RingEntry?

    /// The shortest nap, in ns: two periods, since one is waited for anyway.
    private static let napMin: Int64 = 20_000_000

    /// Most bytes of one block of samples.
    var payloadLimit: Int { capacity / 8 }

    init(_ ring: CaptureRing) {
        self.ring = ring
        control = ring.control
        storage = ring.storage
        capacity = ring.capacity
        sampleLimit = capacity - CaptureRing.markerReserve
        writeIndex = ring.control.pointee.writeIndex.load(ordering: .relaxed)
    }

    /// Keeps at most `bytes` of samples waiting, or as many as the ring holds.
    mutating func limitSamples(toBytes bytes: Int) {
        sampleLimit = min(capacity - CaptureRing.markerReserve, max(bytes, 1))
    }

    /// Puts a block of samples into the ring, or counts it as lost when there is no room.
    ///
    /// Runs once a period on the capture thread: no lock, no allocation; a system call only to wake a sleeping consumer.
    /// - Parameters:
    ///   - bytes: the samples in the stream's format.
    ///   - count: their bytes, 1 to `payloadLimit`.
    ///   - frames: their frames.
    ///   - time: capture of the first frame, CLOCK_MONOTONIC ns, 0 when not known.
    /// - Returns: false when the block was lost.
    mutating func offer(_ bytes: UnsafeRawPointer, count: Int, frames: Int, time: Int64) -> Bool {
        let isIn = enter(bytes, count: count, frames: frames, time: time)
        if isIn { publish() }
        return isIn
    }

    /// `offer` without the wake-up, checked by the compiler.
    @_noAllocation @_noLocks
    private mutating func enter(_ bytes: UnsafeRawPointer, count: Int, frames: Int, time: Int64) -> Bool {
        let size = RingEntry.size(payload: count)
        var needed = hasGap ? size + RingEntry.alignment : size
        if announcement != nil { needed += RingEntry.alignment }
        guard used + needed + paddingAtMost(needed) <= sampleLimit else {
            noteGap(frames: frames, rawCause: 0)  // GapCause.full
            return false
        }
        putAnnouncement()
        putGap()
        put(RingEntry(kind: .samples, payloadBytes: UInt32(count), first: Int64(frames), time: time), bytes)
        return true
    }

    /// Keeps a marker for the place in front of the next samples that `offer` puts into the ring.
    ///
    /// A device that opens and then gives nothing is not worth telling of. The marker is forgotten when another comes first.
    mutating func announce(_ entry: RingEntry) {
        announcement = entry
    }

    /// As `offer`, but a ring without room is the caller's to wait for: nothing is lost or counted.
    mutating func offerOrRefuse(_ bytes: UnsafeRawPointer, count: Int, frames: Int, time: Int64) -> Bool {
        guard hasRoom(payload: count) else { return false }
        put(RingEntry(kind: .samples, payloadBytes: UInt32(count), first: Int64(frames), time: time), bytes)
        publish()
        return true
    }

    /// Sleeps until the consumer has made room where there was none, `other` is readable or 1 s has passed.
    ///
    /// - Parameter count: bytes of the payload that did not fit.
    func waitForRoom(payload count: Int, orReadable other: CInt) {
        control.pointee.roomWakeUp.arm()
        // Looked at again behind `arm`: room that was made in between wakes nobody.
        if hasRoom(payload: count) {
            control.pointee.roomWakeUp.disarm()
        } else {
            _ = control.pointee.roomWakeUp.sleep(until: monotonicNanoseconds() + 1_000_000_000, orReadable: other)
        }
    }

    private func hasRoom(payload count: Int) -> Bool {
        let size = RingEntry.size(payload: count)
        return used + size + paddingAtMost(size) <= sampleLimit
    }

    /// Lets samples gather as long as the consumer and the device allow, if that is worth it, or until `other` is readable.
    func nap(_ pace: CapturePace, orReadable other: CInt) {
        let patience = min(control.pointee.patience.load(ordering: .relaxed), pace.napLimit)
        guard patience >= Self.napMin else { return }
        let start = monotonicNanoseconds()
        guard pace.mayNap(now: start) else { return }
        control.pointee.napWakeUp.arm()
        // Looked at again behind `arm`: patience that ended in between wakes nobody.
        if control.pointee.patience.load(ordering: .sequentiallyConsistent) >= Self.napMin {
            _ = control.pointee.napWakeUp.sleep(until: start + patience, orReadable: other)
        } else {
            control.pointee.napWakeUp.disarm()
        }
    }

    /// Counts lost frames; they are reported by the next entry that fits.
    mutating func noteGap(frames: Int, cause: GapCause) {
        noteGap(frames: frames, rawCause: cause.rawValue)
    }

    @_noAllocation @_noLocks
    private mutating func noteGap(frames: Int, rawCause: Int64) {
        if !hasGap { gapCause = rawCause }
        hasGap = true
        gapFrames += max(0, frames)
    }

    /// Puts a marker into the ring, behind the gap that is not yet reported.
    ///
    /// - Returns: false when even the reserve is full; try again later.
    mutating func mark(_ entry: RingEntry) -> Bool {
        guard used + 3 * RingEntry.alignment <= capacity else { return false }
        // Samples that found no room came behind what was announced.
        if hasGap { putAnnouncement() }
        announcement = nil
        putGap()
        put(entry, nil)
        publish()
        return true
    }

    /// Puts the gap that is not yet reported into the ring if there is room; otherwise it waits for the next entry.
    mutating func markGap() {
        guard used + 2 * RingEntry.alignment <= sampleLimit else { return }
        putAnnouncement()
        putGap()
        publish()
    }

    private var used: Int {
        @_noAllocation @_noLocks get { writeIndex - control.pointee.readIndex.load(ordering: .sequentiallyConsistent) }
    }

    /// What the end of the storage can cost an entry that must not wrap.
    @_noAllocation @_noLocks
    private func paddingAtMost(_ size: Int) -> Int {
        let left = capacity - writeIndex % capacity
        return left < size ? left : 0
    }

    @_noAllocation @_noLocks
    private mutating func putAnnouncement() {
        guard let entry = announcement else { return }
        put(entry, nil)
        announcement = nil
    }

    @_noAllocation @_noLocks
    private mutating func putGap() {
        guard hasGap else { return }
        put(RingEntry(kind: .gap, first: Int64(gapFrames), second: gapCause), nil)
        hasGap = false
        gapFrames = 0
    }

    /// Writes an entry behind the last one; it is seen by the consumer after `publish`.
    @_noAllocation @_noLocks
    private mutating func put(_ entry: RingEntry, _ payload: UnsafeRawPointer?) {
        let size = RingEntry.size(payload: Int(entry.payloadBytes))
        let left = capacity - writeIndex % capacity
        if left < size {
            let padding = RingEntry(kind: .padding, payloadBytes: UInt32(left - RingEntry.alignment))
            storage.storeBytes(of: padding, toByteOffset: writeIndex % capacity, as: RingEntry.self)
            writeIndex += left
        }
        let place = storage + writeIndex % capacity
        place.storeBytes(of: entry, as: RingEntry.self)
        if let payload {
            (place + RingEntry.alignment).copyMemory(from: payload, byteCount: Int(entry.payloadBytes))
        }
        writeIndex += size
    }

    private func publish() {
        control.pointee.writeIndex.store(writeIndex, ordering: .sequentiallyConsistent)
        control.pointee.dataWakeUp.notify()
    }
}
