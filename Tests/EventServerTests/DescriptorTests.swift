import DigitEvents
import EventServer
import Foundation
import Glibc
import Testing

/// What concerns the whole process, hence in processes of their own.
@Suite struct DescriptorTests {
    @Test func wantOfDescriptorsIsSurvivedWithoutSpinning() async {
        await #expect(processExitsWith: .success) {
            let test = try TestServer(accepting: false)
            let clients = try (0..<3).map { _ in try TestClient(test.path) }
            let limit = rlimit(rlim_cur: 256, rlim_max: 256)
            let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
            try #require(withUnsafePointer(to: limit) { setrlimit(resource, $0) } == 0)
            var used: [CInt] = []
            while case let descriptor = dup(0), descriptor >= 0 { used.append(descriptor) }
            let begin = ContinuousClock.now
            test.server.startAccepting()
            waitUntil { test.log.lines.count >= 3 }
            // One try a second; each after the first says so at debug level only.
            #expect(ContinuousClock.now - begin >= .seconds(2))
            #expect(test.log.lines[0].hasPrefix("error: cannot accept"))
            #expect(test.log.lines.dropFirst().allSatisfy { $0.hasPrefix("debug: still cannot accept") })
            for descriptor in used { close(descriptor) }
            for client in clients { #expect(try client.event() == .version(.init(release: "1.2.3"))) }
            #expect(test.log.lines.count { $0.hasPrefix("notice: clients are accepted again") } == 1)
        }
    }

    /// The rig abuse.sh does this ten times as often, against the whole program.
    @Test func thousandsOfBadClientsLeaveNothingBehind() async {
        await #expect(processExitsWith: .success) {
            let test = try TestServer()
            let steady = try test.client()
            var random = SeededGenerator(seed: 1)
            func descriptors() throws -> Int {
                try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count
            }
            // What the first connections allocate stays.
            try test.client().close()
            waitUntil { test.server.clientCount == 1 }
            let before = try descriptors()
            for round in 1...1000 {
                let client = try TestClient(test.path)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: break
                case 1: _ = client.trySend(Array(#"{"watch":["DIG"#.utf8))
                case 2: _ = client.trySend((0..<5000).map { _ in UInt8.random(in: 0...255, using: &random) })
                case 3: _ = client.trySend(Array(String(repeating: "{\"ping\":1}\n", count: 500).utf8))
                case 4: _ = client.trySend(Array(#"{"watch":["LEVEL"]}"#.utf8) + [10, 0xFF, 0xFE, 10])
                default: client.finishSending()
                }
                client.close()
                test.server.publish(.digit(round))
                #expect(try steady.gets(.digit(round)))
            }
            // The last ones may still wait to be accepted.
            try waitUntil { try test.server.clientCount == 1 && descriptors() == before }
            #expect(!test.server.wantsLevels)
        }
    }
}
