/// The log mel powers of a whole signal: `frameCount` frames of `bandCount` bands.
public struct MelSpectrogram: Sendable, Equatable {
    /// Mel bands in a frame.
    public let bandCount: Int
    /// Natural logarithms of (mel power + floor), frame after frame: `[frame * bandCount + band]`, lowest band first.
    public var values: [Float]

    /// Frames in the spectrogram.
    public var frameCount: Int { values.count / bandCount }

    /// A spectrogram of values that are there already.
    /// - Precondition: `bandCount` is positive and `values.count` is a multiple of it.
    public init(bandCount: Int, values: [Float]) {
        precondition(bandCount > 0 && values.count.isMultiple(of: bandCount), "values must be whole frames")
        self.bandCount = bandCount
        self.values = values
    }

    /// The spectrogram of a signal, the same frames that a `MelFrameStream` gives; makes a new stream each time.
    /// - Parameters:
    ///   - samples: Mono samples at `parameters.sampleRate`, -1 to 1. With fewer than 228 the result has no frame.
    ///   - parameters: The front end.
    /// - Throws: `MelError.parameterOutOfRange`, or `MelError.transformUnavailable` without memory.
    public init(samples: [Float], parameters: MelParameters = .standard) throws(MelError) {
        var stream = try MelFrameStream(parameters)
        self.init(samples: samples.span, stream: &stream)
    }

    /// The spectrogram of a signal through a stream that is used again and again, which is reset first.
    public init(samples: Span<Float>, stream: inout MelFrameStream) {
        bandCount = stream.parameters.bandCount
        var values: [Float] = []
        values.reserveCapacity(bandCount * stream.parameters.frameCount(sampleCount: samples.count))
        stream.reset()
        stream.process(samples) { frame in
            frame.withUnsafeBufferPointer { values.append(contentsOf: $0) }
        }
        self.values = values
    }

    /// The natural logarithm of the power of one band of one frame.
    public subscript(frame frame: Int, band band: Int) -> Float {
        get {
            precondition((0..<bandCount).contains(band), "band out of range")
            return values[frame * bandCount + band]
        }
        set {
            precondition((0..<bandCount).contains(band), "band out of range")
            values[frame * bandCount + band] = newValue
        }
    }
}
