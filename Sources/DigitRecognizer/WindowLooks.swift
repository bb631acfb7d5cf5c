import MelSpectrogram

/// The classifier with its window, and what it said of the present utterance.
///
/// An utterance is looked at again at each pause, and the ways of cutting it share their members: the frames of a window do not
/// change, so no window is classified twice.
struct WindowLooks<Classifier: WindowClassifier>: ~Copyable {
    private let classifier: Classifier
    private let frontEnd: MelParameters
    private var window: [Float]
    private var probabilities: [Float]
    private var posteriors: [Range<Int>: Posterior] = [:]

    init(classifier: Classifier, frontEnd: MelParameters) {
        self.classifier = classifier
        self.frontEnd = frontEnd
        window = Array(repeating: 0, count: frontEnd.bandCount * frontEnd.windowFrames)
        probabilities = Array(repeating: 0, count: Posterior.classCount)
    }

    /// Forgets what begins before this frame; by default everything.
    mutating func forget(before frame: Int = .max) {
        posteriors = posteriors.filter { $0.key.lowerBound >= frame }
    }

    /// What was said of these frames; nil where nobody asked.
    subscript(frames: Range<Int>) -> Posterior? { posteriors[frames] }

    /// What the classifier says of these frames amid this background.
    mutating func classify(
        _ frames: Range<Int>, of history: borrowing FrameHistory, background: borrowing [Float]
    ) -> Posterior {
        if let known = posteriors[frames] { return known }
        Self.fill(&window, history, frames, background, frontEnd)
        Self.classify(classifier, window, &probabilities)
        let posterior = Posterior(probabilities)
        posteriors[frames] = posterior
        return posterior
    }

    // Static, so that each buffer is an access of its own: spans of two of them at once would be two accesses to `self`.

    private static func fill(
        _ window: inout [Float], _ history: borrowing FrameHistory, _ frames: Range<Int>, _ background: [Float],
        _ frontEnd: MelParameters
    ) {
        var output = window.mutableSpan
        history.withFrames(frames) { utterance in
            UtteranceWindow.fill(
                &output, utterance: utterance, background: background.span, parameters: frontEnd)
        }
    }

    private static func classify(_ classifier: Classifier, _ window: [Float], _ probabilities: inout [Float]) {
        var output = probabilities.mutableSpan
        classifier.classify(window.span, into: &output)
    }
}
