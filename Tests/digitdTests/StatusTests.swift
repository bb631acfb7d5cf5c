import DigitEvents
import FakeDaemon
import Foundation
import Testing

@Suite struct StatusTests {
    private static let version = #"{"class":"VERSION","release":"0.1.0","protocol":1}"#
    private static let status =
        #"{"class":"STATUS","release":"0.1.0","device":"hw:0","state":"open","rate":48000,"#
        + #""channels":1,"stream":65.2,"uptime":65.25,"digits":17,"rejected":3,"gaps":0,"lost_frames":0,"clients":1,"#
        + #""overflows":0,"model":"digits.safetensors","checksum":"9f86d081","new":[1]}"#

    /// Plays a daemon that is asked once.
    private func answer(_ daemon: FakeDaemon, _ command: RunningCommand) throws {
        try command.start()
        let connection = try daemon.accept(sending: Self.version)
        #expect(try connection.receiveLine() == #"{"status":true}"#)
        try connection.send(Self.status)
        #expect(try connection.receiveLine() == nil)
    }

    @Test func statusIsForPeople() throws {
        let daemon = try FakeDaemon()
        let command = try RunningCommand(["status", "--socket", daemon.path])
        try answer(daemon, command)
        #expect(command.end() == 0)
        #expect(
            command.output.hasPrefix("digitd   0.1.0, running for 1 min 05 s\ndevice   hw:0: open, 48000 Hz, mono\n"))
        #expect(command.errors == "")
    }

    @Test func jsonIsTheDaemonsAnswer() throws {
        let daemon = try FakeDaemon()
        let command = try RunningCommand(["status", "--json", "--socket", daemon.path])
        try answer(daemon, command)
        #expect(command.end() == 0)
        #expect(command.output == Self.status + "\n")
    }

    @Test func theUsersOwnDaemonIsFound() throws {
        let scratch = ScratchDirectory()
        let daemon = try FakeDaemon(path: scratch.path + "/digitd.sock")
        let command = try RunningCommand(["status", "--json"], environment: ["XDG_RUNTIME_DIR": scratch.path])
        try answer(daemon, command)
        #expect(command.end() == 0)
    }

    @Test func withoutADaemonOneSentenceSaysSo_69() throws {
        let result = try Command.run(["status", "--socket", "/nonexistent/digitd.sock"])
        expectOneSentence(result, 69)
        #expect(result.errors.contains("/nonexistent/digitd.sock"))
    }

    @Test func aServerThatTurnsClientsAwayIsQuoted_69() throws {
        let daemon = try FakeDaemon()
        let command = try RunningCommand(["status", "--socket", daemon.path])
        try command.start()
        let connection = try daemon.accept(
            sending: Self.version, #"{"class":"ERROR","code":"too_many_clients","message":"There are too many."}"#,
            #"{"class":"BYE","reason":"too_many_clients"}"#)
        #expect(command.end() == 69)
        #expect(command.errors.hasSuffix("There are too many.\n"))
        connection.close()
    }

    /// Root may connect everywhere, so another user must be at hand, and the program within that user's reach.
    @Test(.enabled(if: isOtherUserAtHand)) func whoMayNotConnectIsToldTheGroup_69() throws {
        let scratch = ScratchDirectory()
        chmod(scratch.path, 0o755)
        let daemon = try FakeDaemon(path: scratch.path + "/digitd.sock")
        chmod(daemon.path, 0o660)
        let result = try Command.shell(Self.asOtherUser + #" "$0" status --socket "$1""#, [daemon.path])
        expectOneSentence(result, 69)
        #expect(result.errors.contains("group root"), "\(result.testDescription)")
    }

    private static let asOtherUser = "setpriv --reuid 65534 --regid 65534 --clear-groups"
    private static let isOtherUserAtHand =
        getuid() == 0 && (try? Command.shell(asOtherUser + #" "$0" --version"#))?.status == 0
}
