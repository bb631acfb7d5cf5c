import Glibc
import ServiceManager
import Synchronization
import Testing

@Suite struct ServiceNotifierTests {
    private let scratch = ScratchDirectory()

    @Test func everyMessageIsAsTheProtocolWritesIt() throws {
        let manager = ManagerSocket(path: "\(scratch.path)/notify", type: SOCK_DGRAM)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "\(scratch.path)/notify"]))
        notifier.ready(status: "Listening")
        notifier.status("Capturing from plughw:CARD=Mic")
        notifier.watchdog()
        notifier.stopping(status: "Shutting down")
        #expect(
            manager.messages() == [
                "READY=1\nSTATUS=Listening", "STATUS=Capturing from plughw:CARD=Mic", "WATCHDOG=1",
                "STOPPING=1\nSTATUS=Shutting down",
            ])
    }

    @Test func abstractNamesBeginWithAnAtSign() throws {
        let name = "@digitd-test-\(getpid())-\(UInt32.random(in: 0...(.max)))"
        let manager = ManagerSocket(path: name, type: SOCK_DGRAM)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": name]))
        notifier.watchdog()
        #expect(manager.messages() == ["WATCHDOG=1"])
    }

    @Test func reloadingCarriesTheMonotonicClock() throws {
        let manager = ManagerSocket(path: "\(scratch.path)/notify", type: SOCK_DGRAM)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "\(scratch.path)/notify"]))
        func microseconds() -> Int64 {
            var now = timespec()
            clock_gettime(CLOCK_MONOTONIC, &now)
            return Int64(now.tv_sec) * 1_000_000 + Int64(now.tv_nsec) / 1000
        }
        let before = microseconds()
        notifier.reloading()
        let message = try #require(manager.messages().first)
        let prefix = "RELOADING=1\nMONOTONIC_USEC="
        #expect(message.hasPrefix(prefix))
        let stamp = try #require(Int64(message.dropFirst(prefix.count)))
        #expect((before...microseconds()).contains(stamp))
    }

    @Test func statusIsOneLineWithinTheLimitAndWholeCharacters() throws {
        let manager = ManagerSocket(path: "\(scratch.path)/notify", type: SOCK_DGRAM)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "\(scratch.path)/notify"]))
        notifier.status("one\nREADY=1\r\ttwo\u{0}three")
        notifier.status("a" + String(repeating: "é", count: 5000))
        notifier.status("")
        #expect(
            manager.messages() == [
                "STATUS=one READY=1  two three", "STATUS=a" + String(repeating: "é", count: 499), "STATUS=",
            ])
    }

    @Test(arguments: ["", "relative/notify", "@", "/", "vsock:2:1234", "/" + String(repeating: "n", count: 107)])
    func environmentsWithoutAUsableManagerGiveNone(_ name: String) {
        #expect(ServiceNotifier(environment: ["NOTIFY_SOCKET": name]) == nil)
        #expect(ServiceNotifier(environment: [:]) == nil)
    }

    @Test func longestPathIsTaken() throws {
        let path = scratch.path + "/" + String(repeating: "n", count: 106 - scratch.path.utf8.count)
        let manager = ManagerSocket(path: path, type: SOCK_DGRAM)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": path]))
        notifier.watchdog()
        #expect(manager.messages() == ["WATCHDOG=1"])
    }

    @Test func absentManagerIsIgnoredAfterOneLogLine() throws {
        let lines = Mutex<[String]>([])
        let notifier = try #require(
            ServiceNotifier(environment: ["NOTIFY_SOCKET": "\(scratch.path)/nobody"]) { line in
                lines.withLock { $0.append(line) }
            })
        for _ in 0..<3 {
            notifier.ready(status: "Listening")
            notifier.watchdog()
        }
        let logged = lines.withLock { $0 }
        #expect(logged == ["The service manager cannot be told READY=1: No such file or directory."])
    }

    @Test func fullQueueNeverBlocksAndStatesArriveAfterwards() throws {
        let manager = ManagerSocket(path: "\(scratch.path)/notify", type: SOCK_DGRAM)
        let notifier = try #require(ServiceNotifier(environment: ["NOTIFY_SOCKET": "\(scratch.path)/notify"]))
        // Far more than a socket queues (net.unix.max_dgram_qlen, and its buffer).
        for _ in 0..<20_000 { notifier.watchdog() }
        notifier.ready(status: "Listening")
        let queued = manager.messages()
        #expect(queued.allSatisfy { $0 == "WATCHDOG=1" } && queued.count < 20_000)
        notifier.status("Next")
        #expect(manager.messages() == ["READY=1\nSTATUS=Listening", "STATUS=Next"])
    }

    @Test func watchdogIntervalIsOursOrNone() {
        func interval(_ variables: [String: String]) -> Duration? {
            let all = variables.merging(["NOTIFY_SOCKET": "@nobody"]) { given, _ in given }
            return ServiceNotifier(environment: all, processIdentifier: 42)?.watchdogInterval
        }
        #expect(interval(["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "42"]) == .seconds(10))
        #expect(interval(["WATCHDOG_USEC": "500000"]) == .milliseconds(500))
        #expect(interval(["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "43"]) == nil)
        #expect(interval(["WATCHDOG_USEC": "10000000", "WATCHDOG_PID": "me"]) == nil)
        #expect(interval([:]) == nil)
        for nonsense in ["0", "-1", "", "ten", "1e6", "99999999999999999999999"] {
            #expect(interval(["WATCHDOG_USEC": nonsense]) == nil, "\(nonsense)")
        }
    }
}
