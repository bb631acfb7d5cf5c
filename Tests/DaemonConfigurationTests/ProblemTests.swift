import DaemonConfiguration
import Testing

/// What is said about a file that is wrong: every sentence in full.
@Suite struct ProblemTests {
    struct Case: CustomTestStringConvertible, Sendable {
        let text: String
        let sentences: [String]
        var testDescription: String { text.debugDescription }

        init(_ text: String, _ sentences: String...) {
            self.text = text
            self.sentences = sentences
        }
    }

    static let levels = #""trace", "debug", "info", "notice", "warning", "error" or "critical""#

    static let values = [
        Case(
            "[segmenter]\n\nenter_db = 90 # loud",
            "f, line 3: segmenter.enter_db is 90, but must be a number of dB from 1 to 40."),
        Case(
            "segmenter.enter_db=nan", "f, line 1: segmenter.enter_db is nan, but must be a number of dB from 1 to 40."),
        Case(
            "[segmenter]\nenter_db = \"9\"",
            "f, line 2: segmenter.enter_db is \"9\", but must be a number of dB from 1 to 40."),
        Case(
            "[segmenter]\nonset_ms = 55",
            "f, line 2: segmenter.onset_ms is 55, but must be a whole number of ms from 10 to 200, in steps of 10."),
        Case(
            "[server]\nclients_max = 10.0",
            "f, line 2: server.clients_max is 10.0, but must be a whole number of subscribers from 1 to 1024."),
        Case(
            "[server]\nclients_max = 9223372036854775807",
            "f, line 2: server.clients_max is 9223372036854775807, but "
                + "must be a whole number of subscribers from 1 to 1024."),
        Case(
            "[capture]\nrelease_when_idle = \"yes\"",
            "f, line 2: capture.release_when_idle is \"yes\", but must be true or false."),
        Case("[capture]\ndevice = \"\"", "f, line 2: capture.device is \"\", but must be a text of 1 to 255 bytes."),
        Case(
            "[capture]\ndevice = \"a\\nb\"",
            "f, line 2: capture.device is \"a\\nb\", but must be a text of 1 to 255 bytes."),
        Case(
            "[output]\nformat = \"XML\"",
            "f, line 2: output.format is \"XML\", but must be \"auto\", \"text\", \"json\", \"digits\" or \"none\"."),
        Case(
            "[recognition]\nmodel = \"digits.safetensors\"",
            "f, line 2: recognition.model is \"digits.safetensors\", but "
                + "must be \"auto\" or an absolute path of at most 4095 bytes."),
        Case(
            "[recognition]\naccept_posterior = 85",
            "f, line 2: recognition.accept_posterior is 85, but must be a number from 0 to 1 or \"auto\"."),
        Case(
            "[server]\nsocket = \"digitd.sock\"",
            "f, line 2: server.socket is \"digitd.sock\", but "
                + "must be \"auto\", \"\" or an absolute path of at most 107 bytes."),
        Case(
            "[server]\nmode = 660",
            "f, line 2: server.mode is 660, but "
                + "must be file permissions in octal from \"0600\" to \"0777\" with 6 or 7 for the owner."),
        Case(
            "[log]\nlevel = \"\"\"\ninfo\"\"\"\n"),
        Case(
            "[log]\nlevel = \"\"\"info\n\"\"\"",
            "f, line 2: log.level is \"\"\"info..., but must be \(levels)."),
        Case("[log.log_digits]\nx = 1", "f, line 1: log.log_digits is a table, but must be true or false."),
        Case("\n[log]\nlog_digits.x = 1", "f, line 3: log.log_digits is a table, but must be true or false."),
        Case("log = 3", "f, line 1: log is 3, but must be a table: write [log] above its options."),
    ]

