import DigitEvents
import FakeDaemon
import Foundation
import Testing

/// Lines that a daemon sends.
private enum ServerLine {
    static let version = #"{"class":"VERSION","release":"0.1.0","protocol":1}"#
    static let device = #"{"class":"DEVICE","state":"open","name":"hw:0","rate":48000,"channels":1}"#
    static let digit = #"{"class":"DIGIT","seq":1,"digit":7,"confidence":1,"start":0,"end":0.5,"at":0.5}"#
    static let bye = #"{"class":"BYE","reason":"shutdown"}"#
}

@Suite struct SubscribeTests {
    private func subscribe(_ path: String, _ arguments: [String] = [], script: String? = nil) throws -> RunningCommand {
        let command = try RunningCommand(["subscribe", "--socket", path] + arguments, script: script)
        try command.start()
        return command
    }

    @Test func jsonIsWhatTheDaemonSent_andGoesOnWithTheNextOne() throws {
        let daemon = try FakeDaemon()
        let command = try subscribe(daemon.path)
        let news = #"{"class":"WEATHER","rain":true}"#
        let device = #"{"name":"hw:0","class":"DEVICE","state":"open","new":1}"#
        var connection = try daemon.accept(sending: ServerLine.version, device, news)
        connection.close()
        connection = try daemon.accept(sending: ServerLine.version, ServerLine.bye)
        let lines = [
            ServerLine.version, device, news, #"{"class":"BYE","reason":"connection_lost"}"#, ServerLine.version,
            ServerLine.bye,
        ]
        let expected = lines.map { $0 + "\n" }.joined()
        #expect(command.wait { command.output.utf8.count >= expected.utf8.count })
        command.signal(SIGTERM)
        #expect(command.end() == 0)
        #expect(command.output == expected)
        #expect(command.errors == "")
    }

    @Test(arguments: [SIGINT, SIGTERM]) func aDaemonIsWaitedFor_whichIsSaidOnce(signal: Int32) throws {
        let path = try FakeDaemon().path
        let command = try subscribe(path, ["--format", "text"])
        #expect(command.wait { command.errors.contains("\n") })
        let daemon = try FakeDaemon(path: path)
        let connection = try daemon.accept(sending: ServerLine.version, ServerLine.device, ServerLine.digit)
        #expect(command.wait { count("\n", in: command.output) == 2 })
        command.signal(signal)
        #expect(command.end() == 0)
        #expect(command.output == "hw:0: open, 48000 Hz, mono\n7  100.0 %  0.00-0.50 s\n")
        #expect(count("\n", in: command.errors) == 1, "\(command.errors)")
        #expect(command.errors.contains(path))
        #expect(try connection.receiveLine() == nil)
    }

    @Test func theWaitForADaemonEndsBySignal() throws {
        let command = try subscribe("/nonexistent/digitd.sock")
        #expect(command.wait { command.errors.contains("\n") })
        command.signal(SIGTERM)
        #expect(command.end() == 0)
        #expect(command.output == "")
    }

    @Test func digitsAreBare_butLossesAreSaid() throws {
        let daemon = try FakeDaemon()
        let command = try subscribe(daemon.path, ["--format", "digits"])
        let connection = try daemon.accept(
            sending: ServerLine.version, ServerLine.device, #"{"class":"OVERFLOW","lost":3}"#, ServerLine.digit)
        #expect(command.wait { command.output == "7\n" })
        #expect(command.errors == "digitd: overflow: 3 events lost\n")
        connection.close()
        command.signal(SIGTERM)
        #expect(command.end() == 0)
    }

    @Test func policyIsAskedFor() throws {
        let daemon = try FakeDaemon()
        for (arguments, request) in [
            (
                ["--watch", "level", "DIGIT", "--min-confidence", "0.5"],
                #"{"watch":["DIGIT","LEVEL"],"min_confidence":0.5}"#
            ),
            (["--watch", "speech", "--watch", "gap"], #"{"watch":["GAP","SPEECH"],"min_confidence":0}"#),
            (
                ["--min-confidence", "1"],
                #"{"watch":["DIGIT","REJECTED","DEVICE","GAP","BYE"],"min_confidence":1}"#
            ),
        ] {
            let command = try subscribe(daemon.path, arguments)
            let connection = try daemon.accept(sending: ServerLine.version)
            #expect(try connection.receiveLine() == request)
            command.signal(SIGTERM)
            #expect(command.end() == 0)
        }
    }

    @Test(arguments: [
        ["--watch", "weather"], ["--min-confidence", "1.5"], ["--min-confidence", "nan"], ["--format", "xml"],
        ["--socket", ""], ["extra"],
    ]) func wrongUsageEndsWith64(arguments: [String]) throws {
        let result = try Command.run(["subscribe"] + arguments)
        #expect(result.status == 64, "\(result.testDescription)")
        #expect(!result.errors.isEmpty)
    }
}
