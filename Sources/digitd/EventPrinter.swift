import ArgumentParser
import DigitEvents
import Dispatch
import Glibc
import Synchronization

/// Prints events as they come.
///
/// Alone, it writes at once, and a reader that takes its time is waited for: nothing is lost. Beside a socket it must
/// not wait, because its reader would hold the socket's clients back: a thread of its own writes then, from a bounded
/// queue.
final class EventPrinter {
    let format: EventFormat?
    /// Whether nothing may be printed for now.
    var isMuted = false
    private let writer: PrintThread?
    private var failureOfWriting: (any Error)?
    private var line: [UInt8] = []

    /// As many as a client of the socket may leave unread, unless configured otherwise.
    static let queueLines = 256

    /// - Parameters:
    ///   - format: nil to print nothing.
    ///   - isQueued: whether a slow reader misses events instead of being waited for.
    init(format: EventFormat?, isQueued: Bool = false) {
        self.format = format
        // Without a thread to be had it is printed all the same.
        writer = isQueued ? format.flatMap { PrintThread(PrintQueue(capacity: Self.queueLines, format: $0)) } : nil
    }

    /// Why printing ended: the reader has gone, or the disk is full.
    var failure: (any Error)? { failureOfWriting ?? writer?.failure }

    func print(_ event: DigitEvent) {
        guard failure == nil, !isMuted, let format, !event.isForWatchersOnly else { return }
        if let writer { return writer.add(event) }
        line.removeAll(keepingCapacity: true)
        format.append(event, to: &line)
        guard !line.isEmpty else { return }
        do {
            try line.withUnsafeBytes { try StandardOutput.write($0) }
        } catch {
            failureOfWriting = error
        }
    }

    /// Prints the last event, and waits until all is written.
    ///
    /// - Parameter limit: how long at most, where a queue waits for its reader; nil for as long as it takes.
    func finish(_ event: DigitEvent, limit: Duration?) {
        guard let writer else { return print(event) }
        if failure == nil, !isMuted { writer.finish(event, limit: limit) }
    }

    /// Sees whether the reader has gone, without anything to print.
    func look() {
        if failure == nil, format != nil, StandardOutput.readerHasGone { failureOfWriting = ExitCode.success }
    }
}

/// A thread that writes to standard output what a queue holds.
private final class PrintThread: Sendable {
    private let queue: Mutex<PrintQueue>
    private let error = Mutex<(any Error)?>(nil)
    private let hasFailed = Atomic(false)
    private let isFinishing = Atomic(false)
    private let news = DispatchSemaphore(value: 0)
    private let end = DispatchSemaphore(value: 0)

    init?(_ queue: consuming PrintQueue) {
        self.queue = Mutex(queue)
        var thread = pthread_t()
        let box = Unmanaged.passRetained(self)
        let code = pthread_create(
            &thread, nil,
            { pointer in
                Unmanaged<PrintThread>.fromOpaque(pointer!).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            return nil
        }
        pthread_detach(thread)
    }

    var failure: (any Error)? { hasFailed.load(ordering: .acquiring) ? error.withLock { $0 } : nil }

    func add(_ event: DigitEvent) {
        queue.withLock { $0.add(event) }
        news.signal()
    }

    func finish(_ event: DigitEvent, limit: Duration?) {
        queue.withLock { $0.finish(event) }
        isFinishing.store(true, ordering: .releasing)
        news.signal()
        _ = end.wait(timeout: limit.map { .now() + .milliseconds(Int($0 / .milliseconds(1))) } ?? .distantFuture)
    }

    private func run() {
        defer { end.signal() }
        while true {
            // Read before the queue: what was added before the end is in it.
            let isLast = isFinishing.load(ordering: .acquiring)
            let (bytes, complaint) = queue.withLock { ($0.take(), $0.takeComplaint()) }
            if let complaint { StandardError.report(complaint) }
            if bytes.isEmpty {
                if isLast { return }
                news.wait()
                continue
            }
            do {
                try bytes.withUnsafeBytes { try StandardOutput.write($0) }
            } catch {
                self.error.withLock { $0 = error }
                hasFailed.store(true, ordering: .releasing)
                return
            }
        }
    }
}

extension DigitEvent {
    /// SPEECH and LEVEL are for those who ask for them on the socket.
    fileprivate var isForWatchersOnly: Bool {
        switch self {
        case .speech, .level: true
        default: false
        }
    }
}
