import Glibc

/// How loud a word is, against its background and against full scale.
public struct SpeechLevel: Sendable, Equatable {
    /// The loudest 25 ms of the word, in dB relative to a sine of full scale.
    public var word: Double
    /// The background before it, likewise; nil where under 50 ms of it are there.
    public var background: Double?
    /// Samples of the word within 2 % of full scale.
    public var clipped = 0

    /// 25 ms at 8 kHz.
    private static let block = 200
    /// 10 ms.
    private static let hop = 80
    /// Kept apart from the background: an onset's first 100 ms may be too weak to be found.
    private static let margin = 800

    /// Measures a word.
    ///
    /// - Parameters:
    ///   - samples: mono at 8 kHz, full scale 1.
    ///   - speech: where the word is in them.
    public init(samples: [Float], speech: Range<Int>) {
        let speech = speech.clamped(to: 0..<samples.count)
        var loudest = 0.0
        var start = speech.lowerBound
        repeat {
            loudest = max(loudest, Self.power(samples[start..<min(start + Self.block, speech.upperBound)]))
            start += Self.hop
        } while start + Self.block <= speech.upperBound
        word = Self.decibels(loudest)
        let before = 0..<max(0, speech.lowerBound - Self.margin)
        background = before.count >= 400 ? Self.decibels(Self.power(samples[before])) : nil
        clipped = samples[speech].count { abs($0) >= 0.98 }
    }

    private static func power(_ samples: ArraySlice<Float>) -> Double {
        guard !samples.isEmpty else { return 0 }
        return samples.reduce(0) { $0 + Double($1) * Double($1) } / Double(samples.count)
    }

    /// A sine of full scale has half the power of its peak squared. Digital silence is -100 dB.
    private static func decibels(_ power: Double) -> Double { max(-100, 10 * log10(2 * power + 1e-30)) }
}
