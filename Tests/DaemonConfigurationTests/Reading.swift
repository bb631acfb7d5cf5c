import DaemonConfiguration
import Foundation

/// Reads a configuration of this text, called `f`.
func read(_ text: String) throws(ConfigurationError) -> Configuration {
    try ConfigurationFile(bytes: Array(text.utf8), path: "f").configuration
}

/// The sentences about what is wrong with this text; none when it is good.
func problems(_ text: String) -> [String] {
    problems(Array(text.utf8))
}

/// The sentences about what is wrong with these bytes; none when they are good.
func problems(_ bytes: [UInt8]) -> [String] {
    do {
        _ = try ConfigurationFile(bytes: bytes, path: "f")
        return []
    } catch .invalid(let problems) {
        return problems.map(\.description)
    } catch {
        return [error.description]
    }
}

/// A fixed sequence of numbers: SplitMix64.
struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// A directory of its own for one test, removed with the value.
final class ScratchDirectory: Sendable {
    let path: String

    init() {
        var template = Array((NSTemporaryDirectory() + "/DaemonConfigurationTests.XXXXXX").utf8CString)
        path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }
}
