import Foundation

/// A run of the program that goes on while the test looks at what it has printed so far.
class RunningCommand {
    let scratch = ScratchDirectory()
    let process = Process()

    var output: String { text("out") }
    var errors: String { text("err") }

    /// Prepares `digitd` with arguments, or a shell script in which `$0` is `digitd`.
    init(_ arguments: [String], script: String? = nil, environment: [String: String] = [:]) throws {
        _ = scratch.write("out", [])
        _ = scratch.write("err", [])
        process.executableURL = URL(fileURLWithPath: script == nil ? Command.executable : "/bin/bash")
        process.arguments = (script.map { ["-c", $0, Command.executable] } ?? []) + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path + "/out"))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.path + "/err"))
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    func start() throws { try process.run() }

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
