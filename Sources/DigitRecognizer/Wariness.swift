/// How much rarer digits are here than the classifier assumes: the more utterances in a row were none, the more certain a digit
/// must be.
///
/// A classifier's posteriors hold where digits are about as frequent as in its training. Where music plays or people talk, a
/// hundred other sounds go by for each digit, and what is left of them at an even chance is mostly wrong. By Bayes' rule, posterior
/// odds scale with the prior odds; so the least odds that are accepted grow there, twofold with each utterance after the first,
/// up to `oddsFactorMaximum`. One digit that is certain enough ends it: who says a number is believed as before from its
/// second digit on.
struct Wariness {
    /// Prior odds of a digit, in training against a place where no digit was heard for long.
    static let oddsFactorMaximum: Float = 40
    /// What was longer ago than this many frames (a minute) says nothing of now.
    static let memoryFrames = 6000

    /// Doubled by each. The first makes no difference yet: it may be a cough, or a digit misheard.
    private var oddsFactor: Float = 0.5
    private var lastFrame = 0

    /// An utterance that was no digit ended at this frame.
    mutating func noteOther(at frame: Int) {
        if frame - lastFrame > Self.memoryFrames { noteDigit() }
        oddsFactor = min(2 * oddsFactor, Self.oddsFactorMaximum)
        lastFrame = frame
    }

    /// A digit was given.
    mutating func noteDigit() { oddsFactor = 0.5 }

    /// The least posterior of a digit at this frame.
    ///
    /// - Parameter posterior: the same where nothing else was heard, 0...1.
    func threshold(_ posterior: Float, at frame: Int) -> Float {
        guard oddsFactor > 1, frame - lastFrame <= Self.memoryFrames else { return posterior }
        return PriorOdds.threshold(posterior, oddsFactor: oddsFactor)
    }
}
