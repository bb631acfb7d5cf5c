import ArgumentParser
import DigitEvents

/// `--socket`, of the commands that talk to a running daemon.
struct SocketOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket. (default: $XDG_RUNTIME_DIR/digitd.sock, else \(DigitSocket.systemPath))",
            valueName: "path"), completion: .file())
    var socket: String?
}
