import Glibc
import MelSpectrogram

/// When a window is heard a second time, said slower, and how: what ``ResNetClassifier`` does to one window and
/// ``BatchClassifier`` to many.
///
/// What is a digit only as it happened to be said is none: with the mean of the two windows' logits fewer syllables in talk and fewer sounds
/// of music are taken for digits, at the same share of digits heard (Trials, "Two speeds"). Windows that are certain are
/// heard once, clear digits and most of what is none among them.
struct SecondLook {
    /// The other speed that a window is heard at.
    static let speed = 0.84
    /// From this probability of any label on a window is not heard again. Label smoothing keeps nearly all below 0.995.
    static let certainty: Float = 0.99

    /// What the logits are divided by before the softmax; over 0.
    let temperature: Float
    private let warp: SpeedWarp

    init(temperature: Float, parameters: MelParameters) {
        self.temperature = temperature
        warp = SpeedWarp(speed: Self.speed, parameters: parameters)
    }

    /// Whether a window with these logits is to be heard again. One whose logits are not finite is not.
    func isWanted(after logits: Span<Float>) -> Bool {
        let sum = softmaxTerms(logits).sum
        return 1 / sum < Self.certainty && sum.isFinite
    }

    /// The largest logit, and what the powers of the others' distances to it are divided by; 1 / `sum` is the largest probability.
    func softmaxTerms(_ logits: Span<Float>) -> (largest: Float, sum: Float) {
        var largest = -Float.infinity
        for index in logits.indices { largest = max(largest, logits[index]) }
        var sum: Float = 0
        for index in logits.indices { sum += expf((logits[index] - largest) / temperature) }
        return (largest, sum)
    }

    /// The window at the other speed, normalised. No allocation.
    func apply(_ window: Span<Float>, into output: inout MutableSpan<Float>) { warp.apply(window, into: &output) }
}
