import DigitEvents
import FakeDaemon
import Foundation
import Testing

/// Readers of standard output that do not read, and those that leave.
@Suite struct ReaderTests {
    @Test func outputThatNobodyDrainsHoldsNoClientBack_andAllOfItComesLater() async throws {
        let listener = try RunningListener(["--format", "json"])
        let output = Pipe()
        // F_SETPIPE_SZ, to a page: room for fewer than twenty events.
        #expect(fcntl(output.fileHandleForWriting.fileDescriptor, 1031, 4096) == 4096)
        listener.process.standardOutput = output
        listener.process.arguments! += ["--socket", listener.socket]
        try listener.start()
        #expect(listener.wait { listener.isListening })
        let words = 60
        var got: [DigitEvent] = []
        for try await event in DigitClient(path: listener.socket, reconnects: false).events {
            got.append(event)
            if case .device = event { for _ in 0..<words { try listener.speak() } }
            if case .digit(let digit) = event, digit.seq == words { listener.signal(SIGTERM) }
        }
        #expect(got.last == .bye(.init(reason: "shutdown")))
        #expect(got.count(where: { if case .digit = $0 { true } else { false } }) == words)
        #expect(listener.end() == 0)
        try? output.fileHandleForWriting.close()
        let printed = try #require(try output.fileHandleForReading.readToEnd())
        let lines = String(decoding: printed, as: UTF8.self).split(separator: "\n")
        // What the pipe held: the beginning, in order.
        #expect(lines.count > 2)
        #expect(try lines.dropLast().map { try DigitEvent(jsonLine: String($0)) } == Array(got.prefix(lines.count - 1)))
    }

    @Test(arguments: [[String](), ["--socket"]]) func listenEndsWhenItsReaderLeaves(socket: [String]) throws {
        let input = Pipe()
        let command = try RunningCommand(
            ["listen", "--model", ConstantNetwork.path, "--input", "-", "--rate", "8000", "--format", "json"],
            script: #""$0" "$@" | head -n 1; exit "${PIPESTATUS[0]}""#)
        command.process.standardInput = input
        // Beside a socket it goes on: its clients are there still.
        if !socket.isEmpty { command.process.arguments! += ["--socket", command.scratch.path + "/d.sock"] }
        try command.start()
        #expect(command.wait { command.output.hasSuffix("\n") })
        if socket.isEmpty {
            #expect(command.wait { !command.process.isRunning })
        } else {
            usleep(500_000)
            #expect(command.process.isRunning)
            try input.fileHandleForWriting.write(contentsOf: Data(noise(samples: 4000, amplitude: 3)))
            try input.fileHandleForWriting.close()
        }
        #expect(command.end() == 0)
        #expect(command.errors == "")
    }

    @Test func subscribeEndsWhenItsReaderLeaves() throws {
        let daemon = try FakeDaemon()
        let command = try RunningCommand(
            ["subscribe", "--socket", daemon.path, "--format", "json"],
            script: #""$0" "$@" | head -n 1; exit "${PIPESTATUS[0]}""#)
        try command.start()
        let connection = try daemon.accept(sending: #"{"class":"VERSION","release":"0.1.0","protocol":1}"#)
        // Nothing more is sent.
        #expect(command.wait { !command.process.isRunning })
        #expect(command.end() == 0)
        #expect(command.errors == "")
        connection.close()
    }

    /// A library that moves `environ` away from the arguments, in a place without /proc.
    private static let hiding = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <errno.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        extern char **environ;
        __attribute__((constructor)) static void move(void) {
            int count = 0;
            while (environ[count]) count++;
            char **copy = calloc(count + 1, sizeof *copy);
            for (int i = 0; i < count; i++) copy[i] = strdup(environ[i]);
            environ = copy;
        }
        FILE *fopen(const char *path, const char *mode) {
            if (!strncmp(path, "/proc/", 6)) { errno = ENOENT; return 0; }
            return ((FILE *(*)(const char *, const char *))dlsym(RTLD_NEXT, "fopen"))(path, mode);
        }
        """

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/gcc"), "needs gcc"))
    func argumentsAreNotLost() throws {
        let scratch = ScratchDirectory()
        let source = scratch.write("hide.c", Array(Self.hiding.utf8))
        let built = try Command.shell(#"gcc -shared -fPIC -o "$1/hide.so" "$2" -ldl"#, [scratch.path, source])
        try #require(built.status == 0, "\(built.errors)")
        let result = try Command.run(["--version"], environment: ["LD_PRELOAD": scratch.path + "/hide.so"])
        #expect(result.status == 0, "\(result.testDescription)")
        #expect(result.output == "0.1.0\n")
    }
}
