import Dispatch
import Synchronization

/// Lets a command wait for work that is asynchronous. Commands themselves are not: `listen` has plain threads only, the main one
/// among them.
enum AsyncWork {
    /// Runs `work` as a task and waits for it on the calling thread, the main one or another plain thread.
    static func wait<Value: Sendable>(for work: @escaping @Sendable () async throws -> Value) throws -> Value {
        try Waiting(work).result()
    }

    /// As `wait`, and cancels the task on SIGINT or SIGTERM. What has not ended a second after that is ended by the signal.
    static func waitUntilStopped<Value: Sendable>(
        for work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let waiting = Waiting(work)
        let signals = StopSignals(grace: 1) { waiting.cancel() }
        return try withExtendedLifetime(signals) { try waiting.result() }
    }
}

/// A task, and a thread that waits for its end.
private final class Waiting<Value: Sendable>: Sendable {
    private let end = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let task = Mutex<Task<Void, Never>?>(nil)

    init(_ work: @escaping @Sendable () async throws -> Value) {
        let task = Task.detached {
            let result: Result<Value, any Error>
            do {
                result = .success(try await work())
            } catch {
                result = .failure(error)
            }
            self.outcome.withLock { $0 = result }
            self.end.signal()
        }
        self.task.withLock { $0 = task }
    }

    func cancel() { task.withLock { $0 }?.cancel() }

    func result() throws -> Value {
        end.wait()
        return try outcome.withLock { $0! }.get()
    }
}
