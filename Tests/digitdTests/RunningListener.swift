import DigitEvents
import Foundation

/// `digitd listen --input -` as a daemon: the test speaks through its standard input and reads what it prints and logs.
final class RunningListener {
    let scratch = ScratchDirectory()
    let process = Process()
    private let input = Pipe()

    var socket: String { scratch.path + "/d.sock" }
    var output: String { text("out") }
    var errors: String { text("err") }

    init(_ arguments: [String]) throws {
        _ = scratch.write("out", [])
        _ = scratch.write("err", [])
        process.executableURL = URL(fileURLWithPath: Command.executable)
        process.arguments = ["listen", "--model", ConstantNetwork.path, "--input", "-", "--rate", "8000"] + arguments
        process.environment = ProcessInfo.processInfo.environment
        process.standardInput = input
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path + "/out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path + "/err"))
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    func start() throws { try process.run() }

    /// Speaks one word, with silence around it.
    func speak() throws {
        let word =
            noise(samples: 4000, amplitude: 3) + noise(samples: 3200, amplitude: 12_000)
            + noise(samples: 6000, amplitude: 3)
        try input.fileHandleForWriting.write(contentsOf: Data(word))
    }

    /// Ends the input.
    func hangUp() throws { try input.fileHandleForWriting.close() }

    func signal(_ number: Int32) { kill(process.processIdentifier, number) }

    /// Waits for the end; the exit code, or the negative number of the signal that ended it.
    func end() -> Int32 {
        process.waitUntilExit()
        return process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
    }

    /// Waits until `condition` holds; false after 30 s.
    func wait(_ condition: () -> Bool) -> Bool {
        let limit = Date(timeIntervalSinceNow: 30)
        while !condition() {
            guard Date() < limit else { return false }
            usleep(10_000)
        }
        return true
    }

    private func text(_ name: String) -> String {
        (try? String(contentsOfFile: "\(scratch.path)/\(name)", encoding: .utf8)) ?? ""
    }
}

/// How often a text occurs in another.
func count(_ part: String, in text: String) -> Int { text.components(separatedBy: part).count - 1 }
