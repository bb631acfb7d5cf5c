import Glibc

/// Feeds one of the readers of foreign bytes with libFuzzer's inputs: `DIGITD_FUZZ_TARGET=NAME Fuzz [OPTION...] [FOLDER...]`.
///
/// An input is a find when the process ends (a trap, an address that is not its own, `check`), or takes more time or memory
/// than libFuzzer's options allow. Tests/Fuzz/run.sh builds and runs it.
@main struct Main {
    /// What may be fed, by name.
    static let targets: [String: @Sendable ([UInt8]) -> Void] = [
        "requests": feedRequests,
        "events": feedEvents,
        "configuration": feedConfiguration,
        "weights": feedWeights,
        "picture": feedPicture,
        "audio": feedAudio,
        "stdin": feedStandardInput,
        "environment": feedEnvironment,
    ]

    static let target: @Sendable ([UInt8]) -> Void = {
        let name = getenv("DIGITD_FUZZ_TARGET").map { String(cString: $0) } ?? ""
        guard let target = targets[name] else {
            fail("Set DIGITD_FUZZ_TARGET to one of \(targets.keys.sorted().joined(separator: ", ")).")
        }
        return target
    }()

    static func main() {
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        _ = target
        exit(
            fuzzerRunDriver(&count, &arguments) { bytes, count in
                Main.target(Array(UnsafeBufferPointer(start: bytes, count: count)))
                return 0
            })
    }
}

/// libFuzzer's loop. Called instead of linking its own `main`, because SwiftPM names an executable's main function itself.
@_silgen_name("LLVMFuzzerRunDriver")
private func fuzzerRunDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ body: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// Makes a find of an input for which something does not hold.
func check(_ holds: Bool, _ message: @autoclosure () -> String) {
    if !holds { fail(message()) }
}

func fail(_ message: String) -> Never {
    let line = Array("fuzz: \(message)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
    abort()
}

extension [UInt8] {
    /// Takes the first byte, which decides something about how the rest is given; 0 where there is none.
    mutating func takeFirst() -> Int { isEmpty ? 0 : Int(removeFirst()) }
}
