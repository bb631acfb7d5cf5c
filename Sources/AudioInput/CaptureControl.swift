import Glibc
import Synchronization

/// What a capture's owner and its thread tell each other: the wish to give the device back, and signs of life.
final class CaptureControl: Sendable {
    private let currentName: Mutex<String>
    private let releaseWished = Atomic<Bool>(false)
    private let turns = Atomic<UInt64>(0)
    private let deviceCall = Atomic<Bool>(false)
    /// Wakes the thread out of a wait between attempts, or out of a release.
    private let wakeUp: WakeUp

    init(name: String) throws(AudioInputError) {
        wakeUp = try WakeUp()
        currentName = Mutex(name)
    }

    /// The ALSA name of the device.
    var name: String {
        get { currentName.withLock { $0 } }
        set { currentName.withLock { $0 = newValue } }
    }

    /// Whether the device is to be given back.
    var isReleased: Bool { releaseWished.load(ordering: .sequentiallyConsistent) }

    /// Wishes to have the device given back, or to have it again.
    func setReleased(_ isReleased: Bool) {
        releaseWished.store(isReleased, ordering: .sequentiallyConsistent)
        wakeUp.notify()
    }

    /// Sleeps until `deadline` (CLOCK_MONOTONIC ns), until `stop` is readable, or until the wish is no longer `seen`.
    func sleep(until deadline: Int64, whileReleased seen: Bool, orReadable stop: CInt) {
        wakeUp.arm()
        // Looked at again behind `arm`: a wish that came in between wakes nobody.
        if isReleased == seen {
            _ = wakeUp.sleep(until: deadline, orReadable: stop)
        } else {
            wakeUp.disarm()
        }
    }

    /// Counts the turns of the thread.
    var heartbeat: UInt64 { turns.load(ordering: .relaxed) }

    /// Counts a turn; for the capture thread.
    func beat() {
        turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// Whether the thread is in a call that may wait for a sound server.
    var isInDeviceCall: Bool { deviceCall.load(ordering: .acquiring) }

    /// Runs a call that may wait for a sound server.
    func deviceCall<Result: ~Copyable, Failure: Error>(
        _ body: () throws(Failure) -> Result
    ) throws(Failure) -> Result {
        deviceCall.store(true, ordering: .releasing)
        defer { deviceCall.store(false, ordering: .releasing) }
        return try body()
    }
}
