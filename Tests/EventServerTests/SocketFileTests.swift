import DigitEvents
import EventServer
import Foundation
import Glibc
import Logging
import Synchronization
import Testing

/// Where the server listens, and what it leaves behind.
@Suite struct SocketFileTests {
    private func server(_ address: EventServer.Address) throws(EventServerError) -> EventServer {
        try EventServer(address: address, release: "1", logger: LogRecorder().logger) {
            DigitEvent.Status(release: "1", model: "test", checksum: "00")
        }
    }

    private func server(
        at path: String, mode: UInt16 = 0o600, group: String? = nil
    ) throws(EventServerError) -> EventServer {
        try server(.path(path, mode: mode, group: group))
    }

    private func status(_ path: String) -> stat? {
        var status = stat()
        return lstat(path, &status) == 0 ? status : nil
    }

    /// A socket of `type` bound to the path; listening if asked.
    private func bind(_ path: String, type: __socket_type = SOCK_STREAM, listens: Bool = false) throws -> CInt {
        let descriptor = socket(AF_UNIX, Int32(type.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafeBytes(of: address) {
            Glibc.bind(descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress!, socklen_t($0.count))
        }
        try #require(result == 0 && (!listens || listen(descriptor, 16) == 0))
        return descriptor
    }

    @Test(arguments: [0o600, 0o660, 0o666] as [UInt16])
    func fileHasItsModeWhateverTheUmask(mode: UInt16) throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let server = try server(at: path, mode: mode, group: String(getegid()))
        let file = try #require(status(path))
        #expect(file.st_mode & 0o7777 == mode_t(mode) && file.st_mode & S_IFMT == S_IFSOCK)
        #expect(file.st_gid == getegid())
        server.close(reason: "x", grace: .zero)
        #expect(folder.contents == [])
    }

    @Test func groupMayBeGivenByName() throws {
        let folder = try TemporaryFolder()
        let name = try #require(getgrgid(getegid()).map { String(cString: $0.pointee.gr_name) })
        let server = try server(at: folder.path("s"), group: name)
        #expect(status(folder.path("s"))?.st_gid == getegid())
        server.close(reason: "x", grace: .zero)
        #expect(throws: EventServerError.groupUnknown("no such group")) {
            try self.server(at: folder.path("s"), group: "no such group")
        }
        #expect(folder.contents == [])
    }

