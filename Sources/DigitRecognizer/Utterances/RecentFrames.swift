/// The last frames of a stream with their levels: those of the open utterance, or those that the next one may begin
/// with.
///
/// Frames are appended to a buffer of fixed size; when it is full, those that are still wanted move to its front.
/// Nothing is allocated after `init`.
struct RecentFrames {
    /// What stands for a value that is no number: about the logarithm of digital silence's power.
    private static let silence: Float = -23

    private let bandCount: Int
    private let capacity: Int
    private var values: [Float] = []
    private var levels: [Float] = []
    /// The frame number of `levels[0]`.
    private var first = 0

    /// Room for `capacity` frames.
    init(bandCount: Int, capacity: Int) {
        self.bandCount = bandCount
        self.capacity = capacity
        values.reserveCapacity(bandCount * capacity)
        levels.reserveCapacity(capacity)
    }

    /// The frames at hand.
    var frames: Range<Int> { first..<first + levels.count }

    /// The level of a frame at hand, in dB.
    func level(_ frame: Int) -> Float { levels[frame - first] }

    /// Forgets all frames; the next one has this number.
    mutating func restart(at frame: Int) {
        values.removeAll(keepingCapacity: true)
        levels.removeAll(keepingCapacity: true)
        first = frame
    }

    /// Takes the next frame and its level in dB.
    ///
    /// - Parameter wanted: the first frame that is still needed.
    mutating func append(_ frame: Span<Float>, level: Float, wanted: Int) {
        if levels.count == capacity {
            let count = min(max(wanted - first, 1), levels.count)
            values.removeFirst(count * bandCount)
            levels.removeFirst(count)
            first += count
        }
        // One broken sample would otherwise decide the mean of an utterance.
        for band in frame.indices { values.append(frame[band].isFinite ? frame[band] : Self.silence) }
        levels.append(level)
    }

    /// Copies frames, one after the other, in place of what an array held.
    func copy(_ range: Range<Int>, into array: inout [Float]) {
        array.removeAll(keepingCapacity: true)
        let wanted = (range.lowerBound - first) * bandCount..<(range.upperBound - first) * bandCount
        array.append(contentsOf: values[wanted])
    }

    /// The quietest frame of a range, the first of equals; its beginning where it is empty.
    func quietest(_ range: Range<Int>) -> Int {
        var best = range.lowerBound
        for frame in range.clamped(to: frames) where level(frame) < level(best) { best = frame }
        return best
    }
}
