import Foundation

/// Samples in, in chunks of any size; one frame of log mel powers out every hop.
///
/// The frames depend on the samples alone: any chunking gives the same frames, bit for bit. See `MelParameters` for
/// which samples a frame covers. Single precision rounds by the frame's strongest band: in sound like speech every band
/// equals librosa's to 1e-4 relative, but one 75 dB under a pure tone may be off by 3e-4.
///
/// Making one costs an FFT plan and a filter bank; afterwards nothing is allocated, locked or logged. It is not for several
/// threads at once: give each its own.
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
            var position = 0
            while position < samples.count {
                position += take(samples, from: position)
                if historyCount == history.count {
                    applyWindow()
                    transform.execute()
                    computeBands()
                    body(frame.span)
                    advanceOneHop()
                }
            }
        }
    }

    /// Skips or stores samples from `position` on, up to the end of the frame, and returns how many.
    private mutating func take(_ samples: UnsafeBufferPointer<Float>, from position: Int) -> Int {
        if skipCount > 0 {
            let count = min(skipCount, samples.count - position)
            skipCount -= count
            return count
        }
        let count = min(history.count - historyCount, samples.count - position)
        for index in 0..<count { history[historyCount + index] = samples[position + index] }
        historyCount += count
        return count
    }

    private mutating func advanceOneHop() {
        let hop = parameters.hopLength
        historyCount = max(0, history.count - hop)
        skipCount = max(0, hop - history.count)
        for index in 0..<historyCount { history[index] = history[hop + index] }
    }

    /// `history` to the transform's input.
    private func applyWindow() {
        // The window starts at sample 0 of the block instead of in its middle: that changes the phase only, and the
        // samples of the block behind it stay zero.
        for index in 0..<history.count {
            transform.input[index] = window[index] * history[index]
        }
    }

    /// The transform's output to `frame`.
    private func computeBands() {
        for bin in 0..<power.count {
            let real = transform.output[2 * bin]
            let imaginary = transform.output[2 * bin + 1]
            power[bin] = real * real + imaginary * imaginary
        }
        let firstBins = bank.firstBins.span
        let offsets = bank.offsets.span
        let weights = bank.weights.span
        for band in 0..<frame.count {
            var sum: Float = 0
            var bin = firstBins[band]
            for index in offsets[band]..<offsets[band + 1] {
                sum += weights[index] * power[bin]
                bin += 1
            }
            frame[band] = logf(sum + parameters.powerFloor)
        }
    }
}
