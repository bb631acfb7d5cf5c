import Dispatch
import Synchronization

/// Lets a command wait for work that is asynchronous. Commands themselves are not: `listen` has plain threads only, the
/// main one among them.
enum AsyncWork {
    /// Runs `work` as a task and waits for it on the calling thread, the main one or another plain thread.
    static func wait<Value: Sendable>(for work: @escaping @Sendable () async throws -> Value) throws -> Value {
        let waiting = Waiting<Value>()
        waiting.start(work)
        return try waiting.result()
    }

    /// As `wait`, and cancels the task on SIGINT or SIGTERM, and when the reader of standard output has gone. What has
    /// not ended a second after a signal is ended by it.
    static func waitUntilStopped<Value: Sendable>(
        for work: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let waiting = Waiting<Value>()
        // Before the work begins, or a signal might end it that it was to be told of.
        let signals = StopSignals(grace: 1) { waiting.cancel() }
        ReaderWatch.start { waiting.cancel() }
        waiting.start(work)
        return try withExtendedLifetime(signals) { try waiting.result() }
    }
}

/// A task, and a thread that waits for its end.
private final class Waiting<Value: Sendable>: Sendable {
    private let end = DispatchSemaphore(value: 0)
    private let outcome = Mutex<Result<Value, any Error>?>(nil)
    private let state = Mutex<(task: Task<Void, Never>?, isCancelled: Bool)>((nil, false))

    func start(_ work: @escaping @Sendable () async throws -> Value) {
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
        let isCancelled = state.withLock { state in
            state.task = task
            return state.isCancelled
        }
        if isCancelled { task.cancel() }
    }

    func cancel() {
        let task = state.withLock { state in
            state.isCancelled = true
            return state.task
        }
        task?.cancel()
    }

    func result() throws -> Value {
        end.wait()
        return try outcome.withLock { $0! }.get()
    }
}
