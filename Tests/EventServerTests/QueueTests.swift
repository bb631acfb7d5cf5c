import DigitEvents
import Glibc
import NIOCore
import Testing

@testable import EventServer

/// The parts without I/O.
@Suite struct QueueTests {
    private func line(_ number: Int) -> ByteBuffer { ByteBuffer(string: "\(number)\n") }

    private func offer(_ number: Int, to queue: inout OutgoingQueue) -> Bool { queue.offer(line(number)) }

    private func next(_ lines: inout RequestLines) -> RequestLines.Line? { lines.next() }

    private func isStalled(_ watch: inout StallWatch, unsent: Int, after seconds: Int64) -> Bool {
        watch.isStalled(unsent: unsent, now: start + .seconds(seconds), limit: .seconds(10))
    }

    private func admit(_ limit: inout LogLimit, after seconds: Int64) -> Int? {
        limit.admit(now: start + .seconds(seconds))
    }

    private let start = NIODeadline.uptimeNanoseconds(1_000_000_000)

    private func batch(_ queue: inout OutgoingQueue) -> [String] {
        var lines: [String] = []
        queue.takeBatch { lines.append(String(buffer: $0)) }
        return lines
    }

    @Test func linesLeaveInOrderInShortBatches() {
        var queue = OutgoingQueue(capacity: 16)
        for number in 0..<10 { #expect(offer(number, to: &queue)) }
        #expect(batch(&queue) == ["0\n", "1\n", "2\n", "3\n"])
        #expect(queue.outstanding == 10 && !queue.isReady)
        queue.batchSent()
        #expect(queue.outstanding == 6 && queue.isReady)
        #expect(batch(&queue) == ["4\n", "5\n", "6\n", "7\n"])
    }

    @Test func overflowFollowsWhatWasKeptOnceHalfIsSent() {
        var queue = OutgoingQueue(capacity: 4)
        for number in 0..<4 { #expect(offer(number, to: &queue)) }
        for number in 4..<6 { #expect(!offer(number, to: &queue)) }
        #expect(batch(&queue) == ["0\n"])
        queue.batchSent()
        // A free place is not enough: events must not come before the OVERFLOW.
        #expect(!offer(6, to: &queue))
        #expect(batch(&queue) == ["1\n"])
        queue.batchSent()
        #expect(!queue.isFull && queue.lost == 0)
        #expect(offer(7, to: &queue))
        var rest: [String] = []
        while queue.isReady {
            rest += batch(&queue)
            queue.batchSent()
        }
        #expect(rest == ["2\n", "3\n", DigitEvent.overflow(.init(lost: 3)).jsonLine, "7\n"])
        #expect(queue.isEmpty)
    }

    @Test func lastLinesComeAfterTheCountOfWhatWasLost() {
        var queue = OutgoingQueue(capacity: 1)
        #expect(offer(0, to: &queue))
        #expect(!offer(1, to: &queue))
        queue.finish([line(2)])
        var lines: [String] = []
        while queue.isReady {
            lines += batch(&queue)
            queue.batchSent()
        }
        #expect(lines == ["0\n", DigitEvent.overflow(.init(lost: 1)).jsonLine, "2\n"])
    }

    /// Whatever is offered, sent and resized: each event is sent, or counted where it is missing.
    @Test(arguments: 0..<20)
    func nothingIsLostSilently(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var queue = OutgoingQueue(capacity: Int.random(in: 1...40, using: &random))
        var offered = 0
        var expected = 0
        var isInFlight = false
        func take() {
            queue.takeBatch { buffer in
                let text = String(buffer: buffer)
                if let event = try? DigitEvent(jsonLine: text), let lost = event.lost {
                    expected += lost
                } else {
                    #expect(text == "\(expected)\n")
                    expected += 1
                }
            }
        }
        for _ in 0..<5000 {
            switch Int.random(in: 0..<100, using: &random) {
            case 0: queue.capacity = Int.random(in: 1...40, using: &random)
            case 1..<60:
                _ = queue.offer(line(offered))
                offered += 1
            default:
                if isInFlight {
                    queue.batchSent()
                    isInFlight = false
                } else if queue.isReady {
                    take()
                    isInFlight = true
                }
            }
        }
        queue.batchSent()
        while queue.isReady {
            take()
            queue.batchSent()
        }
        #expect(expected == offered && queue.isEmpty)
    }

    @Test func linesAreTheSameHoweverTheyArrive() {
        let text = "one\n\ntwo\r\nthree\n"
        let bytes = Array(text.utf8)
        for size in 1...bytes.count {
            var lines = RequestLines(lengthMaximum: 10)
            var found: [String] = []
            for start in stride(from: 0, to: bytes.count, by: size) {
                lines.append(bytes[start..<min(start + size, bytes.count)])
                while case .line(let line) = lines.next() { found.append(String(decoding: line, as: UTF8.self)) }
            }
            #expect(found == ["one", "", "two\r", "three"])
            #expect(lines.count == 0)
        }
    }

    @Test func lineMayBeAsLongAsAllowedAndNoLonger() {
        for (length, isTooLong) in [(8, false), (9, false), (10, true), (500, true)] {
            for end in ["\n", "x\n", ""] {
                var lines = RequestLines(lengthMaximum: 10)
                let text = String(repeating: "x", count: length - (end == "x\n" ? 1 : 0))
                lines.append((text + end).utf8)
                let tooLong = isTooLong ? RequestLines.Line.tooLong : nil
                let whole = RequestLines.Line.line(Array(repeating: UInt8(ascii: "x"), count: length))
                #expect(next(&lines) == (end.isEmpty ? tooLong : tooLong ?? whole), "\(length) \(end)")
            }
        }
    }

    @Test func halfALineCountsAtTheEnd() {
        var lines = RequestLines(lengthMaximum: 10)
        lines.append("a\nb".utf8)
        #expect(next(&lines) == .line(Array("a".utf8)))
        #expect(next(&lines) == nil)
        lines.finish()
        #expect(next(&lines) == .line(Array("b".utf8)))
        lines.finish()
        #expect(next(&lines) == nil)
    }

    @Test func stallIsNoMovementForTheWholeLimit() {
        var watch = StallWatch(unsent: 100, now: start)
        #expect(!isStalled(&watch, unsent: 100, after: 9))
        #expect(!isStalled(&watch, unsent: 99, after: 11))
        #expect(!isStalled(&watch, unsent: 99, after: 20))
        #expect(isStalled(&watch, unsent: 99, after: 21))
    }

    @Test func unreadBytesShrinkAsTheOtherSideReads() throws {
        var ends: [CInt] = [-1, -1]
        try #require(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { close(end) } }
        #expect(SocketBuffer.unreadByPeer(ends[0]) == 0)
        for _ in 0..<2 { try #require(send(ends[0], "x", 1, 0) == 1) }
        let both = SocketBuffer.unreadByPeer(ends[0])
        var byte: UInt8 = 0
        try #require(recv(ends[1], &byte, 1, 0) == 1)
        let one = SocketBuffer.unreadByPeer(ends[0])
        #expect(0 < one && one < both)
        SocketBuffer.discardInput(ends[1])
        #expect(SocketBuffer.unreadByPeer(ends[0]) == 0)
    }

    @Test func logLimitCountsWhatItHoldsBack() {
        var limit = LogLimit(messages: 2, interval: .seconds(10))
        #expect(admit(&limit, after: 0) == 0)
        #expect(admit(&limit, after: 0) == 0)
        #expect(admit(&limit, after: 1) == nil)
        #expect(admit(&limit, after: 9) == nil)
        #expect(admit(&limit, after: 10) == 2)
        #expect(admit(&limit, after: 30) == 0)
    }
}

/// SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
        return value ^ (value >> 31)
    }
}
