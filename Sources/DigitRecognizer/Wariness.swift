/// How much rarer digits are here than the classifier assumes: after several utterances in a row that were none, a digit must
/// be more certain.
///
/// A classifier's posteriors hold where digits are about as frequent as in its training. Where music plays or people talk, a
/// hundred other sounds go by for each digit, and what is left of them at an even chance is mostly wrong. By Bayes' rule, posterior
/// odds scale with the prior odds; so the least odds that are accepted grow by `oddsFactor` there. One digit that is certain enough
/// ends it: who says a number is believed as before from its second digit on.
struct Wariness {
    /// Utterances in a row that were no digits, from which on it holds. Someone who is asked to repeat a digit stays below.
    static let othersMinimum = 6
    /// Prior odds of a digit, in training against here.
    static let oddsFactor: Float = 40
    /// No more is asked for: hardly any digit in noise is more probable than this.
    static let posteriorMaximum: Float = 0.98
    /// What was longer ago than this many frames (a minute) says nothing of now.
    static let memoryFrames = 6000

    private var others = 0
    private var lastFrame = 0

    /// An utterance that was no digit ended at this frame.
    mutating func noteOther(at frame: Int) {
        if frame - lastFrame > Self.memoryFrames { others = 0 }
        others += 1
        lastFrame = frame
    }

    /// A digit was given.
    mutating func noteDigit() { others = 0 }

    /// The least posterior of a digit at this frame.
    ///
    /// - Parameter posterior: the same where nothing else was heard, 0...1.
    func threshold(_ posterior: Float, at frame: Int) -> Float {
        guard others >= Self.othersMinimum, frame - lastFrame <= Self.memoryFrames,
            posterior < Self.posteriorMaximum
        else { return posterior }
        let odds = posterior / (1 - posterior) * Self.oddsFactor
        return min(odds / (1 + odds), Self.posteriorMaximum)
    }
}
