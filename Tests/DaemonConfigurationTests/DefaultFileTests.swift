import Foundation
import Testing

@testable import DaemonConfiguration

/// `config/digitd.toml` against the table of options.
@Suite struct DefaultFileTests {
    static let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../config/digitd.toml").standardizedFileURL.path

    static func shipped() throws -> String {
        try String(contentsOfFile: path, encoding: .utf8)
    }

    /// The shipped file with its options in force: `#name = value` is an option, `# text` is a comment.
    static func uncommented() throws -> String {
        try shipped().split(separator: "\n", omittingEmptySubsequences: false).map { line in
            line.hasPrefix("#") && !line.hasPrefix("# ") && line != "#" ? line.dropFirst() : line
        }.joined(separator: "\n")
    }

    @Test func shippedFileIsWhatTheProgramPrints() throws {
        // Where this fails: digitd config default > config/digitd.toml
        let shipped = try Self.shipped().split(separator: "\n", omittingEmptySubsequences: false)
        let made = Configuration.defaultText.split(separator: "\n", omittingEmptySubsequences: false)
        for (line, (found, expected)) in zip(shipped, made).enumerated() where found != expected {
            Issue.record("config/digitd.toml, line \(line + 1): \(found), and not \(expected)")
        }
        #expect(shipped.count == made.count)
    }

    @Test func shippedFileGivesTheDefaults() throws {
        #expect(try Configuration(contentsOf: Self.path) == Configuration())
        #expect(try ConfigurationFile(contentsOf: Self.path).line(of: "segmenter.enter_db") == nil)
    }

    @Test func shippedFileGivesTheDefaults_whenAllIsUncommented() throws {
        let text = try Self.uncommented()
        let file = try ConfigurationFile(bytes: Array(text.utf8), path: "all")
        #expect(file.configuration == Configuration())
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        for option in ConfigurationOption.all {
            let line = try #require(file.line(of: option.key), "\(option.key) is not in the file")
            #expect(lines[line - 1] == "\(option.name) = \(option.defaultText)")
        }
    }

    @Test(arguments: ConfigurationOption.all)
    func optionStandsThereWithRangeAndDefault(option: ConfigurationOption) throws {
        let text = try Self.shipped()
        let section = try #require(text.components(separatedBy: "\n[\(option.table)]\n").last)
        let before = try #require(section.components(separatedBy: "\n#\(option.name) = ").first)
        let comment = try #require(before.components(separatedBy: "\n\n").last)
            .replacingOccurrences(of: "\n# ", with: " ")
        #expect(comment.contains(option.comment))
        #expect(comment.contains("Allowed: \(option.kind.allowed). Default: \(option.defaultText)."))
        #expect(comment.contains("Needs a restart.") == !option.isLive)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test func keysAreUnlikeEachOther() {
        #expect(Set(ConfigurationOption.all.map(\.key)).count == ConfigurationOption.all.count)
        #expect(
            ConfigurationOption.all.allSatisfy { option in
                ConfigurationOption.tables.contains { $0.name == option.table }
            })
    }

    @Test(arguments: ConfigurationOption.all)
    func defaultIsAllowed(option: ConfigurationOption) {
        let value = option.value(Configuration())
        #expect(option.kind.accepts(value, isOctal: false) == value)
    }
}

extension ConfigurationOption: CustomTestStringConvertible {
    /// Its key.
    public var testDescription: String { key }
}
