/// Splits what a client sends into lines. No I/O.
struct RequestLines {
    private var bytes: [UInt8] = []
    /// Where the next line begins.
    private var start = 0
    /// Up to where there is no LF.
    private var scanned = 0
    private let lengthMaximum: Int

    /// What `next` gives.
    enum Line: Equatable {
        /// A line without its LF.
        case line([UInt8])
        /// More bytes than a line may have, its LF counted.
        case tooLong
    }

    init(lengthMaximum: Int) { self.lengthMaximum = lengthMaximum }

    /// Bytes that are kept.
    var count: Int { bytes.count - start }

    mutating func append(_ chunk: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            scanned -= start
            start = 0
        }
        bytes.append(contentsOf: chunk)
    }

    /// Ends a last line that came without its LF.
    mutating func finish() {
        if count > 0, bytes.last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
    }

    /// The next line, if it is complete or already too long.
    mutating func next() -> Line? {
        let limit = min(bytes.count, start + lengthMaximum)
        while scanned < limit {
            guard bytes[scanned] == UInt8(ascii: "\n") else {
                scanned += 1
                continue
            }
            let line = Array(bytes[start..<scanned])
            scanned += 1
            start = scanned
            if start == bytes.count { clear() }
            return .line(line)
        }
        return count >= lengthMaximum ? .tooLong : nil
    }

    private mutating func clear() {
        // Not kept: most clients send one request when they connect and never another.
        bytes = []
        start = 0
        scanned = 0
    }
}
