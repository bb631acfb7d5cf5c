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
    private let window: UnsafeMutableBufferPointer<Float>
    /// The newest samples stand from `historyStart` on; a hop moves that, and only at the end of the room are they moved.
    private let history: UnsafeMutableBufferPointer<Float>
    private let power: UnsafeMutableBufferPointer<Float>
    private let frame: UnsafeMutableBufferPointer<Float>
    private var historyStart = 0
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
        window = Self.zeros(p.windowLength)
        for n in 0..<p.windowLength {
            window[n] = Float(0.5 - 0.5 * cos(2 * Double.pi * Double(n) / Double(p.windowLength)))
        }
        // Eight windows of room: one move in many hops.
        history = Self.zeros(8 * p.windowLength)
        power = Self.zeros(bank.readCount)
        frame = Self.zeros(p.bandCount)
        skipCount = p.windowOffset
    }

    private static func zeros(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
        let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: (count + 7) / 8 * 8)
        buffer.initialize(repeating: 0)
        return buffer
    }

    deinit {
        window.deallocate()
        history.deallocate()
        power.deallocate()
        frame.deallocate()
    }

    /// Forgets every sample: the next one is sample 0 of a new signal. For the place where samples were lost.
    public mutating func reset() {
        (historyStart, historyCount) = (0, 0)
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
                if skipCount == 0, historyCount <= position, parameters.hopLength <= parameters.windowLength {
                    takeAll(UnsafeBufferPointer(rebasing: samples[(position - historyCount)...]), body)
                    break
                }
                position += take(samples, from: position)
                if historyCount == parameters.windowLength {
                    emit(history.baseAddress! + historyStart, body)
                    advanceOneHop()
                }
            }
        }
    }

    /// The same frames without copying every sample: all that `history` would hold stands in `samples`, whose first is the next
    /// frame's.
    private mutating func takeAll(_ samples: UnsafeBufferPointer<Float>, _ body: (Span<Float>) -> Void) {
        var start = 0
        while start + parameters.windowLength <= samples.count {
            emit(samples.baseAddress! + start, body)
            start += parameters.hopLength
        }
        historyStart = 0
        historyCount = samples.count - start
        history.baseAddress!.update(from: samples.baseAddress! + start, count: historyCount)
    }

    /// The frame of the samples from a place on.
    private func emit(_ samples: UnsafePointer<Float>, _ body: (Span<Float>) -> Void) {
        applyWindow(samples)
        computeBands()
        let bands = UnsafeBufferPointer(rebasing: frame[..<parameters.bandCount])
        body(bands.span)
    }

    /// Skips or stores samples from `position` on, up to the end of the frame, and returns how many.
    private mutating func take(_ samples: UnsafeBufferPointer<Float>, from position: Int) -> Int {
        if skipCount > 0 {
            let count = min(skipCount, samples.count - position)
            skipCount -= count
            return count
        }
        let count = min(parameters.windowLength - historyCount, samples.count - position)
        if count > 0 {
            (history.baseAddress! + historyStart + historyCount)
                .update(from: samples.baseAddress! + position, count: count)
        }
        historyCount += count
        return count
    }

    private mutating func advanceOneHop() {
        let hop = parameters.hopLength
        historyCount = max(0, parameters.windowLength - hop)
        skipCount = max(0, hop - parameters.windowLength)
        historyStart = historyCount == 0 ? 0 : historyStart + hop
        if historyStart + parameters.windowLength > history.count {
            history.baseAddress!.update(from: history.baseAddress! + historyStart, count: historyCount)
            historyStart = 0
        }
    }

    /// As many samples as the window is long to the transform's input.
    private func applyWindow(_ samples: UnsafePointer<Float>) {
        // The window starts at sample 0 of the block instead of in its middle: that changes the phase only, and the
        // samples of the block behind it stay zero.
        let (input, window) = (transform.input.baseAddress!, UnsafePointer(window.baseAddress!))
        let count = parameters.windowLength
        var index = 0
        while index &+ 4 <= count {
            input[four: index] = window[four: index] * samples[four: index]
            index &+= 4
        }
        while index < count {
            input[index] = window[index] * samples[index]
            index &+= 1
        }
    }

    /// The transform's input to `frame`.
    private func computeBands() {
        transform.power(into: power)
        bank.apply(power, frame)
        let levels = frame.baseAddress!
        for index in stride(from: 0, to: frame.count, by: 4) {
            levels[four: index] = VectorMath.log(levels[four: index] + parameters.powerFloor)
        }
    }
}
