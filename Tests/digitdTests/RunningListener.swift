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
