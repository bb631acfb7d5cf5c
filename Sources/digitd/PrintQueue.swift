import DigitEvents

/// What standard output has yet to be given: a bounded queue of lines that counts what does not fit, as a subscriber of
/// the socket has. No I/O, no clock.
///
/// When it has filled up, events are lost until half of it is taken; then OVERFLOW follows, where they would have been.
struct PrintQueue {
    /// How many lines may wait.
    let capacity: Int
    private let format: EventFormat
    private var lines: [[UInt8]] = []
    private var lost = 0

    /// Waiting lines are written in so many turns, so that half of the queue is seen to be taken.
    private static let turns = 4

    init(capacity: Int, format: EventFormat) {
        self.capacity = capacity
        self.format = format
    }

    var isEmpty: Bool { lines.isEmpty && lost == 0 }

    /// Adds an event, if its format has a line for it.
    mutating func add(_ event: DigitEvent) {
        var line: [UInt8] = []
        format.append(event, to: &line)
        guard !line.isEmpty else { return }
        guard lost == 0, lines.count < capacity else {
            lost += 1
            return
        }
        lines.append(line)
    }

    /// Adds the last event, after telling what was lost.
    mutating func finish(_ event: DigitEvent) {
        tellLost()
        var line: [UInt8] = []
        format.append(event, to: &line)
        if !line.isEmpty { lines.append(line) }
    }

    /// The bytes of the next lines in order; empty where there are none.
    mutating func take() -> [UInt8] {
        let count = min(lines.count, max(1, capacity / Self.turns))
        let bytes = Array(lines[..<count].joined())
        lines.removeFirst(count)
        if lost > 0, lines.count <= capacity / 2 { tellLost() }
        return bytes
    }

    /// What the format has no place for, as a sentence for standard error; nil if there is nothing.
    private(set) var complaint: String?

    /// The complaint, once.
    mutating func takeComplaint() -> String? {
        defer { complaint = nil }
        return complaint
    }

    private mutating func tellLost() {
        guard lost > 0 else { return }
        let event = DigitEvent.overflow(.init(lost: lost))
        lost = 0
        var line: [UInt8] = []
        format.append(event, to: &line)
        // Bare digits have no place for it, but whoever counts on every one must know.
        if line.isEmpty { complaint = event.text } else { lines.append(line) }
    }
}
