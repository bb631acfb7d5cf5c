import DigitEvents
import Dispatch
import EventServer
import Foundation
import Logging
import Synchronization
import Testing

/// A server on a socket in a folder of its own, with its log.
final class TestServer {
    let folder: TemporaryFolder
    let path: String
    let log = LogRecorder()
    let server: EventServer

    init(_ options: EventServer.Options = .init(), accepting: Bool = true) throws {
        folder = try TemporaryFolder()
        path = folder.path("digitd.sock")
        server = try EventServer(
            address: .path(path, mode: 0o600, group: nil), options: options, release: "1.2.3", logger: log.logger,
            status: { DigitEvent.Status(release: "1.2.3", model: "test", checksum: "00", stream: 7) })
        if accepting { server.startAccepting() }
    }

    deinit { server.close(reason: "end_of_test", grace: .zero) }

    /// A client that has been greeted with VERSION, and DEVICE if there has been one.
    func client(greetings: Int = 1) throws -> TestClient {
        let client = try TestClient(path)
        for _ in 0..<greetings { _ = try client.event() }
        return client
    }

    /// Returns when the event loop has done all it was given before.
    func settle() {
        let done = DispatchSemaphore(value: 0)
        server.whenAlive { done.signal() }
        done.wait()
    }
}

/// A folder that goes with the object.
final class TemporaryFolder {
    private let url: URL

    init() throws {
        // Short, because a socket's path is.
        url = FileManager.default.temporaryDirectory.appending(path: "es-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appending(path: name).path }

    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path)) ?? [] }
}

/// Keeps the log's lines.
final class LogRecorder: Sendable {
    private let kept = Mutex<[String]>([])

    var lines: [String] { kept.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(recorder: self) } }

    private struct Handler: LogHandler {
        let recorder: LogRecorder
        var logLevel = Logger.Level.debug
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            recorder.kept.withLock { $0.append("\(event.level): \(event.message)") }
        }
    }
}

extension DigitEvent {
    static func digit(_ seq: Int, confidence: Double = 0.99) -> DigitEvent {
        .digit(.init(seq: seq, digit: seq % 10, confidence: confidence, start: 1, end: 2, at: 3))
    }

    /// The number of a DIGIT.
    var seq: Int? { if case .digit(let digit) = self { digit.seq } else { nil } }

    /// The count of an OVERFLOW.
    var lost: Int? { if case .overflow(let overflow) = self { overflow.lost } else { nil } }
}

/// Looks again until `condition` holds; fails after ten seconds.
func waitUntil(
    _ condition: () throws -> Bool, sourceLocation: SourceLocation = #_sourceLocation
) rethrows {
    let limit = ContinuousClock.now + .seconds(10)
    while try !condition() {
        guard ContinuousClock.now < limit else {
            Issue.record("not within 10 s", sourceLocation: sourceLocation)
            return
        }
        usleep(1000)
    }
}
