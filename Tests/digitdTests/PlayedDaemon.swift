import DigitEvents
import EventServer
import Foundation
import Logging
import Testing

/// A daemon's server in the test's own process, which says what the test publishes.
final class PlayedDaemon {
    private let scratch: ScratchDirectory
    let path: String
    private(set) var server: EventServer
    private var seq = 0
    private var stream = 10.0

    init(options: EventServer.Options = .init()) throws {
        scratch = ScratchDirectory()
        path = scratch.path + "/d.sock"
        server = try Self.start(path, options)
    }

    deinit { server.close(reason: "end_of_test", grace: .zero) }

    /// Goes, and comes back as another process would: with a new stream.
    func restart() throws {
        server.close(reason: "shutdown", grace: .seconds(1))
        server = try Self.start(path, .init())
        (seq, stream) = (0, 0)
    }

    private static func start(_ path: String, _ options: EventServer.Options) throws -> EventServer {
        let server = try EventServer(
            address: .path(path, mode: 0o600, group: nil), options: options, release: "9.8.7",
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            status: { .init(release: "9.8.7", model: "test", checksum: "00") })
        server.startAccepting()
        server.publish(.device(.init(state: .open, name: "plughw:CARD=Mic,DEV=0", rate: 48000, channels: 1)))
        return server
    }

    func say(_ digit: Int, confidence: Double = 0.99, after silence: Double = 0.6) {
        seq += 1
        stream += silence + 0.4
        server.publish(
            .digit(
                .init(
                    seq: seq, digit: digit, confidence: confidence, start: stream - 0.4, end: stream, at: stream + 0.1))
        )
    }

    /// Something that is no digit.
    func mumble() {
        seq += 1
        stream += 1
        server.publish(
            .rejected(.init(seq: seq, reason: .notADigit, confidence: 0.9, start: stream - 0.4, end: stream)))
    }

    func hear(_ decibels: Double, speech: Bool = false) {
        server.publish(
            .level(.init(levelDecibels: decibels, floorDecibels: -58, thresholdDecibels: -49, speech: speech)))
    }
}

/// Looks again until the condition holds; fails after half a minute.
func waitUntil(
    _ words: String, sourceLocation: SourceLocation = #_sourceLocation, _ condition: () throws -> Bool
) rethrows {
    let limit = ContinuousClock.now + .seconds(30)
    while try !condition() {
        guard ContinuousClock.now < limit else {
            Issue.record("waited in vain: \(words)", sourceLocation: sourceLocation)
            return
        }
        usleep(2000)
    }
}

extension RunningCommand {
    /// Starts `digitd`.
    static func started(_ arguments: [String]) throws -> RunningCommand {
        let command = try RunningCommand(arguments)
        try command.start()
        return command
    }

    /// Waits for the end.
    func result() -> CommandResult {
        let status = end()
        return CommandResult(status: status, output: output, errors: errors)
    }
}
