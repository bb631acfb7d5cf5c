import Foundation

/// The numbers of the front end: they belong to a trained network and travel in its weights file.
///
/// The standard values equal `librosa.feature.melspectrogram(sr=8000, n_fft=256, win_length=200, hop_length=80,
/// n_mels=40, fmin=60, fmax=3800, center=False, power=2.0)`.
///
/// As in librosa, the window sits in the middle of the FFT's block, so frame `i` weights the samples
/// `80 i + 28 ..< 80 i + 228` and its block is `80 i ..< 80 i + 256`. A frame is produced as soon as its last *weighted*
/// sample is there. The 28 samples of the block after it are multiplied by zero: not waiting for them saves 3.5 ms, and
/// makes a signal of `n` samples have `1 + (n - 228) / 80` frames, streamed or at once, where librosa, which wants the
/// whole block, has `1 + (n - 256) / 80`. The frames that both have are equal.
public struct MelParameters: Sendable, Hashable {
    /// Samples a second, in Hz.
    public var sampleRate: Int
    /// Length of the periodic Hann window, in samples (200 is 25 ms).
    public var windowLength: Int
    /// Length of the FFT, in samples; even and at least `windowLength`.
    public var fftLength: Int
    /// Distance between the starts of neighbouring frames, in samples (80 is 10 ms).
    public var hopLength: Int
    /// Number of mel bands.
    public var bandCount: Int
    /// Lower edge of the lowest band, in Hz.
    public var lowestFrequency: Double
    /// Upper edge of the highest band, in Hz; at most half of `sampleRate`.
    public var highestFrequency: Double
    /// Added to every band's power before the logarithm, so that digital silence has one.
    public var powerFloor: Float
    /// Frames of the network's input window (96 is 0.96 s).
    public var windowFrames: Int

    /// The front end of digitd.
    public static let standard = MelParameters()

    /// The standard numbers, with those given replaced; `validate()` says whether they can be used.
    public init(
        sampleRate: Int = 8000, windowLength: Int = 200, fftLength: Int = 256, hopLength: Int = 80,
        bandCount: Int = 40, lowestFrequency: Double = 60, highestFrequency: Double = 3800,
        powerFloor: Float = 1e-10, windowFrames: Int = 96
    ) {
        self.sampleRate = sampleRate
        self.windowLength = windowLength
        self.fftLength = fftLength
        self.hopLength = hopLength
        self.bandCount = bandCount
        self.lowestFrequency = lowestFrequency
        self.highestFrequency = highestFrequency
        self.powerFloor = powerFloor
        self.windowFrames = windowFrames
    }

    /// Throws `MelError.parameterOutOfRange` for the first number that the front end cannot use.
    public func validate() throws(MelError) {
        try require("sampleRate", sampleRate, 1000...192_000)
        try require("windowLength", windowLength, 2...16_384)
        try require("fftLength", fftLength, windowLength...32_768)
        guard fftLength.isMultiple(of: 2) else {
            throw .parameterOutOfRange(name: "fftLength", value: "\(fftLength)", allowed: "an even number")
        }
        try require("hopLength", hopLength, 1...16_384)
        try require("bandCount", bandCount, 1...512)
        try require("highestFrequency", highestFrequency, 1...Double(sampleRate) / 2)
        guard lowestFrequency >= 0, lowestFrequency < highestFrequency else {
            throw .parameterOutOfRange(
                name: "lowestFrequency", value: "\(lowestFrequency)", allowed: "0 to under \(highestFrequency)")
        }
        try require("powerFloor", powerFloor, Float.leastNormalMagnitude...1)
        try require("windowFrames", windowFrames, 1...16_384)
    }

    private func require<T: Comparable>(_ name: String, _ value: T, _ range: ClosedRange<T>) throws(MelError) {
        guard range.contains(value) else {
            throw .parameterOutOfRange(
                name: name, value: "\(value)", allowed: "\(range.lowerBound) to \(range.upperBound)")
        }
    }
}

extension MelParameters {
    /// What every band of digital silence holds: the natural logarithm of `powerFloor`.
    public var silence: Float { VectorMath.log(SIMD4(repeating: powerFloor))[0] }
}

// MARK: - Time

extension MelParameters {
    /// Samples of a block before the first one that the window weights: the window is centred in the block (28).
    public var windowOffset: Int { (fftLength - windowLength) / 2 }

    /// The samples that frame `frame` weights: `80 i + 28 ..< 80 i + 228`.
    public func sampleRange(ofFrame frame: Int) -> Range<Int> {
        let start = frame * hopLength + windowOffset
        return start..<start + windowLength
    }

    /// Frames that a signal of `sampleCount` samples has, streamed or at once.
    public func frameCount(sampleCount: Int) -> Int {
        let beyondFirst = sampleCount - windowOffset - windowLength
        return beyondFirst < 0 ? 0 : 1 + beyondFirst / hopLength
    }
}
