import DigitEvents
import Foundation
import Testing

@Suite struct ListenDaemonTests {
    @Test func subscriberGetsWhatIsPrinted() async throws {
        let listener = try RunningListener(["--format", "json"])
        listener.process.arguments! += ["--socket", listener.socket]
        try listener.start()
        let client = DigitClient(path: listener.socket, reconnects: false)
        #expect(listener.wait { listener.isListening })
        var got: [DigitEvent] = []
        for try await event in client.events {
            got.append(event)
            // Spoken to only once it is known that somebody listens.
            if case .device = event { try listener.speak() }
            if case .digit(let digit) = event {
                if digit.seq < 3 { try listener.speak() } else { try listener.hangUp() }
            }
        }
        #expect(listener.end() == 0)
        let printed = try listener.output.split(separator: "\n").map { try DigitEvent(jsonLine: String($0)) }
        #expect(got == printed)
        #expect(got.count == 6)
        #expect(got.last == .bye(.init(reason: "end_of_input")))
        #expect(!FileManager.default.fileExists(atPath: listener.socket))
    }

    @Test func sigtermGivesByeAndTakesTheSocketAway() async throws {
        let listener = try RunningListener(["--format", "digits"])
        listener.process.arguments! += ["--socket", listener.socket]
        try listener.start()
        #expect(listener.wait { listener.isListening })
        var last: DigitEvent?
        for try await event in DigitClient(path: listener.socket, reconnects: false).events {
            last = event
            if case .device = event { listener.signal(SIGTERM) }
        }
        #expect(last == .bye(.init(reason: "shutdown")))
        #expect(listener.end() == 0)
        #expect(!FileManager.default.fileExists(atPath: listener.socket))
    }

    @Test func hangUpSignalReadsTheConfigurationAgain() throws {
        let listener = try RunningListener(["--format", "json"])
        let file = listener.scratch.write("digitd.toml", Array("[recognition]\naccept_posterior = 0.5\n".utf8))
        listener.process.arguments! += ["--config", file]
        try listener.start()
        try listener.speak()
        #expect(listener.wait { count("\"DIGIT\"", in: listener.output) == 1 })

        // The test network is 0.94 sure of everything.
        _ = listener.scratch.write("digitd.toml", Array("[recognition]\naccept_posterior = 0.99\n".utf8))
        listener.signal(SIGHUP)
        #expect(listener.wait { listener.errors.contains("in force") || listener.errors.contains("accept_posterior") })
        try listener.speak()
        #expect(listener.wait { count("\"REJECTED\"", in: listener.output) == 1 }, "\(listener.errors)")

        // A mistake changes nothing, and is told.
        _ = listener.scratch.write("digitd.toml", Array("[recognition]\naccept_posterior = 7\n".utf8))
        listener.signal(SIGHUP)
        #expect(listener.wait { listener.errors.contains("line 2") }, "\(listener.errors)")
        try listener.speak()
        #expect(listener.wait { count("\"REJECTED\"", in: listener.output) == 2 })
        try listener.hangUp()
        #expect(listener.end() == 0)
    }

    @Test func commandLineGoesBeforeTheFile() throws {
        let listener = try RunningListener(["--format", "digits"])
        let file = listener.scratch.write(
            "digitd.toml", Array("[output]\nformat = \"json\"\n[server]\nsocket = \"/nowhere/d.sock\"\n".utf8))
        listener.process.arguments! += ["--config", file, "--socket", listener.socket]
        try listener.start()
        try listener.speak()
        try listener.hangUp()
        #expect(listener.end() == 0)
        #expect(listener.output == "7\n")
    }

    @Test func serviceManagerHearsOfEachState() throws {
        let listener = try RunningListener(["--format", "json"])
        let path = listener.scratch.path + "/notify"
        let descriptor = try datagramSocket(path)
        defer { close(descriptor) }
        listener.process.environment?["NOTIFY_SOCKET"] = path
        listener.process.arguments! += ["--socket", listener.socket]
        try listener.start()
        #expect(try receive(descriptor).contains("READY=1"))
        #expect(FileManager.default.fileExists(atPath: listener.socket))
        #expect(try receive(descriptor).contains("STATUS=Listening"))
        listener.signal(SIGTERM)
        #expect(try receive(descriptor).contains("STOPPING=1"))
        #expect(listener.end() == 0)
    }

    @Test func watchdogIsFed() throws {
        let listener = try RunningListener(["--format", "json"])
        let path = listener.scratch.path + "/notify"
        let descriptor = try datagramSocket(path)
        defer { close(descriptor) }
        listener.process.environment?["NOTIFY_SOCKET"] = path
        listener.process.environment?["WATCHDOG_USEC"] = "300000"
        listener.process.arguments! += ["--socket", listener.socket]
        try listener.start()
        var meals = 0
        while meals < 3 { if try receive(descriptor).contains("WATCHDOG=1") { meals += 1 } }
        listener.signal(SIGTERM)
        #expect(listener.end() == 0)
    }

