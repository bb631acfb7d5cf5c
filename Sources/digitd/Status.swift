import ArgumentParser
import DigitEvents

/// `digitd status`: what a running daemon is doing.
struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says what a running daemon is doing.",
        discussion: "Ends with 69 where there is no daemon, or this user may not connect to it.")

    @OptionGroup var socket: SocketOption
    @Flag(help: "Print the daemon's answer as it is, one JSON object.")
    var json = false

    func run() throws {
        let client = DigitClient(path: socket.socket)
        let line = try AsyncWork.wait { try await client.statusLine() }
        try StandardOutput.line(json ? line.text : line.event.text ?? "", isJSON: json)
    }
}
