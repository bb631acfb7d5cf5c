import MelSpectrogram

/// Gives a recording the long-term spectrum of another one of the same word: another voice's and microphone's colour over
/// the same sounds.
///
/// Filters made by a rule do not look like the differences between real microphones. The mean of an utterance's frames
/// in each band holds its speaker and microphone, and where both say the same word little else; moving one mean towards the other and
/// beyond it gives colours that exist. After Freq-MixStyle: Schmid et al., "CP-JKU submission to DCASE22" (2022), who
/// take it for recorders never heard; it goes back to Zhou et al., "Domain generalization with MixStyle" (2021).
enum SpectrumTransfer {
    /// Frames 25 dB below the loudest say more of the room than of the voice.
    private static let range = 25 * Math.nepersPerDecibel

    /// The mean of every band over an utterance's loud frames; natural logarithms of mel powers. Nil without a frame.
    static func mean(_ frames: Span<Float>) -> [Float]? {
        let bands = WindowShape.bands
        let count = frames.count / bands
        guard count > 0 else { return nil }
        let loudest = (0..<count).map { frame in
            (0..<bands).reduce(-Float.infinity) { max($0, frames[frame * bands + $1]) }
        }
        let least = loudest.reduce(-Float.infinity) { max($0, $1) } - range
        var mean = [Float](repeating: 0, count: bands)
        var taken: Float = 0
        for frame in 0..<count where loudest[frame] >= least {
            for band in 0..<bands { mean[band] += frames[frame * bands + band] }
            taken += 1
        }
        for band in 0..<bands { mean[band] /= taken }
        return mean
    }

    /// What to add to every frame so that a spectrum comes near another one.
    ///
    /// - Parameters:
    ///   - share: how far; 0 leaves it, 1 makes it the other.
    ///   - limit: the most that is added or taken, in nepers of power.
    /// - Returns: a value a band whose mean is near 0, smoothed over five bands so that no harmonic of a voice is left in it.
    static func difference(from mean: [Float], to other: [Float], share: Float, limit: Float) -> [Float] {
        let bands = mean.count
        let raw = (0..<bands).map { other[$0] - mean[$0] }
        let level = raw.reduce(0, +) / Float(bands)
        let weights: [Float] = [1, 2, 3, 2, 1]
        return (0..<bands).map { band in
            var sum: Float = 0
            var weight: Float = 0
            for (offset, w) in weights.enumerated() {
                let source = band + offset - 2
                guard source >= 0 && source < bands else { continue }
                sum += w * (raw[source] - level)
                weight += w
            }
            return max(-limit, min(limit, share * sum / weight))
        }
    }
}
