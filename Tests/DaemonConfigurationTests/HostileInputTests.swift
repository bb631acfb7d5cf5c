import Foundation
import Testing

@testable import DaemonConfiguration

/// No input ends the program or keeps it busy.
@Suite(.serialized) struct HostileInputTests {
    /// Documents that a parser could drown in, of about a quarter of the size that is allowed.
    static let floods: [(name: String, text: String)] = [
        ("brackets", "a = " + repeated("[", 100_000)),
        ("closed brackets", "a = " + repeated("[", 100_000) + repeated("]", 100_000)),
        ("braces", "a = " + repeated("{a=", 75_000)),
        ("brackets and braces", "a = " + repeated("[{a=", 60_000)),
        ("names in a key", repeated("a.", 100_000) + "a = 1"),
        ("names in a header", "[" + repeated("a.", 100_000) + "a]"),
        ("names in an inline key", "x = {" + repeated("a.", 100_000) + "a = 1}"),
        ("headers of headers", (0..<15_000).map { "[a\($0).b]\n" }.joined()),
        ("lists of tables", repeated("[[a]]\n", 37_500)),
        ("keys", (0..<20_000).map { "k\($0)=1\n" }.joined()),
        ("one key", repeated("a=1\n", 62_500)),
        ("keys of one table", "a = {" + (0..<20_000).map { "k\($0)=1," }.joined() + "z=1}"),
        ("tables in a list", "a = [" + repeated("{},", 75_000) + "]"),
        ("keys in a list", "a = [" + repeated("{b=1},", 37_500) + "]"),
        ("numbers in a list", "a = [" + repeated("1,", 125_000) + "]"),
        ("lists in a list", "a = [" + repeated("[],", 75_000) + "]"),
        ("texts in a list", "a = [" + repeated("\"\",", 75_000) + "]"),
        ("open texts", "a = " + repeated("\"\"\"", 75_000)),
        ("long texts in a list", "a = [" + repeated("'''''',", 35_000) + "]"),
        ("quotes", repeated("\"", 250_000)),
        ("escapes", "a = \"" + repeated("\\\\", 125_000)),
        ("one text", "[capture]\ndevice = \"" + repeated("x", 250_000) + "\""),
        ("one name", repeated("x", 250_000)),
        ("one name with a value", repeated("x", 250_000) + "=1"),
        ("one number", "a = " + repeated("9", 250_000)),
        ("one fraction", "a = 0." + repeated("9", 250_000)),
        ("underscores", "a = 1" + repeated("_1", 125_000)),
        ("zeros", "a = " + repeated("0", 250_000)),
        ("signs", "a = " + repeated("-", 250_000)),
        ("spaces", repeated(" ", 250_000)),
        ("lines", repeated("\n", 250_000)),
        ("comments", repeated("#\n", 125_000)),
        ("one comment", "#" + repeated("é", 125_000)),
        ("wide characters", repeated("\u{1F600}", 62_500)),
        ("combining characters in a name", "\"e" + repeated("\u{301}", 125_000) + "\" = 1"),
        ("combining characters in a path", "[server]\nsocket = \"/" + repeated("\u{301}", 125_000) + "\""),
        ("combining characters", "a = \"e" + repeated("\u{301}", 125_000)),
        ("equals", repeated("=", 250_000)),
        ("dots", repeated(".", 250_000)),
        ("commas", "a = [" + repeated(",", 250_000)),
        ("backslashes", "a = \"\"\"" + repeated("\\\n", 125_000)),
    ]

