/// The producer's end for a source that waits for room instead of dropping: a file, standard input.
struct BlockingFeeder: ~Copyable {
    private var writer: RingWriter
    private let stream: SourceStream

    init(_ stream: SourceStream) {
        writer = RingWriter(stream.ring)
        self.stream = stream
    }

    /// Says what the bytes that follow are.
    mutating func open(_ format: StreamFormat, deviceChannels: Int) {
        mark(OpenedMarker(format: format, deviceChannels: deviceChannels).entry)
    }

    /// Puts whole frames into the ring as soon as there is room.
    ///
    /// - Parameter time: capture of the first frame in CLOCK_MONOTONIC ns, 0 when not known.
    /// - Returns: false once a stop is wished for.
    mutating func give(_ bytes: UnsafeRawBufferPointer, frames: Int, time: Int64 = 0) -> Bool {
        while !stream.isStopping {
            if writer.offerOrRefuse(bytes.baseAddress!, count: bytes.count, frames: frames, time: time) { return true }
            writer.waitForRoom(payload: bytes.count, orReadable: stream.stopDescriptor)
        }
        return false
    }

    /// Says that no more will come.
    mutating func end() {
        mark(RingEntry(kind: .end))
    }

    /// Samples leave room for more markers than a feeder has.
    private mutating func mark(_ entry: RingEntry) {
        let hasRoom = writer.mark(entry)
        precondition(hasRoom)
    }
}