    @Test func socketOfTheServiceManagerIsUsedAndLeft() async throws {
        let scratch = ScratchDirectory()
        let path = scratch.path + "/activated.sock"
        let descriptor = try unixSocket(SOCK_STREAM, path)
        defer { close(descriptor) }
        #expect(Glibc.listen(descriptor, 8) == 0)
        let process = try spawn(
            // The shell's process number is the program's.
            "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\"",
            ["listen", "--model", ConstantNetwork.path, "--input", packageFile("Demo/digits.flac"), "--realtime"],
            descriptor: descriptor)
        var classes: [String] = []
        for try await event in DigitClient(path: path, reconnects: false).events {
            classes.append(event.className)
            if case .device = event { kill(process, SIGTERM) }
        }
        #expect(classes.prefix(2) == ["VERSION", "DEVICE"])
        #expect(classes.last == "BYE")
        var status: CInt = 0
        waitpid(process, &status, 0)
        #expect(status == 0)
        #expect(FileManager.default.fileExists(atPath: path))
    }

    @Test func socketThatIsNotAskedForIsRefused() throws {
        let scratch = ScratchDirectory()
        let path = scratch.path + "/activated.sock"
        let descriptor = try unixSocket(SOCK_STREAM, path)
        defer { close(descriptor) }
        #expect(Glibc.listen(descriptor, 8) == 0)
        let process = try spawn(
            "export LISTEN_PID=$$ LISTEN_FDS=1; exec \"$@\" 2>\"\(scratch.path)/err\"",
            [
                "listen", "--model", ConstantNetwork.path, "--input", packageFile("Demo/digits.flac"), "--socket",
                "/nowhere/d.sock",
            ],
            descriptor: descriptor)
        var status: CInt = 0
        waitpid(process, &status, 0)
        #expect(status >> 8 == 78)
        let sentence = try String(contentsOfFile: scratch.path + "/err", encoding: .utf8)
        #expect(sentence.contains(path) && sentence.contains("\"auto\""), "\(sentence)")
    }

    @Test func journalHasNoDigitsFromTheMomentThatItMayNot() throws {
        let listener = try RunningListener(["--format", "digits"])
        let file = listener.scratch.write("digitd.toml", Array("[log]\nlog_digits = true\n".utf8))
        listener.process.arguments! += ["--config", file]
        var status = stat()
        try #require(stat(listener.scratch.path + "/out", &status) == 0)
        listener.process.environment?["JOURNAL_STREAM"] = "\(status.st_dev):\(status.st_ino)"
        try listener.start()
        try listener.speak()
        #expect(listener.wait { listener.output == "7\n" })
        _ = listener.scratch.write("digitd.toml", Array("[log]\nlog_digits = false\n".utf8))
        listener.signal(SIGHUP)
        #expect(listener.wait { listener.errors.contains("log_digits") })
        try listener.speak()
        try listener.hangUp()
        #expect(listener.end() == 0)
        #expect(listener.output == "7\n")
    }

    @Test func digitsAreLoggedOnlyWhereAskedFor() throws {
        for (text, expected) in [("", 0), ("[log]\nlog_digits = true\n", 1)] {
            let listener = try RunningListener(["--format", "json"])
            let file = listener.scratch.write("digitd.toml", Array(text.utf8))
            listener.process.arguments! += ["--config", file]
            try listener.start()
            try listener.speak()
            try listener.hangUp()
            #expect(listener.end() == 0)
            #expect(count("digit 7", in: listener.errors) == expected)
        }
    }

    @Test(arguments: [
        ("--config", "/nowhere/digitd.toml", Int32(66)), ("--socket", "/nowhere/d.sock", 1), ("--socket", "", 64),
    ])
    func whatCannotBeIsSaidInOneSentence(_ option: String, _ value: String, _ status: Int32) throws {
        let result = try Command.run(
            ["listen", "--model", ConstantNetwork.path, "--input", packageFile("Demo/digits.flac"), option, value])
        #expect(result.status == status)
        if status != 64 { #expect(result.errorLines.count == 1, "\(result.testDescription)") }
        #expect(result.output == "")
    }

    @Test func badConfigurationIs78() throws {
        let scratch = ScratchDirectory()
        let file = scratch.write("digitd.toml", Array("[server]\nclient_max = 3\n".utf8))
        let result = try Command.run(["listen", "--config", file, "--input", packageFile("Demo/digits.flac")])
        #expect(result.status == 78)
        #expect(result.errors.contains("line 2"))
        #expect(result.errors.contains("client_max"))
    }
}

/// Runs the program behind a shell's words, with a descriptor as its number 3 and nothing else open.
private func spawn(_ words: String, _ arguments: [String], descriptor: CInt) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, descriptor, 3)
    let texts = ["/bin/bash", "-c", words, "bash", Command.executable] + arguments
    var pointers: [UnsafeMutablePointer<CChar>?] = texts.map { strdup($0) } + [nil]
    defer { for pointer in pointers { free(pointer) } }
    var process = pid_t()
    let result = posix_spawn(&process, "/bin/bash", &actions, nil, &pointers, environ)
    try #require(result == 0)
    return process
}

// MARK: - Sockets

private func unixSocket(_ type: __socket_type, _ path: String) throws -> CInt {
    let descriptor = Glibc.socket(AF_UNIX, CInt(type.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    try withUnsafeMutableBytes(of: &address.sun_path) { bytes in
        try #require(path.utf8.count < bytes.count)
        bytes.copyBytes(from: path.utf8)
    }
    let result = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
    }
    try #require(result == 0)
    return descriptor
}

private func datagramSocket(_ path: String) throws -> CInt {
    let descriptor = try unixSocket(SOCK_DGRAM, path)
    // A test that gets nothing ends.
    var limit = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    return descriptor
}

private func receive(_ descriptor: CInt) throws -> String {
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &bytes, bytes.count, 0)
    try #require(count > 0)
    return String(decoding: bytes[..<count], as: UTF8.self)
}
