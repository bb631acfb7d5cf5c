import DigitEvents
import FakeDaemon
import Foundation
import Testing

/// Questions to a daemon. Where the answer comes, time is never what ends the wait.
@Suite(.timeLimit(.minutes(5))) struct DigitClientRequestTests {
    private static let status = DigitEvent.Status(release: "0.1.0", model: "m", checksum: "ab", stream: 1)

    @Test func statusIsAskedFor_andWhatElseComesIsIgnored() async throws {
        let daemon = try FakeDaemon()
        async let script: Void = {
            let connection = try await daemon.accept(sending: ServerLine.version, ServerLine.device)
            #expect(try await connection.receiveLine() == #"{"status":true}"#)
            let line = String(DigitEvent.status(Self.status).jsonLine.dropLast())
            try await connection.send(ServerLine.digit(1), #"{"class":"NEW"}"#, line)
            #expect(try await connection.receiveLine() == nil)
        }()
        #expect(try await DigitClient(testing: daemon.path).status() == Self.status)
        try await script
    }

    @Test func pingIsTimed() async throws {
        let daemon = try FakeDaemon()
        async let script: Void = {
            let connection = try await daemon.accept(sending: ServerLine.version)
            let request = try #require(try await connection.receiveLine())
            let number = try #require(request.firstMatch(of: /^{"ping":(\d+)}$/)).output.1
            try await connection.send(#"{"class":"PONG","ping":0}"#, #"{"class":"PONG","ping":\#(number)}"#)
        }()
        #expect(try await DigitClient(testing: daemon.path).ping() > .zero)
        try await script
    }

    @Test func aServerThatTurnsClientsAwayIsQuoted() async throws {
        let daemon = try FakeDaemon()
        async let connection = daemon.accept(
            sending: ServerLine.version, #"{"class":"ERROR","code":"too_many_clients","message":"Too many."}"#,
            ServerLine.bye)
        let client = DigitClient(testing: daemon.path)
        let error = await #expect(throws: DigitClientError.self) { try await client.status() }
        #expect(error == .refused(daemon.path, message: "Too many."))
        _ = try await connection
    }

    @Test(arguments: [[], [ServerLine.version], [ServerLine.version, ServerLine.bye]])
    func aConnectionThatEndsBeforeTheAnswerIsAnError(lines: [String]) async throws {
        let daemon = try FakeDaemon()
        async let script: Void = {
            let connection = try await daemon.accept()
            for line in lines { try await connection.send(line) }
            connection.close()
        }()
        let client = DigitClient(testing: daemon.path)
        let error = await #expect(throws: DigitClientError.self) { try await client.status() }
        #expect(error == .connectionLost(daemon.path))
        try await script
    }

    @Test func aServerThatSaysNothingIsNotWaitedForForever() async throws {
        // The kernel takes the connection; nobody accepts it.
        let daemon = try FakeDaemon()
        var client = DigitClient(testing: daemon.path)
        client.timeout = .milliseconds(50)
        let asked = client
        let error = await #expect(throws: DigitClientError.self) { try await asked.status() }
        #expect(error == .noAnswer(daemon.path))
    }

    @Test func cancellationEndsTheWaitForAnAnswer() async throws {
        let daemon = try FakeDaemon()
        let client = DigitClient(testing: daemon.path)
        let task = Task { try await client.status() }
        let connection = try await daemon.accept(sending: ServerLine.version)
        #expect(try await connection.receiveLine() != nil)
        task.cancel()
        #expect(await #expect(throws: DigitClientError.self) { try await task.value } == .cancelled)
        #expect(try await connection.receiveLine() == nil)
    }

    @Test func everyErrorIsOneSentence() {
        let path = "/run/digitd/digitd.sock"
        let errors: [DigitClientError] = [
            .notRunning([path]), .notRunning(["/a", "/b"]), .forbidden(path, group: "digitd"),
            .forbidden(path, group: nil), .noAnswer(path), .refused(path, message: "Too many clients."),
            .connectionLost(path), .unsupportedProtocol(path, protocol: 2), .protocolViolation(path, reason: "x"),
            .badPath("a\nb"), .failed(path, code: 5), .cancelled,
        ]
        for error in errors {
            #expect(error.description.hasSuffix("."))
            #expect(!error.description.contains("\n"))
            #expect(!error.description.contains(". "))
        }
        #expect(DigitClientError.forbidden(path, group: "digitd").description.contains("group digitd"))
    }

    @Test func candidatesAreTheUsersThenTheSystems() {
        let system = "/run/digitd/digitd.sock"
        #expect(DigitSocket.candidates(environment: [:]) == [system])
        #expect(
            DigitSocket.candidates(environment: ["XDG_RUNTIME_DIR": "/run/user/1000"])
                == ["/run/user/1000/digitd.sock", system])
        #expect(DigitSocket.candidates(environment: ["XDG_RUNTIME_DIR": "/x/"])[0] == "/x/digitd.sock")
        #expect(DigitSocket.candidates(environment: ["XDG_RUNTIME_DIR": "relative"]) == [system])
        #expect(DigitSocket.candidates().contains(DigitSocket.path))
    }
}
