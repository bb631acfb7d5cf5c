import Foundation
import Glibc
import Synchronization
import Testing

/// A terminal that a test plays: the program runs in a session of its own with it as controlling terminal, as in a window.
final class PseudoTerminal {
    private let master: CInt
    /// Kept open, so that the terminal is there after the program's end.
    private let slave: CInt
    private let slavePath: String
    private var process: pid_t = 0
    private var status: CInt?
    private(set) var received: [UInt8] = []

    /// TIOCSPTLCK and TIOCGPTN.
    private static let (setLock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))

    init(columns: Int = 80, rows: Int = 24) throws {
        // As posix_openpt(3), unlockpt(3) and ptsname(3), which the C library declares for GNU programs only. All is closed
        // on exec: a copy of the master in another test's program would keep the window open.
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var isLocked: CInt = 0
        var number: CInt = -1
        let result = ioctl(master, Self.setLock, &isLocked) | ioctl(master, Self.getNumber, &number)
        try #require(result == 0)
        slavePath = "/dev/pts/\(number)"
        slave = open(slavePath, O_RDWR | O_NOCTTY | O_CLOEXEC)
        try #require(slave >= 0)
        _ = fcntl(master, F_SETFL, O_NONBLOCK)
        resize(columns: columns, rows: rows)
    }

    deinit {
        if process > 0, status == nil {
            Glibc.kill(process, SIGKILL)
            waitpid(process, nil, 0)
        }
        if !isHungUp { close(master) }
        close(slave)
    }

    private var isHungUp = false

    /// Starts a program on the terminal.
    func run(_ program: String, _ arguments: [String], environment: [String: String] = [:]) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // The first terminal that the leader of a session opens becomes its controlling terminal.
        posix_spawn_file_actions_addopen(&actions, 0, slavePath, O_RDWR, 0)
        posix_spawn_file_actions_adddup2(&actions, 0, 1)
        posix_spawn_file_actions_adddup2(&actions, 0, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The tests' threads may hold signals back, and the test program may ignore some.
        var none = sigset_t()
        var all = sigset_t()
        sigemptyset(&none)
        sigfillset(&all)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &all)
        // POSIX_SPAWN_SETSID, which the C library declares for GNU programs only.
        posix_spawnattr_setflags(
            &attributes, Int16(0x80 | Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF)))
        var variables = ProcessInfo.processInfo.environment
        variables.merge(["TERM": "xterm-256color", "LC_ALL": "C.UTF-8"]) { _, new in new }
        variables["NO_COLOR"] = nil
        variables.merge(environment) { _, new in new }
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0)=\($1)") } + [nil]
        defer { for string in argv + envp { free(string) } }
        let code = posix_spawn(&process, program, &actions, &attributes, &argv, &envp)
        try #require(code == 0 && process > 0)
    }

    /// What the terminal is set to: the program must leave it so.
    var attributes: [UInt32] {
        var value = termios()
        tcgetattr(slave, &value)
        let characters = withUnsafeBytes(of: value.c_cc) { $0.map { UInt32($0) } }
        return [value.c_iflag, value.c_oflag, value.c_cflag, value.c_lflag] + characters
    }

    /// Types.
    func type(_ text: String) {
        var text = text
        text.withUTF8 { _ = write(master, $0.baseAddress, $0.count) }
    }

    func resize(columns: Int, rows: Int) {
        var size = winsize(ws_row: UInt16(rows), ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
        _ = ioctl(master, UInt(TIOCSWINSZ), &size)
    }

    func kill(_ number: CInt) {
        // 0 would be the tests themselves.
        if process > 0 { Glibc.kill(process, number) }
    }

    /// Closes the window.
    func hangUp() {
        isHungUp = true
        close(master)
    }

    /// Everything that was shown so far, with its escape sequences.
    var shown: String {
        var chunk = [UInt8](repeating: 0, count: 65536)
        while !isHungUp {
            let count = read(master, &chunk, chunk.count)
            guard count > 0 else { break }
            received += chunk[..<count]
        }
        return String(decoding: received, as: UTF8.self)
    }

    func wait(for text: String, sourceLocation: SourceLocation = #_sourceLocation) {
        waitUntil("\(text.debugDescription) is shown", sourceLocation: sourceLocation) { shown.contains(text) }
    }

    /// Forgets what was shown so far.
    func forget() {
        _ = shown
        received = []
    }

    /// Waits for the end; an exit code, or a signal's number with its sign turned.
    func wait(reading: Bool = true, sourceLocation: SourceLocation = #_sourceLocation) -> CInt {
        waitUntil("the program ends", sourceLocation: sourceLocation) {
            // A terminal that nobody reads from holds its writers up.
            if reading { _ = shown }
            var value: CInt = 0
            if status == nil, waitpid(process, &value, WNOHANG) == process {
                status = value & 0x7F == 0 ? (value >> 8) & 0xFF : -(value & 0x7F)
            }
            return status != nil
        }
        return status ?? -1000
    }
}
