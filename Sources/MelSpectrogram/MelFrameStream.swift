import Foundation

/// Samples in, in chunks of any size; one frame of log mel powers out every hop.
///
/// The frames depend on the samples alone: any chunking gives the same frames, bit for bit. See `MelParameters` for
/// which samples a frame covers. Making one costs an FFT plan and a filter bank (tens of microseconds); afterwards
/// nothing is allocated, locked or logged. It is not for several threads at once: give each its own.
public struct MelFrameStream: ~Copyable, @unchecked Sendable {
    // Sendable: the buffers behind the pointers belong to this one value, which cannot be copied.

    /// The numbers that the frames are made with.
    public let parameters: MelParameters

    private let transform: RealTransform
    private let bank: MelFilterBank
    private let window: [Float]
    private let history: UnsafeMutableBufferPointer<Float>
    private let power: UnsafeMutableBufferPointer<Float>
    private let frame: UnsafeMutableBufferPointer<Float>
    private var historyCount = 0
    private var skipCount: Int

    /// Prepares a stream whose next sample is sample 0.
    /// - Throws: `MelError.parameterOutOfRange`, or `MelError.transformUnavailable` without memory.
    public init(_ p: MelParameters = .standard) throws(MelError) {
        try p.validate()
        transform = try RealTransform(length: p.fftLength)
        parameters = p
        bank = MelFilterBank(p)
        // Periodic, not symmetric: 0.5 - 0.5 cos(2 pi n / N), as scipy.signal.get_window("hann", N).
        window = (0..<p.windowLength).map { n in
            Float(0.5 - 0.5 * cos(2 * Double.pi * Double(n) / Double(p.windowLength)))
        }
        history = .allocate(capacity: p.windowLength)
        history.initialize(repeating: 0)
        power = .allocate(capacity: p.fftLength / 2 + 1)
        power.initialize(repeating: 0)
        frame = .allocate(capacity: p.bandCount)
        frame.initialize(repeating: 0)
        skipCount = p.windowOffset
    }

    deinit {
        history.deallocate()
        power.deallocate()
        frame.deallocate()
    }

    /// Forgets every sample: the next one is sample 0 of a new signal. For the place where samples were lost.
    public mutating func reset() {
        historyCount = 0
        skipCount = parameters.windowOffset
    }

    /// Takes the next samples and calls `body` for each frame that they complete, in order.
    /// - Parameters:
    ///   - samples: Mono samples, -1 to 1; any number of them.
    ///   - body: Gets the frame: `bandCount` natural logarithms of (mel power + `powerFloor`), lowest band first. The
    ///     span is valid during the call only.
    public mutating func process(_ samples: Span<Float>, _ body: (Span<Float>) -> Void) {
        samples.withUnsafeBufferPointer { samples in
            var rest = samples[...]
            while !rest.isEmpty {
                if skipCount > 0 {
                    let count = min(skipCount, rest.count)
                    skipCount -= count
                    rest = rest.dropFirst(count)
                    continue
                }
                let count = min(history.count - historyCount, rest.count)
                _ = history[historyCount...].update(fromContentsOf: rest.prefix(count))
                historyCount += count
                rest = rest.dropFirst(count)
                if historyCount == history.count {
                    computeFrame()
                    body(frame.span)
                    advanceOneHop()
                }
            }
        }
    }

    private mutating func advanceOneHop() {
        let hop = parameters.hopLength
        historyCount = max(0, history.count - hop)
        skipCount = max(0, hop - history.count)
        if historyCount > 0 {
            _ = history[..<historyCount].update(fromContentsOf: history[hop...])
        }
    }

    /// Fills `frame` from `history`.
    private func computeFrame() {
        // The window starts at sample 0 of the block instead of in its middle: that changes the phase only, and the
        // samples of the block behind it stay zero.
        for index in window.indices {
            transform.input[index] = window[index] * history[index]
        }
        transform.execute()
        for bin in power.indices {
            let real = transform.output[2 * bin]
            let imaginary = transform.output[2 * bin + 1]
            power[bin] = real * real + imaginary * imaginary
        }
        for band in frame.indices {
            var sum: Float = 0
            var bin = bank.firstBins[band]
            for index in bank.offsets[band]..<bank.offsets[band + 1] {
                sum += bank.weights[index] * power[bin]
                bin += 1
            }
            frame[band] = logf(sum + parameters.powerFloor)
        }
    }
}
