import DigitEvents
import Foundation

/// `digitd listen --input -` as a daemon: the test speaks through its standard input and reads what it prints and logs.
final class RunningListener: RunningCommand {
    private let input = Pipe()

    var socket: String { scratch.path + "/d.sock" }

    init(_ arguments: [String]) throws {
        try super.init(["listen", "--model", ConstantNetwork.path, "--input", "-", "--rate", "8000"] + arguments)
        process.standardInput = input
    }

    /// Whether the socket takes connections: its file is there a moment before that. Asked of the kernel, so that no client is counted.
    var isListening: Bool {
        // Num RefCount Protocol Flags Type St Inode Path; the flag is __SO_ACCEPTCON.
        let sockets = try? String(contentsOfFile: "/proc/net/unix", encoding: .utf8)
        return sockets?.split(separator: "\n").contains { line in
            let fields = line.split(separator: " ")
            return fields.count > 7 && fields[3] == "00010000" && fields[7] == socket
        } ?? false
    }

    /// Speaks one word, with silence around it.
    func speak() throws {
        let word =
            noise(samples: 4000, amplitude: 3) + noise(samples: 3200, amplitude: 12_000)
            + noise(samples: 6000, amplitude: 3)
        try input.fileHandleForWriting.write(contentsOf: Data(word))
    }

    /// Ends the input.
    func hangUp() throws { try input.fileHandleForWriting.close() }
}
