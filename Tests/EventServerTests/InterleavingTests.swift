import DigitEvents
import EventServer
import Testing

/// Several clients that do all sorts of things in a random order, while events are published.
@Suite struct InterleavingTests {
    /// A client that checks what it reads: each event comes once and in order, and what is missing is counted in its place.
    private final class Reader {
        let client: TestClient
        /// The next DIGIT expected; nil before the first.
        private var next: Int?
        /// Whether it still has the policy it began with.
        var hasWholePolicy = true
        /// Whether the server has taken its leave, as it does from one too many, or after a line that is too long.
        private var hasBye = false

        init(_ path: String) throws {
            client = try TestClient(path)
            #expect(try client.event() == .version(.init(release: "1.2.3")))
        }

        func take(_ event: DigitEvent) {
            if case .bye = event { hasBye = true }
            if let lost = event.lost {
                #expect(lost > 0)
                next = next.map { $0 + lost }
            } else if let seq = event.seq {
                if hasWholePolicy, let next { #expect(seq == next) } else { #expect(seq >= next ?? 0) }
                next = seq + 1
            }
        }

        func takeAvailable() throws { for line in client.available() { take(try DigitEvent(jsonLine: line)) } }

        func takeUntil(_ seq: Int) throws {
            while (next ?? 0) <= seq, let event = try client.event() { take(event) }
            #expect((next ?? 0) > seq || hasBye)
        }
    }

    @Test(arguments: 0..<6)
    func steadyReaderGetsEveryEventInOrder(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let test = try TestServer(.init(clientsMax: 6, queueEvents: 16))
        let steady = try test.client()
        var readers: [Reader] = []
        var published = 0
        func publish(_ count: Int) throws {
            for _ in 0..<count {
                published += 1
                test.server.publish(.digit(published))
                #expect(try steady.gets(.digit(published)))
            }
        }
        for _ in 0..<400 {
            try publish(Int.random(in: 0...2, using: &random) * Int.random(in: 0...20, using: &random))
            guard let reader = readers.randomElement(using: &random), Int.random(in: 0..<8, using: &random) > 0 else {
                // Beyond the limit some are refused, which they find out when they read.
                if readers.count < 8 { readers.append(try Reader(test.path)) }
                continue
            }
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1, 2: try reader.takeAvailable()
            case 3: _ = reader.client.trySend(Array(#"{"ping":1}"#.utf8) + [10])
            case 4: _ = reader.client.trySend(Array(#"{"watch":["DIG"#.utf8))
            case 5: _ = reader.client.trySend((0..<300).map { _ in UInt8.random(in: 0...255, using: &random) })
            case 6:
                _ = reader.client.trySend(Array("\n{\"min_confidence\":1,\"watch\":[\"DIGIT\",\"LEVEL\"]}\n".utf8))
                reader.hasWholePolicy = false
            case 7: reader.client.finishSending()
            default:
                reader.client.close()
                readers.removeAll { $0 === reader }
            }
        }
        // Those who are still there and did not ask for less catch up with the last event.
        try publish(1)
        for reader in readers where reader.hasWholePolicy { try reader.takeUntil(published) }
        try publish(10)
    }
}
