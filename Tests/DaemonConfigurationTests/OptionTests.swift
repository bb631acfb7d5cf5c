import DaemonConfiguration
import SpeechSegmenter
import Testing

/// What each option takes, and what it becomes.
@Suite struct OptionTests {
    @Test func everyOptionIsRead() throws {
        let configuration = try read(
            """
            [capture]
            device = "plughw:CARD=Mic,DEV=0"
            channel = 3
            release_when_idle = true
            release_after_s = 2.5
            [recognition]
            model = "/srv/digits.safetensors"
            precision = "f32"
            accept_posterior = 0.8
            early_posterior = 1
            oh = false
            alternatives = 9
            runs = false
            wary = false
            [segmenter]
            enter_db = 12.5
            leave_db = 9.3
            peak_range_db = 40
            floor_min_db = -80
            onset_ms = 60
            pre_roll_ms = 0
            post_roll_ms = 250
            pause_ms = 100
            pause_repeat_ms = 10
            hangover_ms = 300
            length_min_ms = 100
            length_max_ms = 2_500
            run_length_max_ms = 5000
            tail_gap_ms = 250
            tail_length_max_ms = 300
            tail_near_ms = 150
            tail_loud_db = 0
            tail_loud_ms = 70
            [server]
            socket = "/run/digitd/digitd.sock"
            mode = "0666"
            group = "audio"
            clients_max = 1024
            clients_per_user = 9
            queue_events = 16
            stall_s = 60
            [output]
            format = "none"
            [log]
            level = "debug"
            log_digits = true
            """)
        var expected = Configuration()
        expected.capture.device = "plughw:CARD=Mic,DEV=0"
        expected.capture.channel = 3
        expected.capture.releaseWhenIdle = true
        expected.capture.releaseAfter = 2.5
        expected.recognition.model = "/srv/digits.safetensors"
        expected.recognition.precision = .f32
        expected.recognition.acceptPosterior = 0.8
        expected.recognition.earlyPosterior = 1
        expected.recognition.oh = false
        expected.recognition.alternatives = 9
        expected.recognition.runs = false
        expected.recognition.wary = false
        expected.segmenter.enterDecibels = 12.5
        expected.segmenter.leaveDecibels = 9.3
        expected.segmenter.peakRangeDecibels = 40
        expected.segmenter.floorMinimum = -80
        expected.segmenter.onsetFrames = 6
        expected.segmenter.preRollFrames = 0
        expected.segmenter.postRollFrames = 25
        expected.segmenter.pauseFrames = 10
        expected.segmenter.pauseRepeatFrames = 1
        expected.segmenter.hangoverFrames = 30
        expected.segmenter.lengthMinimum = 10
        expected.segmenter.lengthMaximum = 250
        expected.segmenter.runLengthMaximum = 500
        expected.segmenter.tailGapFrames = 25
        expected.segmenter.tailLengthMaximum = 30
        expected.segmenter.tailNearFrames = 15
        expected.segmenter.tailLoudDecibels = 0
        expected.segmenter.tailLoudFrames = 7
        expected.server.socket = .path("/run/digitd/digitd.sock")
        expected.server.mode = 0o666
        expected.server.group = "audio"
        expected.server.clientsMax = 1024
        expected.server.clientsPerUser = 9
        expected.server.queueEvents = 16
        expected.server.stallSeconds = 60
        expected.output.format = .none
        expected.log.level = .debug
        expected.log.digits = true
        #expect(configuration == expected)
        #expect(try read(configuration.text) == expected, "what is shown can be read again")
        // So no option was forgotten here.
        let (live, needRestart) = configuration.changes(to: Configuration())
        #expect(live.count + needRestart.count == ConfigurationOption.all.count)
        #expect(
            needRestart == [
                "capture.device", "capture.channel", "recognition.model", "recognition.precision", "server.socket",
                "server.mode",
                "server.group",
                "output.format",
            ])
    }

    @Test func nothingGivesTheDefaults() throws {
        for text in ["", "\n", "# nothing", "[server]", "server = {}\n", "\u{FEFF}[server]\n", "[server]\r\n\r\n"] {
            #expect(try read(text) == Configuration(), "\(text.debugDescription)")
        }
        #expect(Configuration().changes(to: Configuration()) == ([], []))
        #expect(try read(Configuration().text) == Configuration())
    }

    @Test func wordsForNothing() throws {
        let configuration = try read(
            """
            [recognition]
            model = "auto"
            accept_posterior = "auto"
            early_posterior = "auto"
            [server]
            socket = ""
            group = ""
            """)
        var expected = Configuration()
        expected.server.socket = .none
        #expect(configuration == expected)
        #expect(try read("[server]\nsocket = \"auto\"").server.socket == .auto)
    }

    @Test func anyFormOfTOMLIsTheSame() throws {
        var expected = Configuration()
        expected.segmenter.enterDecibels = 12
        expected.server.clientsMax = 7
        for text in [
            "[segmenter]\nenter_db = 12.0\n[server]\nclients_max = 7",
            "segmenter.enter_db = 12\nserver.clients_max = 0x7",
            "segmenter = { enter_db = +12 }\nserver = { clients_max = 0b111 }",
            "[ 'segmenter' ]\r\n\"enter_db\" = 1.2e1 # twelve\r\n[\"s\\u0065rver\"]\r\n'clients_max'=0o7\r\n",
            "\u{FEFF}  segmenter . enter_db=12\n\tserver.\"clients_max\"\t=\t7\t# seven",
        ] {
            #expect(try read(text) == expected, "\(text)")
        }
        #expect(
            try read("[capture]\ndevice = '''\nhw:\u{e9}'''").capture.device == "hw:\u{e9}",
            "the first line end is dropped")
    }

    @Test(arguments: [
        ("\"0600\"", 0o600), ("\"660\"", 0o660), ("\"0777\"", 0o777), ("0o640", 0o640), ("0o666", 0o666),
    ])
    func modeIsOctal(text: String, mode: UInt16) throws {
        #expect(try read("[server]\nmode = \(text)").server.mode == mode)
    }

    /// Every limit of a range is allowed, and what lies beyond is not.
    @Test(arguments: ConfigurationOption.all)
    func rangesIncludeTheirLimits(option: ConfigurationOption) {
        func isAllowed(_ value: String) -> Bool {
            // Relations between options are not what is looked at here.
            !problems("[\(option.table)]\n\(option.name) = \(value)").contains {
                $0.hasSuffix("but must be \(option.kind.allowed).")
            }
        }
        switch option.kind {
        case .integer(let range, _):
            #expect(isAllowed("\(range.lowerBound)") && isAllowed("\(range.upperBound)"))
            #expect(!isAllowed("\(range.lowerBound - 1)") && !isAllowed("\(range.upperBound + 1)"))
            #expect(!isAllowed("\(range.lowerBound).0"))
        case .milliseconds(let range):
            #expect(isAllowed("\(range.lowerBound)") && isAllowed("\(range.upperBound)"))
            #expect(!isAllowed("\(range.lowerBound - 10)") && !isAllowed("\(range.upperBound + 10)"))
            #expect(!isAllowed("\(range.lowerBound + 5)") && !isAllowed("\(range.upperBound).0"))
        case .number(let range, _):
            #expect(isAllowed("\(range.lowerBound)") && isAllowed("\(range.upperBound)"))
            #expect(!isAllowed("\(range.lowerBound.nextDown)") && !isAllowed("\(range.upperBound.nextUp)"))
            #expect(!isAllowed("nan") && !isAllowed("-nan") && !isAllowed("inf") && !isAllowed("-inf"))
        case .probabilityOrAuto:
            #expect(isAllowed("0") && isAllowed("1.0") && isAllowed("\"auto\"") && isAllowed("-0.0"))
            #expect(!isAllowed("-0.1") && !isAllowed("1.0000001") && !isAllowed("nan") && !isAllowed("\"\""))
        case .integerOr(let range, let word):
            #expect(isAllowed("\(range.lowerBound)") && isAllowed("\(range.upperBound)") && isAllowed("\"\(word)\""))
            #expect(!isAllowed("\(range.lowerBound - 1)") && !isAllowed("\(range.upperBound + 1)"))
            #expect(!isAllowed("\"\"") && !isAllowed("1.5"))
        case .flag, .words, .text, .path, .mode: break
        }
    }
}

