import Foundation
import MelSpectrogram
import Testing

/// A folder of its own for one test, removed at the end.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("mel-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    func write(_ name: String, _ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path(name))) }
}

/// Checks that an error's text is one sentence, with an instruction in it, that names what it is about.
func expectOneSentence(_ error: MelError?, naming name: String) throws {
    let text = try #require(error).description
    #expect(text.hasSuffix(".") && !text.dropLast().contains(". ") && !text.contains("\n"), "\(text)")
    #expect(name.isEmpty || text.contains(name), "\(text)")
    #expect(text.contains("so ") || text.contains("; "), "says what to do: \(text)")
}
