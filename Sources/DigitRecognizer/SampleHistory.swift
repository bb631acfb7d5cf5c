/// The last seconds of a stream's samples, for whoever wants to hear again what an event speaks of.
///
/// Positions count the samples that arrived, as ``StreamRecognizer/sampleCount`` does. Appending moves each sample at most
/// once more; nothing is allocated after `init`.
public struct SampleHistory: Sendable {
    private let capacity: Int
    private var values: [Float]
    private var first = 0

    /// Keeps at least the last `capacity` samples.
    public init(capacity: Int) {
        self.capacity = capacity
        values = []
        values.reserveCapacity(2 * capacity)
    }

    /// The positions at hand.
    public var positions: Range<Int> { first..<first + values.count }

    /// Takes the next samples.
    public mutating func append(_ samples: Span<Float>) {
        for index in samples.indices {
            if values.count == 2 * capacity {
                values.removeFirst(capacity)
                first += capacity
            }
            values.append(samples[index])
        }
    }

    /// The samples at these positions, as far as they are at hand.
    public func samples(_ wanted: Range<Int>) -> [Float] {
        let range = wanted.clamped(to: positions)
        return Array(values[range.lowerBound - first..<range.upperBound - first])
    }
}
