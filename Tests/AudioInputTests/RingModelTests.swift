import Glibc
import Testing

@testable import AudioInput

/// The ring against a list, and between two threads, where samples are dropped.
@Suite struct RingModelTests {
    /// What the consumer must get: an entry, and the first byte of its payload.
    private struct Expected: Equatable {
        var kind: EntryKind
        var first: Int64
        var second: Int64 = 0
        var byte: UInt8?
    }

    /// A ring without limits of its own: whether there was room is taken from what the real one says.
    private struct Model {
        var waiting: [Expected] = []
        var announcement: Expected?
        var gap: Expected?

        mutating func noteGap(frames: Int, cause: GapCause) {
            if gap == nil { gap = Expected(kind: .gap, first: 0, second: cause.rawValue) }
            gap!.first += Int64(frames)
        }

        mutating func flush() {
            waiting += [announcement, gap].compactMap { $0 }
            (announcement, gap) = (nil, nil)
        }

        mutating func mark(_ entry: Expected) {
            if gap == nil { announcement = nil }
            flush()
            waiting.append(entry)
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func anySequenceOfCallsGivesWhatAListGives(seed: UInt64) throws {
        var random = LinearRandom(state: seed)
        let ring = try CaptureRing(capacity: 16_384)
        var writer = RingWriter(ring)
        var reader = RingReader(ring)
        var model = Model()
        // From a consumer that keeps up to one that hardly reads.
        let readsPerWrite = [20, 10, 5, 2][Int(seed % 4)]
        func read(_ location: SourceLocation = #_sourceLocation) -> Bool {
            guard let entry = reader.peek() else {
                #expect(model.waiting.isEmpty, "seed \(seed)", sourceLocation: location)
                return false
            }
            let byte = entry.kind == .samples ? reader.payload.load(as: UInt8.self) : nil
            let found = Expected(kind: entry.kind, first: entry.first, second: entry.second, byte: byte)
            #expect(found == model.waiting.first, "seed \(seed)", sourceLocation: location)
            if !model.waiting.isEmpty { model.waiting.removeFirst() }
            reader.advance(past: entry)
            return true
        }
        var drops = 0
        for step in 0..<3000 {
            let byte = UInt8(truncatingIfNeeded: step)
            switch Int.random(in: 0..<20 + readsPerWrite, using: &random) {
            case 0..<12:
                let frames = Int.random(in: 1...900, using: &random)
                let block = [UInt8](repeating: byte, count: frames)
                if writer.offer(block, count: frames, frames: frames, time: 0) {
                    model.flush()
                    model.waiting.append(Expected(kind: .samples, first: Int64(frames), byte: byte))
                } else {
                    drops += 1
                    model.noteGap(frames: frames, cause: .full)
                }
            case 12, 13:
                let block = [UInt8](repeating: byte, count: 100)
                // A source that waits for room never drops, so there is nothing to report before its samples.
                guard model.gap == nil, model.announcement == nil else { continue }
                if writer.offerOrRefuse(block, count: 100, frames: 100, time: 0) {
                    model.waiting.append(Expected(kind: .samples, first: 100, byte: byte))
                }
            case 14:
                writer.noteGap(frames: step, cause: .overrun)
                model.noteGap(frames: step, cause: .overrun)
            case 15:
                writer.announce(RingEntry(kind: .opened, first: Int64(step)))
                model.announcement = Expected(kind: .opened, first: Int64(step))
            case 16, 17:
                if writer.mark(RingEntry(kind: .lost, first: Int64(step))) {
                    model.mark(Expected(kind: .lost, first: Int64(step)))
                }
            case 18:
                while read() {}
                writer.markGap()
                model.flush()
            default: _ = read()
            }
        }
        while read() {}
        #expect(readsPerWrite > 2 || drops > 0)
    }

    @Test func whatIsDroppedBetweenTwoThreadsIsCountedInItsPlace() throws {
        let stream = try SourceStream(ringCapacity: 16_384)
        let count = 60_000
        try SourceStream.startThread("writer") {
            var writer = RingWriter(stream.ring)
            for index in 0..<count {
                let value = Int64(index)
                _ = withUnsafeBytes(of: value) { writer.offer($0.baseAddress!, count: 8, frames: 1, time: value) }
                // A pause now and then, or next to everything would be dropped.
                if index % 100 == 0 { usleep(50) }
            }
            while !writer.mark(RingEntry(kind: .end)) { usleep(100) }
        }
        var reader = RingReader(stream.ring)
        var next: Int64 = 0
        var isOver = false
        while !isOver {
            guard let entry = reader.peek() else {
                let isWoken = reader.wait(until: monotonicNanoseconds() + 10_000_000_000)
                try #require(isWoken)
                continue
            }
            switch entry.kind {
            case .samples:
                let number = reader.payload.load(as: Int64.self)
                try #require(number == next)
                next += 1
                if next % 5000 < 20 { usleep(200) }
            case .gap: next += entry.first
            default: isOver = true
            }
            reader.advance(past: entry)
        }
        #expect(next == count)
    }
}
