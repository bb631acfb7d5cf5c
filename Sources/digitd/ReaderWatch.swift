import Glibc

/// Tells when whoever reads standard output has gone, as `head -1` does when it has its line: at once, and not at the
/// next line.
enum ReaderWatch {
    /// Waits on a thread of its own, which lasts as long as the process, and then calls `body` there. Where no thread
    /// is to be had, the next write tells.
    static func start(_ body: @escaping @Sendable () -> Void) {
        // A terminal's end is a signal, and a file has no reader.
        guard StandardOutput.hasReader else { return }
        let box = Unmanaged.passRetained(Body(body))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { pointer in
                let body = Unmanaged<Body>.fromOpaque(pointer!).takeRetainedValue()
                while !StandardOutput.readerHasGone(waiting: -1) {}
                body.call()
                return nil
            }, box.toOpaque())
        if code == 0 { pthread_detach(thread) } else { box.release() }
    }

    private final class Body: Sendable {
        let call: @Sendable () -> Void
        init(_ call: @escaping @Sendable () -> Void) { self.call = call }
    }
}
