import DigitEvents
import NIOCore

/// What one client has yet to be sent: a bounded queue of lines that counts what does not fit. No I/O, no clock.
///
/// Lines are shared between clients, so a full queue costs 24 bytes a line. They leave in batches: a batch counts as
/// outstanding until the kernel has taken all of it.
///
/// A client that lets its queue fill up loses events from then on until half of it is sent. Only then OVERFLOW follows, with
/// the count, where the lost events would have been. Had a single free line been enough, a client that stays a little too
/// slow would get hardly anything but OVERFLOW lines.
struct OutgoingQueue {
    /// How many lines may be outstanding.
    var capacity: Int
    private var waiting = CircularBuffer<ByteBuffer>()
    private var inFlight = 0
    /// Events lost since the last OVERFLOW.
    private(set) var lost = 0

    init(capacity: Int) { self.capacity = capacity }

    /// Lines that the kernel has not taken yet.
    var outstanding: Int { waiting.count + inFlight }
    var isEmpty: Bool { outstanding == 0 && lost == 0 }
    /// Whether nothing should be added now. Answers are asked for by the client, so it is not read from meanwhile.
    var isFull: Bool { lost > 0 || outstanding >= capacity }
    /// Whether the next batch can be taken.
    var isReady: Bool { inFlight == 0 && !waiting.isEmpty }

    /// Adds an event; gives false if it is lost for this client.
    mutating func offer(_ line: ByteBuffer) -> Bool {
        guard !isFull else {
            lost += 1
            return false
        }
        waiting.append(line)
        return true
    }

    /// Adds an answer to a request.
    mutating func append(_ line: ByteBuffer) { waiting.append(line) }

    /// Adds the last lines; what was lost so far is told before them.
    mutating func finish(_ lines: [ByteBuffer]) {
        tellLost()
        waiting.append(contentsOf: lines)
    }

    /// Gives the next lines in order; until `batchSent` no others are given.
    mutating func takeBatch(_ body: (ByteBuffer) -> Void) {
        // Short, because only a whole batch counts as sent.
        inFlight = min(waiting.count, max(1, capacity / 4), 64)
        for _ in 0..<inFlight { body(waiting.removeFirst()) }
    }

    /// The kernel has taken the batch.
    mutating func batchSent() {
        inFlight = 0
        if lost > 0, outstanding <= capacity / 2 { tellLost() }
    }

    private mutating func tellLost() {
        guard lost > 0 else { return }
        waiting.append(DigitEvent.overflow(.init(lost: lost)).lineBuffer)
        lost = 0
    }
}
