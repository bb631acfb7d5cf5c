import MelSpectrogram

/// Which sample a frame stands for, in two counts: samples of the stream, lost ones among them, and samples that arrived.
struct StreamClock {
    private let hop: Int
    /// From a frame's first sample of the FFT block to the centre of its window.
    private let centre: Int
    /// From there to the sample after the window's last.
    private let windowEnd: Int
    private let rate: Double

    /// The first frame since the last gap, and what lies before it.
    private var firstFrame = 0
    private var streamBase = 0
    private var arrivedBase = 0
    /// Samples that arrived.
    private(set) var arrived = 0
    /// Samples lost in gaps.
    private(set) var lost = 0

    init(_ parameters: MelParameters) {
        hop = parameters.hopLength
        centre = parameters.fftLength / 2
        windowEnd = parameters.fftLength / 2 + parameters.windowLength - parameters.windowLength / 2
        rate = Double(parameters.sampleRate)
    }

    mutating func arrive(_ count: Int) { arrived += count }

    /// Samples are missing here; the next frame has number `frame` and begins at the next sample.
    mutating func lose(_ count: Int, nextFrame frame: Int) {
        lost += count
        firstFrame = frame
        streamBase = arrived + lost
        arrivedBase = arrived
    }

    /// The whole stream so far, in seconds.
    var seconds: Double { Double(arrived + lost) / rate }

    /// Where sound begins that was first heard in this frame: half a hop before the window's centre. A burst enters the window
    /// earlier and counts as heard before the centre; tones were placed within 12 ms.
    func start(of frame: Int) -> Double { seconds(frame, centre - hop / 2) }

    /// Where sound ends that was last heard in the frame before this one.
    func end(before frame: Int) -> Double { min(seconds(frame - 1, centre + hop / 2), seconds) }

    /// How much had been heard when this many frames were known.
    func heard(frames: Int) -> Double { seconds(frames - 1, windowEnd) }

    /// The arrived sample at `end(before:)`.
    func arrivedSample(before frame: Int) -> Int {
        max(0, min(arrivedBase + (frame - 1 - firstFrame) * hop + centre + hop / 2, arrived) - 1)
    }

    private func seconds(_ frame: Int, _ offset: Int) -> Double {
        Double(streamBase + (frame - firstFrame) * hop + offset) / rate
    }
}
