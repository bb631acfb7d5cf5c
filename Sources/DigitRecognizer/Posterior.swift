/// What the classifier said of one window.
struct Posterior: Equatable {
    /// Probabilities of the digits 0 to 9, then of "not a digit".
    let classes: [Float]
    /// The likeliest digit.
    let digit: Int

    /// Classes of a classifier: ten digits and "not a digit".
    static let classCount = 11

    /// - Parameter classes: `classCount` probabilities.
    init(_ classes: [Float]) {
        self.classes = classes
        var best = 0
        for digit in 1..<10 where classes[digit] > classes[best] { best = digit }
        digit = best
    }

    /// The probability of `digit`.
    var probability: Float { classes[digit] }

    /// The probability of "not a digit".
    var other: Float { classes[Self.classCount - 1] }

    /// Whether a digit is likely enough, and likelier than "not a digit": a threshold under 0.5 alone would not see to that.
    func isAcceptable(_ threshold: Float) -> Bool { probability >= threshold && probability > other }
}
