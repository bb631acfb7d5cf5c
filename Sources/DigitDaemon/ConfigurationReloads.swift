import DaemonConfiguration
import Dispatch
import Glibc
import Logging
import ServiceManager
import Synchronization

/// SIGHUP: the configuration file is read again, off the recognition thread, and waits there to be taken over.
///
/// A file with an error changes nothing and is logged.
public final class ConfigurationReloads: Sendable {
    /// A configuration that was read again.
    public struct Reload: Sendable {
        /// What the file and the command line say now.
        public var configuration: Configuration
        /// The file.
        public var path: String
    }

    private let path: String?
    private let waiting = Mutex<Reload?>(nil)
    /// Looked at between any two readings, so it has to cost nothing.
    private let isWaiting = Atomic<Bool>(false)
    /// Written by `init` only.
    private nonisolated(unsafe) var source: (any DispatchSourceSignal)?

    /// Catches SIGHUP as long as the value lives.
    ///
    /// - Parameters:
    ///   - path: the configuration file; nil where there is none, which is all that is said then.
    ///   - overrides: puts what the command line said over what the file says.
    ///   - notifier: is told that a new configuration is coming.
    ///   - logger: gets the error of a file that can't be used.
    public init(
        path: String?, overrides: @escaping @Sendable (inout Configuration) -> Void, notifier: ServiceNotifier?,
        logger: Logger
    ) {
        self.path = path
        // A dispatch source sees only signals whose own action is off.
        signal(SIGHUP, SIG_IGN)
        let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: .global(qos: .utility))
        source.setEventHandler { [weak self] in self?.read(overrides, notifier, logger) }
        source.resume()
        self.source = source
    }

    deinit {
        source?.cancel()
        signal(SIGHUP, SIG_DFL)
    }

    /// The configuration that was read since the last call, if there was one.
    func take() -> Reload? {
        guard isWaiting.load(ordering: .relaxed) else { return nil }
        isWaiting.store(false, ordering: .relaxed)
        return waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
    }

    private func read(
        _ overrides: @Sendable (inout Configuration) -> Void, _ notifier: ServiceNotifier?, _ logger: Logger
    ) {
        guard let path else {
            logger.warning("There is no configuration file to read again; start digitd with --config to have one.")
            return
        }
        do throws(ConfigurationError) {
            var configuration = try Configuration(contentsOf: path)
            overrides(&configuration)
            notifier?.reloading()
            waiting.withLock { $0 = Reload(configuration: configuration, path: path) }
            isWaiting.store(true, ordering: .releasing)
        } catch {
            for line in error.description.split(separator: "\n") { logger.error("\(line)") }
            logger.error("The configuration stays as it was.")
        }
    }
}
