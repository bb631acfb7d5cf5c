/// The last frames of a stream, each of which can be had as part of one contiguous span.
///
/// Frames are appended to a buffer of twice the capacity; when it is full the younger half moves to the front, which is one
/// copy of 40 floats a frame on the average. Nothing is allocated after `init` but by `grow`.
struct FrameHistory: ~Copyable {
    /// What stands for a value that is no number: about the logarithm of digital silence's power.
    private static let silence: Float = -23

    private let bandCount: Int
    private var capacity: Int
    private var values: [Float]
    /// The frame number of `values[0]`.
    private var firstFrame = 0
    private var count = 0

    /// Keeps at least the last `capacity` frames.
    init(bandCount: Int, capacity: Int) {
        self.bandCount = bandCount
        self.capacity = capacity
        values = Array(repeating: 0, count: 2 * capacity * bandCount)
    }

    /// The frames at hand.
    var frames: Range<Int> { firstFrame..<firstFrame + count }

    /// Forgets all frames; the next one has this number.
    mutating func restart(at frame: Int) {
        firstFrame = frame
        count = 0
    }

    /// Keeps at least the last `newCapacity` frames from now on, and all that are at hand.
    mutating func grow(to newCapacity: Int) {
        guard newCapacity > capacity else { return }
        capacity = newCapacity
        values += Array(repeating: 0, count: 2 * capacity * bandCount - values.count)
    }

    mutating func append(_ frame: Span<Float>) {
        if count == 2 * capacity {
            values.withUnsafeMutableBufferPointer { values in
                let half = capacity * bandCount
                values.baseAddress!.update(from: values.baseAddress! + half, count: half)
            }
            firstFrame += capacity
            count = capacity
        }
        let offset = count * bandCount
        for band in 0..<bandCount {
            // One broken sample would otherwise stay in the background's running mean for ever.
            values[offset + band] = frame[band].isFinite ? frame[band] : Self.silence
        }
        count += 1
    }

    /// Calls `body` with frames one after the other. `range` lies inside `frames`.
    func withFrames<Result>(_ range: Range<Int>, _ body: (Span<Float>) -> Result) -> Result {
        let lower = (range.lowerBound - firstFrame) * bandCount
        let upper = (range.upperBound - firstFrame) * bandCount
        return body(values.span.extracting(lower..<upper))
    }
}
