import Testing

@testable import DaemonConfiguration

/// Text that is no TOML, or no TOML that a configuration needs: one sentence with line and column.
@Suite struct SyntaxTests {
    typealias Case = ProblemTests.Case

    static let structure = [
        Case("[server", "f, line 1, column 8: a ] is missing after the name of the table."),
        Case(
            "\n [server]]",
            "f, line 2, column 10: ] is not expected here; one key = value or one [table] stands on a line."),
        Case("[]", "f, line 1, column 2: a name is expected here, and not ]."),
        Case("[a.]", "f, line 1, column 4: a name is expected here, and not ]."),
        Case("= 1", "f, line 1, column 1: a name is expected here, and not =."),
        Case("[[server]]", "f, line 1, column 2: [[ ]] makes a list of tables, and digitd has none; write [ ]."),
        Case("[server]\nmode", "f, line 2, column 5: an = is missing after server.mode."),
        Case("[server]\nmode: \"0660\"", "f, line 2, column 5: an = is missing after server.mode."),
        Case("[server]\nmode =", "f, line 2, column 7: server.mode has no value."),
        Case("[server]\nmode = # 0660\n", "f, line 2, column 8: server.mode has no value."),
        Case(
            "[log]\nlevel = info",
            "f, line 2, column 9: log.level is info, but a value is a number, true, false, or text in quotes."
        ),
        Case(
            "log.log_digits = True",
            "f, line 1, column 18: log.log_digits is True, but a value is a number, true, false, or text in quotes."),
        Case(
            "server.socket = /run/x",
            "f, line 1, column 17: server.socket is /, but a value is a number, true, false, or text in quotes."
        ),
        Case("[log]\nlevel = \"info", "f, line 2, column 14: the closing quote \" of the text is missing."),
        Case("[log]\nlevel = 'info\r\n", "f, line 2, column 14: the closing quote ' of the text is missing."),
        Case("[log]\nlevel = \"\"\"info\n\n", "f, line 2, column 9: the closing \"\"\" of the text is missing."),
        Case("[log]\nlevel = '''info''\n\n", "f, line 2, column 9: the closing ''' of the text is missing."),
        Case(
            "[log]\nlevel = \"C:\\path\"",
            "f, line 2, column 13: \\p is no escape of TOML; write \\\\ for a backslash, or put the text in single quotes."
        ),
        Case(
            "a = \"\\",
            "f, line 1, column 7: \\the end of the line is no escape of TOML; write \\\\ for a backslash, or put the text in "
                + "single quotes."),
        Case(
            "a = \"\\u12G4\"",
            "f, line 1, column 10: 4 hexadecimal digits are needed after the backslash and its letter."),
        Case("a = \"\\U0011FFFF\"", "f, line 1, column 16: the escape stands for no character that digitd takes."),
        Case("a = \"\\uD800\"", "f, line 1, column 12: the escape stands for no character that digitd takes."),
        Case("\"a\\u0000b\" = 1", "f, line 1, column 9: the escape stands for no character that digitd takes."),
        Case(
            "a = \"\"\"\\U00000000\"\"\"", "f, line 1, column 18: the escape stands for no character that digitd takes."
        ),
        Case(
            "[log]\nlevel = [\"info\"]",
            "f, line 2, column 9: log.level is a list, but a value is a number, true, false, or text in quotes."),
        Case("a = {b = 1", "f, line 1, column 11: a , or } is expected here, and not the end of the line."),
        Case("a = {b = 1,}", "f, line 1, column 12: a name is expected here, and not }."),
        Case("a = {b = 1\n}", "f, line 1, column 11: a , or } is expected here, and not the end of the line."),
        Case(
            "a = 1 b = 2",
            "f, line 1, column 7: b is not expected here; one key = value or one [table] stands on a line."),
        Case(
            "a =\u{A0}1", "f, line 1, column 4: a is U+00A0, but a value is a number, true, false, or text in quotes."),
        Case("\u{200B}a = 1", "f, line 1, column 1: a name is expected here, and not U+200B."),
        Case("é = 1", "f, line 1, column 1: a name is expected here, and not é."),
    ]

    static let twice = [
        Case(
            "[log]\nlevel = \"info\"\n\n'level' = \"debug\"",
            "f, line 4: log.level is given a second time; line 2 has it already."),
        Case("log.level = 1\n[log]\nlevel = 2", "f, line 3: log.level is given a second time; line 1 has it already."),
        Case("[log]\n[server]\n[log]", "f, line 3: [log] stands here a second time; line 1 has it already."),
    ]

