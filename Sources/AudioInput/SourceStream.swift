import CALSA
import Glibc
import Logging
import Synchronization

/// What a source's thread, its owner and its reader share: the ring, the wish to stop, and why it failed.
public final class SourceStream: Sendable {
    let ring: CaptureRing
    /// What the reader hears of several channels in the ring.
    let channel: CaptureChannel
    /// Is told where they cancel each other out.
    let logger: Logger?
    /// An eventfd that becomes readable, and stays so, once a stop is wished for.
    let stopDescriptor: CInt
    private let stopWished = Atomic<Bool>(false)
    /// Why the source ended, set before the end marker.
    private let failure = Mutex<AudioInputError?>(nil)

    init(
        ringCapacity: Int? = nil, channel: CaptureChannel = .mix, logger: Logger? = nil
    ) throws(AudioInputError) {
        self.channel = channel
        self.logger = logger
        let ring = if let ringCapacity { try CaptureRing(capacity: ringCapacity) } else { try CaptureRing() }
        stopDescriptor = try makeEventDescriptor()
        self.ring = ring
    }

    deinit {
        close(stopDescriptor)
    }

    /// Whether a stop is wished for.
    var isStopping: Bool { stopWished.load(ordering: .acquiring) }

    /// Wishes for a stop.
    func requestStop() {
        stopWished.store(true, ordering: .sequentiallyConsistent)
        eventfd_write(stopDescriptor, 1)
        ring.control.pointee.dataWakeUp.notify()
    }

    /// Sleeps until `deadline` (CLOCK_MONOTONIC ns) or a stop.
    func sleep(until deadline: Int64) {
        _ = waitUntilReadable(stopDescriptor, -1, until: deadline)
    }

    /// The failure that ended the source.
    var endFailure: AudioInputError? { failure.withLock { $0 } }

    /// Keeps the failure for the reader, which throws it at the end.
    func fail(_ error: AudioInputError) {
        failure.withLock { $0 = error }
    }

    /// Runs `body` on a thread of its own, which keeps this stream and whatever `body` holds until it returns.
    ///
    /// A pthread and not a task: the body blocks, and a capture wants a real-time priority.
    static func startThread(_ name: String, _ body: @escaping @Sendable () -> Void) throws(AudioInputError) {
        let box = Unmanaged.passRetained(ThreadBody(name: name, run: body))
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        pthread_attr_setdetachstate(&attributes, CInt(PTHREAD_CREATE_DETACHED))
        defer { pthread_attr_destroy(&attributes) }
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { pointer in
                let body = Unmanaged<ThreadBody>.fromOpaque(pointer!).takeRetainedValue()
                pthread_setname_np(pthread_self(), body.name)
                body.run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw .system(what: "Starting a thread", reason: systemErrorText(code))
        }
    }
}

private final class ThreadBody: Sendable {
    let name: String
    let run: @Sendable () -> Void

    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}