    private static func repeated(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    @Test(arguments: floods.indices)
    func floodIsTakenOrRefused(index: Int) {
        let (name, text) = Self.floods[index]
        #expect(text.utf8.count <= ConfigurationFile.bytesMax, "\(name)")
        var sentences: [String] = []
        let time = ContinuousClock().measure { sentences = problems(text) }
        // A release build takes 0.2 s for the largest; this one is not optimised and has neighbours.
        #expect(time < .seconds(10), "\(name): \(time)")
        #expect(sentences.count <= 1, "\(name)")
        #expect(sentences.allSatisfy { $0.utf8.count < 1000 && $0.hasSuffix(".") }, "\(name): \(sentences)")
    }

    @Test func sizeIsLimited() {
        let largest = [UInt8](repeating: UInt8(ascii: "#"), count: ConfigurationFile.bytesMax)
        #expect(problems(largest) == [])
        #expect(problems(largest + [10]) == ["f: the file is larger than 1048576 bytes, which no configuration is."])
    }

    @Test func depthIsLimited() {
        #expect(problems(Self.repeated("x", 128) + " = 1").first?.contains("unknown") == true)
        #expect(
            problems("\n a . " + Self.repeated("x", 129) + " = 1")
                == ["f, line 2, column 6: the name has more than 128 bytes; digitd's are shorter."])
        #expect(problems("a.b.c.d.e.f.g.h = 1").first?.contains("unknown") == true)
        #expect(
            problems("a.b.c.d.e.f.g.h.i = 1") == [
                "f, line 1, column 18: the key has more than 8 names; digitd's have two."
            ])
        #expect(
            problems("[a.b.c]\nd.e={f={g.h={i=1}}}") == [
                "f, line 2, column 15: the key has more than 8 names; digitd's have two."
            ])
        let keys = (0..<1000).map { "k\($0) = 1" }.joined(separator: "\n")
        #expect(problems(keys).count == 1000)
        #expect(
            problems(keys + "\nk = 1")
                == ["f, line 1001, column 5: there are more than 1000 keys; remove those that are not digitd's."])
    }

    /// Changes the shipped file at random: bytes, lines and pieces of TOML. What comes out is a configuration or a list of
    /// problems, each on a line that there is; and where TOMLKit took the text, the scanner found the same keys.
    @Test(arguments: 0..<8)
    func mutationsAreTakenOrRefused(round: Int) throws {
        var random = SeededNumbers(state: UInt64(round))
        let commented = try DefaultFileTests.shipped()
        let uncommented = try DefaultFileTests.uncommented()
        // Short files change more of what is TOML and less of what is comment.
        let bare = uncommented.split(separator: "\n").filter { !$0.hasPrefix("#") }.joined(separator: "\n")
        var taken = 0
        var refused = 0
        for index in 0..<500 {
            var bytes = Array([bare, uncommented, bare, commented, bare][index % 5].utf8)
            for _ in 0..<Int.random(in: 1...4, using: &random) { Self.mutate(&bytes, &random) }
            let lineCount = bytes.count { $0 == UInt8(ascii: "\n") } + 1
            do {
                let file = try ConfigurationFile(bytes: bytes, path: "f")
                // What was taken can be written and read again.
                #expect(try read(file.configuration.text) == file.configuration)
                taken += 1
            } catch .invalid(let problems) {
                #expect(!problems.isEmpty)
                for problem in problems {
                    let line = try #require(problem.line, "\(problem)")
                    #expect((1...lineCount).contains(line), "\(problem)")
                    #expect(!problem.message.isEmpty && !problem.description.contains("\n"), "\(problem)")
                }
                refused += 1
            } catch {
                Issue.record("\(error)")
            }
            guard let document = try? TOMLDocument(bytes, max: bytes.count) else { continue }
            let leaves = document.leaves
            let found = Set(document.entries.map(\.path))
            #expect(leaves.isSubset(of: found), "\(String(decoding: bytes, as: UTF8.self))")
        }
        #expect(taken > 20 && refused > 200, "\(taken) taken, \(refused) refused")
    }

    private static let pieces = [
        "\"", "'", "\"\"\"", "'''", "[", "]", "[[", "]]", "{", "}", "=", ".", ",", "#", "\n", "\r\n", "\r", "\\",
        "\\u0000",
        "\\uD800", "\\n", " ", "\t", "\u{0}", "-", "+", "_", "0", "9", "1e999", "0x", "0o", "nan", "-inf", "true",
        "1979-05-27",
        "07:32:00", "\u{FEFF}", "é", "\u{1F600}", "a.b.c", "[segmenter]", "[log]\n", "enter_db = 1\n",
        "x = {a = [1, {b = 2}]}\n",
        "9223372036854775808", "-9223372036854775808", "1e-400", "\"\\U0010FFFF\"", "= = =", "[a.b.c.d.e.f.g.h.i]",
    ]

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededNumbers) {
        guard !bytes.isEmpty else {
            bytes = [UInt8.random(in: 0...255, using: &random)]
            return
        }
        let place = Int.random(in: 0..<bytes.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 1: bytes[place] ^= 1 << UInt8.random(in: 0..<7, using: &random)
        case 2: bytes.remove(at: place)
        case 3, 4: bytes.insert(contentsOf: pieces.randomElement(using: &random)!.utf8, at: place)
        case 5:
            let end = min(bytes.count, place + Int.random(in: 1...30, using: &random))
            bytes.removeSubrange(place..<end)
        case 6:
            let end = min(bytes.count, place + Int.random(in: 1...60, using: &random))
            bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
        default: bytes.removeLast(bytes.count - place)
        }
    }
}