    static let bytes = [
        Case("a = 1\u{0}", "f, line 1, column 6: the control character 0 is not allowed; write an escape."),
        Case("# \u{1B}[2J", "f, line 1, column 3: the control character 27 is not allowed; write an escape."),
        Case("\n\r", "f, line 2, column 1: the control character 13 is not allowed; write an escape."),
        Case("a\u{7F}", "f, line 1, column 2: the control character 127 is not allowed; write an escape."),
    ]

    @Test(arguments: structure + twice + bytes)
    func isSaid(_ wrong: Case) {
        #expect(problems(wrong.text) == wrong.sentences)
    }

    @Test(arguments: [
        "1__0", "01", "1.", ".5", "+", "-", "1e", "1e+", "1_", "_1", "0x", "0xG", "0X1", "-0x1", "0b2", "0o8", "0_1",
        "1.2.3",
        "1._2", "1_.2", "1e5.0", "00", "-01", "+-1", "Inf", "infinity", "TRUE", "1979-05-27", "1979-05-27 2",
        "07:32:00",
        "1979-05-27T07:32:00Z", "1e5_", String(repeating: "1", count: 65), "0x\u{663}", "nan.", "1 _",
    ])
    func valueThatIsNoNumber_isRefusedWhereItBegins(value: String) throws {
        let sentences = problems("[log]\nlevel = \(value)")
        let sentence = try #require(sentences.first)
        #expect(sentences.count == 1)
        let end =
            value == "1 _" || value == "0x\u{663}" ? "" : "but a value is a number, true, false, or text in quotes."
        #expect(sentence.hasPrefix("f, line 2, column ") && sentence.hasSuffix(end), "\(sentence)")
    }

    /// TOMLKit takes every number that the scanner lets through.
    @Test(arguments: [
        "0", "+0", "-0", "12", "-12", "+1_000", "1_0.0_1", "0.0", "-0.0", "1e5", "1E+05", "-1.5e-3", "0e0",
        "0xdead_BEEF", "0o755",
        "0b1_0", "inf", "+inf", "-inf", "nan", "-nan", "0.1e01", "9223372036854775807", "-9223372036854775808",
        String(repeating: "0", count: 1) + "." + String(repeating: "1", count: 62),
    ])
    func numberIsOneForTOMLKit(value: String) {
        #expect(problems("[log]\nlevel = \(value)").first?.contains("but must be \(ProblemTests.levels)") == true)
    }

    /// What is left to TOMLKit: numbers that are too large, and tables that are defined in two ways.
    @Test(arguments: [
        "[log]\nlevel = 9223372036854775808", "[log]\nlevel = -9223372036854775809",
        "[log]\nlevel = 0xFFFFFFFFFFFFFFFFF",
        "a = 1\na.b = 2", "a.b = 1\n[a]", "a = {}\n[a.b]", "a = {}\na.b = 1", "[a]\nb.c = 1\n[a.b]",
        "[a.b]\n[a]\nb = 1",
        "a = {b = 1, b.c = 2}", "a = {b.c = 1, b = 2}", "a.b.c = 1\na.b = 2", "[a]\nb = {}\nb.c = 1",
    ])
    func restIsLeftToTOMLKit(text: String) {
        let sentences = problems(text)
        #expect(sentences.count == 1)
        let sentence = sentences.first ?? ""
        #expect(sentence.hasPrefix("f, line ") && sentence.hasSuffix("."), "\(sentence)")
        #expect(!sentence.contains("Error while parsing") && !sentence.contains("\n") && !sentence.hasSuffix(".."))
    }

    @Test func bytesThatAreNoUTF8() {
        let cases: [([UInt8], String)] = [
            ([0xFF], "f, line 1, column 1"), (Array("a = 1\nb = \"\u{e9}".utf8) + [0xE9, 0x22], "f, line 2, column 7"),
            (Array("a".utf8) + [0xC3], "f, line 1, column 2"), ([0xEF, 0xBB, 0xBF, 0x61, 0x80], "f, line 1, column 2"),
            ([0xFE, 0xFF, 0xFE, 0x41], "f, line 1, column 1"), ([0xED, 0xA0, 0x80], "f, line 1, column 1"),
            ([0xC0, 0xAF], "f, line 1, column 1"),
        ]
        for (bytes, place) in cases {
            #expect(problems(bytes) == ["\(place): the text is not UTF-8; save the file as UTF-8."])
        }
    }
}

