import SpeechSegmenter

/// What a classifier's posterior must be where digits are rarer, among all that is heard, than in its training.
enum PriorOdds {
    /// No more is asked for: hardly any digit in noise is more probable than this.
    static let posteriorMaximum: Float = 0.98

    /// The least posterior where the odds of a digit, before it is heard, are lower by `oddsFactor` than where `posterior` is the least: by
    /// Bayes' rule, posterior odds scale with them.
    static func threshold(_ posterior: Float, oddsFactor: Float) -> Float {
        guard posterior < posteriorMaximum else { return posterior }
        let odds = posterior / (1 - posterior) * oddsFactor
        return min(odds / (1 + odds), posteriorMaximum)
    }
}

/// Sounds as short as a click are seldom digits.
///
/// What is loud of an eight or a six may be no longer, but then it is clear: of 1,507 clean digits said alone, by strangers and in
/// FSDD, 30 are shorter than this limit, each with a posterior of 0.97 or more. Plucked strings and drums are as short: in 5.4 hours of
/// music 8 of 21 false digits were.
enum Brevity {
    /// Frames of sound from which on a digit is as likely as any other.
    static let lengthMinimum = 16
    static let oddsFactor: Float = 20

    /// The least posterior of a single digit, `posterior` where it is long enough. Digits run together are not judged by it.
    static func threshold(_ posterior: Float, of segment: SpeechSegment) -> Float {
        guard segment.speech.count < lengthMinimum else { return posterior }
        return PriorOdds.threshold(posterior, oddsFactor: oddsFactor)
    }
}
