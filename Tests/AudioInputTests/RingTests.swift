import Glibc
import Testing

@testable import AudioInput

@Suite struct RingTests {
    private static let bytes = [UInt8](repeating: 7, count: 4096)

    @Test func entriesComeOutInOrderWithTheirContents() throws {
        let ring = try CaptureRing(capacity: 16_384)
        var writer = RingWriter(ring)
        var reader = RingReader(ring)
        var random = LinearRandom(state: 1)
        var written: [[UInt8]] = []
        var read = 0
        for step in 0..<5000 {
            if Bool.random(using: &random) {
                let block = (0..<Int.random(in: 1...800, using: &random)).map { UInt8(truncatingIfNeeded: $0 &* step) }
                if writer.offerOrRefuse(block, count: block.count, frames: block.count, time: Int64(step)) {
                    written.append(block)
                }
            } else if let entry = reader.peek() {
                #expect(entry.kind == .samples)
                let payload = Array(UnsafeRawBufferPointer(start: reader.payload, count: Int(entry.first)))
                #expect(payload == written[read])
                reader.advance(past: entry)
                read += 1
            }
        }
        #expect(read > 1000)
    }

    @Test func fullRingDropsTheNewestAndReportsThemInPlace() throws {
        let ring = try CaptureRing(capacity: 16_384)
        var writer = RingWriter(ring)
        var reader = RingReader(ring)
        var accepted = 0
        while writer.offer(Self.bytes, count: 1000, frames: 500, time: 0) { accepted += 1 }
        for _ in 0..<2 {
            let isIn = writer.offer(Self.bytes, count: 1000, frames: 500, time: 0)
            #expect(!isIn)
        }
        for _ in 0..<accepted { reader.advance(past: reader.peek()!) }
        let (isEmpty, isIn) = (reader.peek() == nil, writer.offer(Self.bytes, count: 1000, frames: 500, time: 0))
        #expect(isEmpty && isIn)
        let gap = reader.peek()!
        #expect(gap.kind == .gap)
        #expect(gap.first == 1500)
        #expect(gap.second == GapCause.full.rawValue)
        reader.advance(past: gap)
        let last = reader.peek()?.kind
        #expect(last == .samples)
    }

    @Test func markersHaveRoomWhenSamplesHaveNone() throws {
        let ring = try CaptureRing(capacity: 16_384)
        var writer = RingWriter(ring)
        while writer.offer(Self.bytes, count: 1000, frames: 500, time: 0) {}
        var marked = 0
        while writer.mark(RingEntry(kind: .lost, first: 5)) { marked += 1 }
        #expect(marked >= 100)
        var reader = RingReader(ring)
        var kinds: [EntryKind] = []
        while let entry = reader.peek() {
            kinds.append(entry.kind)
            reader.advance(past: entry)
        }
        let gap = kinds.firstIndex(of: .gap)!
        #expect(kinds[..<gap].allSatisfy { $0 == .samples })
        #expect(kinds[(gap + 1)...].allSatisfy { $0 == .lost } && kinds.count == gap + 1 + marked)
    }

    @Test func aLimitOfSamplesHolds() throws {
        let ring = try CaptureRing(capacity: 1 << 20)
        var writer = RingWriter(ring)
        writer.limitSamples(toBytes: 10_000)
        var frames = 0
        while writer.offer(Self.bytes, count: 1000, frames: 500, time: 0) { frames += 500 }
        #expect((4000...5000).contains(frames))
    }

    @Test func lessPatienceEndsANap() throws {
        let ring = try CaptureRing(capacity: 16_384)
        let reader = RingReader(ring)
        let end = try FirstResult()
        let stop = try SourceStream()
        reader.patience = 20_000_000_000
        try SourceStream.startThread("napper") {
            // A device of 8 kHz with a buffer of a minute, which has given a period in the last second.
            var pace = CapturePace(rate: 8000, bufferFrames: 480_000)
            let now = monotonicNanoseconds()
            for time in [now - 1_000_000_000, now] { pace.read(frames: 80, isAll: true, now: time) }
            RingWriter(ring).nap(pace, orReadable: stop.stopDescriptor)
            end.give(0)
        }
        usleep(20_000)
        reader.patience = 0
        #expect(end.wait(until: monotonicNanoseconds() + 10_000_000_000) == 0)
    }

    @Test func nothingIsLostOrReorderedBetweenTwoThreads() throws {
        let stream = try SourceStream(ringCapacity: 32_768)
        let count = 100_000
        try SourceStream.startThread("writer") {
            var writer = RingWriter(stream.ring)
            for index in 0..<count {
                let value = Int64(index)
                while !withUnsafeBytes(
                    of: value, { writer.offerOrRefuse($0.baseAddress!, count: 8, frames: 1, time: value) })
                {
                    writer.waitForRoom(payload: 8, orReadable: stream.stopDescriptor)
                }
            }
        }
        var reader = RingReader(stream.ring)
        var next: Int64 = 0
        var inOrder = true
        var slowest: Int64 = 0
        while next < count {
            guard let entry = reader.peek() else {
                let start = monotonicNanoseconds()
                _ = reader.wait(until: start + 5_000_000_000)
                slowest = max(slowest, monotonicNanoseconds() - start)
                continue
            }
            inOrder = inOrder && entry.time == next && reader.payload.load(as: Int64.self) == next
            reader.advance(past: entry)
            next += 1
        }
        #expect(inOrder)
        // A wake-up that is lost on either side costs 1 s or 5 s.
        #expect(slowest < 900_000_000)
    }
}