    static let orders = [
        Case(
            "[segmenter]\nleave_db = 9",
            "f, line 2: segmenter.leave_db is 9, but must be below segmenter.enter_db, which is 9 by default."),
        Case(
            "[segmenter]\nenter_db = 5",
            "f, line 2: segmenter.enter_db is 5, but must be above segmenter.leave_db, which is 6 by default."),
        Case(
            "[segmenter]\nenter_db = 5\n\nleave_db = 5.5",
            "f, line 4: segmenter.leave_db is 5.5, but must be below segmenter.enter_db, which is 5."),
        Case(
            "[segmenter]\nlength_max_ms = 500\nlength_min_ms = 510",
            "f, line 3: segmenter.length_min_ms is 510, but "
                + "must not be above segmenter.length_max_ms, which is 500."),
        Case(
            "[segmenter]\nhangover_ms = 60",
            "f, line 2: segmenter.hangover_ms is 60, but must be above segmenter.pause_ms, which is 60 by default."),
        Case(
            "[recognition]\naccept_posterior = 0.9\nearly_posterior = 0.8",
            "f, line 2: recognition.accept_posterior is 0.9, but "
                + "must not be above recognition.early_posterior, which is 0.8."),
        Case("[recognition]\naccept_posterior = 0.9\nearly_posterior = 0.9"),
        Case("[recognition]\nearly_posterior = 0.1"),
        Case("[segmenter]\nlength_max_ms = 500\nlength_min_ms = 500"),
        // What is wrong alone is not compared.
        Case(
            "[segmenter]\nenter_db = 0\nleave_db = 6",
            "f, line 2: segmenter.enter_db is 0, but must be a number of dB from 1 to 40."),
    ]

    static let names = [
        Case("[segmenter]\nenterdb = 9", "f, line 2: segmenter.enterdb is unknown; did you mean enter_db."),
        Case("[segmentr]\nenter_db = 9", "f, line 1: the table [segmentr] is unknown; did you mean [segmenter]."),
        Case("[segmenter]\nlevel = 9", "f, line 2: segmenter.level is unknown; level belongs below [log]."),
        Case("enter_db = 9", "f, line 1: enter_db stands outside of a table; it belongs below [segmenter]."),
        Case("devcie = 9", "f, line 1: devcie is unknown; did you mean device below [capture]."),
        Case("[log]\nfile = 9", "f, line 2: log.file is unknown; the options of [log] are level, log_digits."),
        Case(
            "[network]",
            "f, line 1: [network] is unknown; the tables "
                + "are [capture], [recognition], [segmenter], [server], [output], [log]."),
        Case(
            "x = 1",
            "f, line 1: x is unknown; the tables "
                + "are [capture], [recognition], [segmenter], [server], [output], [log]."),
        Case(
            "[log]\n\"\\u001B[2J\" = 1",
            "f, line 2: log.\"\\u001b[2J\" is unknown; the options of [log] are level, log_digits."),
        Case("[log]\n\"\" = 1", "f, line 2: log.\"\" is unknown; the options of [log] are level, log_digits."),
    ]

    @Test(arguments: values + orders + names)
    func isNamed(_ wrong: Case) {
        #expect(problems(wrong.text) == wrong.sentences)
    }

    @Test func allAreFoundInTheOrderOfTheirLines() {
        let text = """
            [server]
            mode = 660
            [segmenter]
            pause_ms = 5
            leave_db = 20
            [servr]
            [log]
            levle = "info"
            log_digits = 1
            """
        #expect(
            problems(text).map { $0.prefix(while: { $0 != ":" }) } == [
                "f, line 2", "f, line 4", "f, line 5", "f, line 6", "f, line 8", "f, line 9",
            ])
        let error = #expect(throws: ConfigurationError.self) { try read(text) }
        #expect(
            error?.description
                == "f, line 2: server.mode is 660, but must be file permissions in octal from \"0600\" to "
                + "\"0777\" with 6 or 7 for the owner (the first of 6 problems; digitd config check lists them).")
        guard case .invalid(let problems) = error else { return }
        #expect(
            problems.map(\.key) == [
                "server.mode", "segmenter.pause_ms", "segmenter.leave_db", "servr", "log.levle", "log.log_digits",
            ])
    }

    @Test(arguments: [
        "0600", "/", "/run/", "run/x", "~/x", "/" + String(repeating: "x", count: 107), #"/a\u0001b"#,
        #"/\u007F"#, " /x", "AUTO",
    ])
    func pathOfSocketIsRefused(path: String) {
        #expect(problems("[server]\nsocket = \"\(path)\"").count == 1)
    }

    @Test(arguments: ["/x", "/" + String(repeating: "x", count: 106), "/run/é.sock", "/a b", "/\u{301}", "/a\\\\b"])
    func pathOfSocketIsTaken(path: String) {
        #expect(problems("[server]\nsocket = \"\(path)\"") == [])
    }

    @Test(arguments: [
        "\"0577\"", "\"1777\"", "\"0888\"", "\"77\"", "\"00660\"", "\"rw-rw----\"", "0o1660", "0x1B0", "432", "-1",
        "0o440",
        "\"\"", "\"+660\"",
    ])
    func modeIsRefused(mode: String) {
        #expect(problems("[server]\nmode = \(mode)").count == 1)
    }
}
