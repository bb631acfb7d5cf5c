import Foundation
import Testing

/// What a run of the program left behind.
struct CommandResult: CustomTestStringConvertible {
    var status: Int32
    var output: String
    var errors: String

    /// Lines of standard error.
    var errorLines: [Substring] { errors.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    var outputLines: [Substring] { output.split(separator: "\n", omittingEmptySubsequences: false).dropLast() }
    var testDescription: String {
        "status \(status), output \(output.debugDescription), errors \(errors.debugDescription)"
    }
}

/// The built program as a subprocess.
enum Command {
    /// `digitd`, which the package manager puts beside the test program.
    static let executable: String = {
        let tests = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return ((tests ?? CommandLine.arguments[0]) as NSString).deletingLastPathComponent + "/digitd"
    }()

    /// The package's own network.
    static let network =
        (executable as NSString).deletingLastPathComponent + "/digitd_digitd.resources/Resources/digits.safetensors"
    /// Tests that judge answers run only where the package holds a trained network.
    static var hasNetwork: Bool { FileManager.default.fileExists(atPath: network) }

    /// Runs `digitd` to its end. Standard input is empty unless given.
    static func run(
        _ arguments: [String], input: Data = Data(), environment: [String: String] = [:]
    ) throws -> CommandResult {
        try run(executable, arguments, input: input, environment: environment)
    }

    /// Runs a shell script in which `$0` is `digitd`.
    static func shell(_ script: String, _ arguments: [String] = []) throws -> CommandResult {
        try run("/bin/bash", ["-c", script, executable] + arguments)
    }

    private static func run(
        _ program: String, _ arguments: [String], input: Data = Data(), environment: [String: String] = [:]
    ) throws -> CommandResult {
        // Files and not pipes: whatever the program prints, nobody blocks.
        let scratch = ScratchDirectory()
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        process.standardInput = try FileHandle(forReadingFrom: URL(fileURLWithPath: scratch.write("in", Array(input))))
        process.standardOutput = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.write("out", [])))
        process.standardError = try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.write("err", [])))
        try process.run()
        process.waitUntilExit()
        // A signal's number is told from an exit code by its sign.
        let status = process.terminationReason == .exit ? process.terminationStatus : -process.terminationStatus
        return CommandResult(
            status: status, output: try String(contentsOfFile: scratch.path + "/out", encoding: .utf8),
            errors: try String(contentsOfFile: scratch.path + "/err", encoding: .utf8))
    }
}

/// A file of the package's source.
func packageFile(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("../../" + name)
        .standardizedFileURL.path
}

/// The test recordings `Tests/Audio/digits`, by folder: two voices of each digit, and other words.
func testClips(_ folders: some Sequence<String>) throws -> [(path: String, folder: String)] {
    try folders.flatMap { folder in
        let directory = packageFile("Tests/Audio/digits/\(folder)")
        return try FileManager.default.contentsOfDirectory(atPath: directory).sorted().map {
            ("\(directory)/\($0)", folder)
        }
    }
}

/// A directory of its own for one test, removed with the value.
final class ScratchDirectory: Sendable {
    let path: String

    init() {
        var template = Array((NSTemporaryDirectory() + "/digitdTests.XXXXXX").utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Writes a file and returns its path.
    func write(_ name: String, _ bytes: [UInt8]) -> String {
        let file = "\(path)/\(name)"
        _ = FileManager.default.createFile(atPath: file, contents: Data(bytes))
        return file
    }
}
