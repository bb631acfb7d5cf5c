import CALSA
import Glibc
import Synchronization

/// Wakes one sleeping thread from another; costs one atomic load when nobody sleeps.
///
/// The sleeper calls `arm`, looks once more for what it waits for, and then calls `sleep`. The other side changes the
/// state (sequentially consistent) and then calls `notify`. The two orders together exclude a lost wake-up.
/// An eventfd, not a futex, so that the sleeper can watch another descriptor in the same call.
struct WakeUp: ~Copyable {
    private let descriptor: CInt
    private let isArmed = Atomic<Bool>(false)

    init() throws(AudioInputError) {
        descriptor = try makeEventDescriptor()
    }

    deinit {
        close(descriptor)
    }

    /// Announces a sleep; look again for what is waited for before `sleep`.
    func arm() {
        isArmed.store(true, ordering: .sequentiallyConsistent)
    }

    /// Takes the announcement back.
    func disarm() {
        isArmed.store(false, ordering: .relaxed)
    }

    /// Sleeps until `notify`, until `other` is readable, or until `deadline`.
    ///
    /// - Parameters:
    ///   - deadline: CLOCK_MONOTONIC time in ns.
    ///   - other: a further descriptor to watch, or -1.
    /// - Returns: false when the deadline has passed.
    func sleep(until deadline: Int64, orReadable other: CInt = -1) -> Bool {
        defer { disarm() }
        let isAwake = waitUntilReadable(descriptor, other, until: deadline)
        var count: eventfd_t = 0
        if isAwake { eventfd_read(descriptor, &count) }
        return isAwake
    }

    /// Wakes the sleeper, if there is one.
    func notify() {
        guard isArmed.load(ordering: .sequentiallyConsistent) else { return }
        if isArmed.exchange(false, ordering: .relaxed) { eventfd_write(descriptor, 1) }
    }
}

/// A new eventfd that neither blocks nor survives `exec`.
func makeEventDescriptor() throws(AudioInputError) -> CInt {
    let descriptor = eventfd(0, CInt(EFD_NONBLOCK) | CInt(EFD_CLOEXEC))
    guard descriptor >= 0 else { throw .system(what: "Opening an event descriptor", reason: systemErrorText(errno)) }
    return descriptor
}

/// Polls two descriptors (each may be -1) until one has something or the CLOCK_MONOTONIC `deadline` in ns.
///
/// - Returns: false when the deadline has passed.
func waitUntilReadable(_ first: CInt, _ second: CInt, until deadline: Int64) -> Bool {
    var descriptors = (
        pollfd(fd: first, events: Int16(POLLIN), revents: 0), pollfd(fd: second, events: Int16(POLLIN), revents: 0)
    )
    return withUnsafeMutableBytes(of: &descriptors) { bytes in
        let entries = bytes.assumingMemoryBound(to: pollfd.self)
        while true {
            let left = max(0, deadline - monotonicNanoseconds())
            // Rounded up, so that no time is spun away below a millisecond.
            let ready = poll(entries.baseAddress, 2, CInt(clamping: left / 1_000_000 + (left % 1_000_000 > 0 ? 1 : 0)))
            if ready > 0 { return true }
            if ready == 0 || errno != EINTR { return false }
        }
    }
}

/// CLOCK_MONOTONIC in ns.
func monotonicNanoseconds() -> Int64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
}