/// Which options a running daemon takes.
@Suite struct ChangeTests {
    @Test func changesAreSortedByWhatTheyNeed() throws {
        let old = try read("[segmenter]\nenter_db = 12\n[capture]\ndevice = \"hw:0\"")
        let new = try read("[capture]\ndevice = \"hw:1\"\nrelease_when_idle = true\n[log]\nlevel = \"info\"")
        let changes = old.changes(to: new)
        #expect(changes.live == ["capture.release_when_idle", "segmenter.enter_db", "log.level"])
        #expect(changes.needRestart == ["capture.device"])
        #expect(new.changes(to: new) == ([], []))
    }

    @Test func runningDaemonTakesWhatIsLive_andNothingElse() throws {
        var configuration = try read("[capture]\ndevice = \"hw:0\"\n[server]\nclients_max = 3")
        let new = try read(
            "[capture]\ndevice = \"hw:1\"\nrelease_after_s = 7\n[segmenter]\nenter_db = 9.3\n[recognition]\naccept_posterior = 0.5"
        )
        let needRestart = configuration.changes(to: new).needRestart
        configuration.takeLive(from: new)
        #expect(configuration.changes(to: new) == ([], needRestart))
        #expect(configuration.capture.device == "hw:0")
        #expect(configuration.segmenter == new.segmenter)
        #expect(configuration.recognition.acceptPosterior == 0.5)
        // And back again.
        configuration.takeLive(from: Configuration())
        #expect(configuration.changes(to: Configuration()).live == [])
        #expect(configuration.recognition.acceptPosterior == nil)
    }
}