    @Test func deadSocketIsReplaced() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        Glibc.close(try bind(path))
        let server = try server(at: path)
        server.startAccepting()
        #expect(try TestClient(path).event() == .version(.init(release: "1")))
        server.close(reason: "x", grace: .zero)
    }

    @Test func liveSocketIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let first = try server(at: path)
        let inode = status(path)?.st_ino
        // Whether it accepts already or not.
        #expect(throws: EventServerError.alreadyRunning(path: path)) { try self.server(at: path) }
        first.startAccepting()
        #expect(throws: EventServerError.alreadyRunning(path: path)) { try self.server(at: path) }
        #expect(status(path)?.st_ino == inode)
        #expect(try TestClient(path).event() == .version(.init(release: "1")))
        first.close(reason: "x", grace: .zero)
        let second = try server(at: path)
        second.close(reason: "x", grace: .zero)
    }

    @Test func socketWithAFullQueueIsLive() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let other = try bind(path)
        defer { Glibc.close(other) }
        try #require(listen(other, 0) == 0)
        let waiting = try TestClient(path)
        #expect(throws: EventServerError.alreadyRunning(path: path)) { try self.server(at: path) }
        waiting.close()
    }

    @Test func whatIsNoStreamSocketIsLeftAlone() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let make: [(String, () throws -> Void)] = [
            ("a regular file", { try Data("precious".utf8).write(to: URL(filePath: path)) }),
            ("a directory", { try #require(mkdir(path, 0o700) == 0) }),
            ("a FIFO", { try #require(mkfifo(path, 0o600) == 0) }),
            ("a symbolic link", { try #require(symlink("/nowhere", path) == 0) }),
        ]
        for (kind, make) in make {
            try make()
            let before = status(path)?.st_ino
            #expect(throws: EventServerError.occupied(path: path, kind: kind)) { try self.server(at: path) }
            #expect(status(path)?.st_ino == before)
            try FileManager.default.removeItem(atPath: path)
        }
        // A link to a dead socket is not followed either.
        Glibc.close(try bind(folder.path("dead")))
        try #require(symlink(folder.path("dead"), path) == 0)
        #expect(throws: EventServerError.occupied(path: path, kind: "a symbolic link")) { try self.server(at: path) }
        unlink(path)
        let datagram = try bind(path, type: SOCK_DGRAM)
        #expect(throws: EventServerError.occupied(path: path, kind: "another program's socket")) {
            try self.server(at: path)
        }
        Glibc.close(datagram)
    }

    @Test func ofSeveralThatStartTogetherOneWins() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        for round in 0..<20 {
            // Every other round the file of a dead one is there.
            if round % 2 == 0 { Glibc.close(try bind(path)) }
            let servers = Mutex<[EventServer]>([])
            let errors = Mutex<[EventServerError]>([])
            DispatchQueue.concurrentPerform(iterations: 8) { _ in
                do throws(EventServerError) {
                    let server = try self.server(at: path)
                    servers.withLock { $0.append(server) }
                } catch {
                    errors.withLock { $0.append(error) }
                }
            }
            #expect(servers.withLock(\.count) == 1)
            #expect(errors.withLock { $0 } == Array(repeating: .alreadyRunning(path: path), count: 7))
            servers.withLock { $0.first?.startAccepting() }
            #expect(try TestClient(path).event() == .version(.init(release: "1")))
            servers.withLock { $0.forEach { $0.close(reason: "x", grace: .zero) } }
            #expect(folder.contents == [])
        }
    }

    @Test func lockedDirectoryIsNotWaitedForWithoutEnd() throws {
        let folder = try TemporaryFolder()
        let directory = URL(filePath: folder.path("s")).deletingLastPathComponent().path
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY)
        defer { Glibc.close(descriptor) }
        try #require(flock(descriptor, LOCK_EX) == 0)
        #expect(throws: EventServerError.directoryLocked(directory: directory)) {
            try self.server(at: folder.path("s"))
        }
        #expect(folder.contents == [])
    }

    @Test func fileOfAnotherIsNotRemoved() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let first = try server(at: path)
        unlink(path)
        let second = try server(at: path)
        second.startAccepting()
        first.close(reason: "x", grace: .zero)
        #expect(try TestClient(path).event() == .version(.init(release: "1")))
        second.close(reason: "x", grace: .zero)
        #expect(folder.contents == [])
    }

    @Test func pathsThatCannotBeAreNamed() throws {
        let folder = try TemporaryFolder()
        #expect(throws: EventServerError.directoryMissing(directory: folder.path("no"))) {
            try self.server(at: folder.path("no/s"))
        }
        try Data().write(to: URL(filePath: folder.path("file")))
        #expect(throws: EventServerError.directoryMissing(directory: folder.path("file"))) {
            try self.server(at: folder.path("file/s"))
        }
        for path in ["", folder.path(String(repeating: "x", count: 108)), folder.path("a") + "\0b"] {
            #expect(throws: EventServerError.pathLength(path: path, bytesMaximum: 107)) { try self.server(at: path) }
        }
        let rest = 107 - folder.path("").utf8.count - (folder.path("").hasSuffix("/") ? 0 : 1)
        let longest = folder.path(String(repeating: "x", count: rest))
        try #require(longest.utf8.count == 107)
        let server = try server(at: longest)
        server.startAccepting()
        #expect(try TestClient(longest).event() == .version(.init(release: "1")))
        server.close(reason: "x", grace: .zero)
    }

    @Test func userWithoutRightsIsToldSo() async {
        await #expect(processExitsWith: .success) {
            // As root everything would be allowed.
            let isRoot = geteuid() == 0
            if isRoot { setegid(65534); seteuid(65534) }
            // The leak sanitizer, at the end of the process, needs its own rights back.
            defer { if isRoot { seteuid(0); setegid(0) } }
            func error(_ path: String, group: String? = nil) -> EventServerError? {
                do throws(EventServerError) {
                    _ = try EventServer(
                        address: .path(path, mode: 0o660, group: group), release: "1", logger: LogRecorder().logger,
                        status: { DigitEvent.Status(release: "1", model: "", checksum: "") })
                    return nil
                } catch {
                    return error
                }
            }
            #expect(error("/digitd.sock") == .forbidden(path: "/digitd.sock"))
            let path = "/tmp/digitd-\(getpid()).sock"
            #expect(error(path, group: "0") == .groupForbidden(path: path, group: "0"))
            // What was made up to there is gone again.
            #expect(access(path, F_OK) != 0)
        }
    }

    @Test func handedOverSocketStaysWhenTheServerGoes() throws {
        let folder = try TemporaryFolder()
        let path = folder.path("s")
        let kept = try bind(path, listens: true)
        defer { Glibc.close(kept) }
        let inode = status(path)?.st_ino
        for _ in 0..<3 {
            let waiting = try TestClient(path)
            let server = try server(.descriptor(dup(kept)))
            server.startAccepting()
            #expect(try waiting.event() == .version(.init(release: "1")))
            server.close(reason: "restart", grace: .seconds(1))
            #expect(try waiting.eventsToTheEnd() == [.bye(.init(reason: "restart"))])
            #expect(status(path)?.st_ino == inode)
        }
    }

    @Test func descriptorsThatAreNoListeningSocketAreRefused() throws {
        let folder = try TemporaryFolder()
        let file = open(folder.path("f"), O_CREAT | O_RDWR, 0o600)
        let silent = try bind(folder.path("s"))
        let datagram = try bind(folder.path("d"), type: SOCK_DGRAM)
        let internet = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { for descriptor in [file, silent, datagram, internet] { Glibc.close(descriptor) } }
        for descriptor in [-1, 1_000_000, file, silent, datagram, internet] {
            #expect(throws: EventServerError.badDescriptor(descriptor)) { try self.server(.descriptor(descriptor)) }
        }
    }

    private static let errors: [EventServerError] = [
        .alreadyRunning(path: "/run/s"), .occupied(path: "/run/s", kind: "a directory"),
        .pathLength(path: "/run/s", bytesMaximum: 107), .directoryMissing(directory: "/run"),
        .forbidden(path: "/run/s"), .readOnly(path: "/run/s"), .directoryLocked(directory: "/run"), .groupUnknown("g"),
        .groupForbidden(path: "/run/s", group: "g"), .badDescriptor(3),
        .system(call: "bind", path: "/run/s", code: ENOSPC),
    ]

    @Test(arguments: errors)
    func errorsAreOneSentenceThatSaysWhatToDo(error: EventServerError) {
        #expect(error.description.contains(/; (stop|remove|choose|create|join|hand|free)/))
        #expect(!error.description.contains("\n"))
    }
}
