/// Which sample of the stream was captured when: the stamps of the last blocks, in the stream's own samples.
///
/// The resampler compensates its delay, so that sample `n` of a segment stands for the source's frame `n * inputRate / rate`
/// however late it is given out. A fixed table; nothing is allocated after `init`.
struct CaptureClock: ~Copyable {
    private struct Stamp {
        var sample: Double
        var time: Int64
    }

    private let rate: Double
    private var inputRate: Double
    private var segmentStart = 0
    private var segmentFrames = 0
    private let stamps: UnsafeMutableBufferPointer<Stamp>
    private var stampCount = 0

    /// - Parameter rate: the stream's rate in Hz.
    init(rate: Int) {
        self.rate = Double(rate)
        inputRate = Double(rate)
        // At a period of 10 ms this is 5 s, longer than any utterance and the wait behind it.
        stamps = .allocate(capacity: 512)
    }

    deinit {
        stamps.deallocate()
    }

    /// The next blocks have this rate, in Hz; between segments only.
    mutating func setInputRate(_ rate: Int) {
        inputRate = Double(rate)
    }

    /// The next block begins at this sample of the stream.
    mutating func beginSegment(atSample sample: Int) {
        segmentStart = sample
        segmentFrames = 0
    }

    /// A block of `frames` source frames, the first captured at `time` (CLOCK_MONOTONIC ns, 0 when not known).
    mutating func add(frames: Int, at time: Int64) {
        if time > 0 {
            let sample = Double(segmentStart) + Double(segmentFrames) * rate / inputRate
            stamps[stampCount % stamps.count] = Stamp(sample: sample, time: time)
            stampCount += 1
        }
        segmentFrames += frames
    }

    /// The capture of a sample in CLOCK_MONOTONIC ns, nil when no stamp is that old.
    func time(ofSample sample: Int) -> Int64? {
        let oldest = max(0, stampCount - stamps.count)
        var index = stampCount - 1
        while index >= oldest {
            let stamp = stamps[index % stamps.count]
            if stamp.sample <= Double(sample) {
                return stamp.time + Int64((Double(sample) - stamp.sample) / rate * 1e9)
            }
            index -= 1
        }
        return nil
    }
}