/// The scanner against TOMLKit, which says what the keys of a document are.
@Suite struct TOMLScannerTests {
    /// Documents that TOML allows, with the places where keys begin.
    static let documents: [(text: String, keys: [String])] = [
        ("", []),
        ("a=1", ["1 a"]),
        ("# c\n\n  a = 1 # c\n\tb-c_9 = 2", ["3 a", "4 b-c_9"]),
        ("a.b . c = 1\n[x . 'y.z']\n\"q\\\"\\u00e9\" = 2", ["1 a.b.c", "3 x.\"y.z\".\"q\"\u{e9}\""]),
        ("a = \"\"\"\n[no]\nno = 1\\\n  x \\\"\"\" \"\" \"\"\"\"\"\nb = 2", ["1 a", "5 b"]),
        ("a = '''\\\n'no' = [\n''''\nb = 2", ["1 a", "4 b"]),
        ("a = \"# no\\\\\" # 'c\"\nb = '\\' #", ["1 a", "2 b"]),
        (
            "a = {b = 1, c.d = \"\"\"\n\"\"\", e = {f = '}'}, g = {}}\nh = {}",
            ["1 a.b", "1 a.c.d", "2 a.e.f", "2 a.g", "3 h"]
        ),
        (
            "f = 1e3\ng = -inf\nh = +nan\ni = 0xDEAD_beef\nj = 0b1\nk = 0o7\nl = 1_000.5e-3",
            [
                "1 f", "2 g", "3 h", "4 i", "5 j", "6 k", "7 l",
            ]
        ),
        ("true = true\n123 = false\n- = 1\n'' = 2\n\"_\" . x = 3", []),
        ("[a]\n[a.b]\nx = 1\n[c.d.e]\n[c]\ny = 2\r\n[ \"f\" ] # c\r\nz = 3", ["3 a.b.x", "6 c.y", "8 f.z"]),
        (
            "a = \"\"\nb = ''\nc = \"\"\"\"\"\"\nd = ''''''\ne = \"\"\"\"\"x\"\"\"\"\"",
            ["1 a", "2 b", "3 c", "4 d", "5 e"]
        ),
        ("a = \"\"\"x\\   \n\n   y\"\"\"\nb = 1", ["1 a", "4 b"]),
        ("a = \"\\b\\t\\n\\f\\r\\\"\\\\\\u00E9\\U0001F600\"", ["1 a"]),
        ("a = \"\u{1F600}\t\u{200B}\"\n\"\u{1F600}\" = 1", ["1 a", "2 \"\u{1F600}\""]),
    ]

    @Test(arguments: documents.indices)
    func keysAndLinesAreFound(index: Int) throws {
        let (text, keys) = Self.documents[index]
        let document = try TOMLDocument(Array(text.utf8), max: 1 << 20)
        let leaves = document.entries.filter { entry in
            !entry.isHeader
                && !document.entries.contains { $0.path.count > entry.path.count && $0.path.starts(with: entry.path) }
        }
        if !keys.isEmpty {
            let found = leaves.map { entry in
                "\(entry.line) "
                    + entry.path.map { $0.utf8.allSatisfy(TOMLScanner.isBare) ? $0 : "\"\($0)\"" }.joined(
                        separator: ".")
            }
            #expect(found == keys)
        }
        #expect(Set(leaves.map(\.path)) == document.leaves)
    }

    @Test func valuesAreShownAsTheyAreWritten() throws {
        let text =
            "a = 0o660 # c\nb=\"x # y\" \nc = '''1,\n2'''\nd = {e = 'f'}\ng = \"\(String(repeating: "é", count: 100))\"\nh = 1 "
        let entries = try TOMLScanner.scan(Array(text.utf8))
        #expect(
            entries.map(\.value) == [
                "0o660", "\"x # y\"", "'''1,...", "{e = 'f'}", "'f'", "\"\(String(repeating: "é", count: 39))...", "1",
            ])
    }
}

extension TOMLDocument {
    /// The paths of all values that are not tables, and of empty inline ones, as TOMLKit has them.
    var leaves: Set<[String]> {
        var leaves: Set<[String]> = []
        let headers = Set(entries.filter(\.isHeader).map(\.path))
        var open = [([String](), root)]
        while let (path, table) = open.popLast() {
            for key in table.keys {
                let path = path + [key]
                guard let value = table[key] else { continue }
                if let inner = value.table, !inner.isEmpty {
                    open.append((path, inner))
                } else if value.table == nil || !headers.contains(path) {
                    leaves.insert(path)
                }
            }
        }
        return leaves
    }
}
