import Glibc
import SpeechSegmenter

/// A digit of an utterance, or what stands in its place.
struct RunMember: Equatable {
    var segment: SpeechSegment
    var posterior: Posterior
    /// The logarithm of its posterior in all views so far, less the penalties of its length and of its cut; 0 at best.
    var score: Float = 0
}

/// A way of cutting an utterance into digits.
struct Run: Equatable {
    /// The digit given before, as far as it reaches now.
    var anchor: RunMember?
    /// The digits to give, in order.
    var members: [RunMember]

    var digits: [Int] { members.map(\.posterior.digit) }

    /// The geometric mean of what is certain of the run at this threshold, the digit before included, with the penalties; nil where
    /// more than `uncertain` members are not.
    func goodness(_ threshold: Float, uncertain: Int) -> Float? {
        let certain = members.filter { $0.posterior.isAcceptable(threshold) }
        guard members.count - certain.count <= uncertain else { return nil }
        let scores = (certain + (anchor.map { [$0] } ?? [])).map(\.score)
        return scores.isEmpty ? nil : expf(scores.reduce(0, +) / Float(scores.count))
    }
}

/// The digit that was given last, where what follows may still belong to it.
struct RunAnchor: Equatable {
    /// The first frame that the classifier saw of it.
    var start: Int
    /// The frame after its last of speech. What was given stays given: no cut lies before.
    var end: Int
    var digit: Int
}

/// The ways of cutting one utterance into digits, and the search for the best.
///
/// Nodes are the candidate cuts; an edge between two of them is a possible member, weighed by the classifier's posterior of
/// exactly those frames, made into a window like those of any utterance. A pure state machine: the caller classifies.
struct RunLattice {
    /// What to do next.
    enum Step: Equatable {
        /// Classify these frames and say so by `answer`.
        case classify(Range<Int>)
        /// The best way; of an open end, the members before it.
        case best(Run)
        /// There is none.
        case none
    }

    /// What the utterance is.
    struct Utterance {
        /// The whole of it, from the anchor's start where there is one.
        var segment: SpeechSegment
        /// The energies of the segment's frames, in dB.
        var energies: [Float]
        /// The level under which there is silence, in dB.
        var quiet: Float
        /// The digit that it begins with.
        var anchor: RunAnchor?
        /// Whether it goes on: the last member is not judged.
        var isOpen = false
    }

    private let utterance: Utterance
    private let parameters: RunParameters
    private let segmenter: SegmenterParameters
    private let cuts: [RunCut]
    private var search: RunSearch
    /// The members behind the edges: [from, to].
    private var segments: [SpeechSegment?]
    private var posteriors: [Posterior?]
    private var scores: [Float]
    private var pending: (from: Int, to: Int)?

    init(_ utterance: Utterance, parameters: RunParameters, segmenter: SegmenterParameters) {
        self.utterance = utterance
        self.parameters = parameters
        self.segmenter = segmenter
        let frames = utterance.segment.frames
        cuts =
            [RunCut(frame: frames.lowerBound, depth: .infinity)]
            + RunCuts.minima(utterance.energies, quiet: utterance.quiet, parameters: parameters).map {
                RunCut(frame: frames.lowerBound + $0.frame, depth: $0.depth)
            } + [RunCut(frame: frames.upperBound, depth: .infinity)]
        search = RunSearch(nodeCount: cuts.count)
        segments = Array(repeating: nil, count: cuts.count * cuts.count)
        posteriors = Array(repeating: nil, count: cuts.count * cuts.count)
        scores = Array(repeating: -.infinity, count: cuts.count * cuts.count)
        for from in cuts.indices.dropLast() {
            for to in from + 1..<cuts.count { addEdge(from, to) }
        }
    }

    /// Goes on.
    mutating func next() -> Step {
        switch search.next() {
        case .none: return .none
        case .weigh(let from, let to):
            pending = (from, to)
            return .classify(segments[from * cuts.count + to]!.frames)
        case .best(let path, _):
            var members: [RunMember] = []
            for edge in zip(path, path.dropFirst()).map({ $0 * cuts.count + $1 }) {
                guard let segment = segments[edge], let posterior = posteriors[edge] else { continue }
                members.append(RunMember(segment: segment, posterior: posterior, score: scores[edge]))
            }
            guard utterance.anchor != nil, !members.isEmpty else { return .best(Run(members: members)) }
            return .best(Run(anchor: members.removeFirst(), members: members))
        }
    }

    /// What the classifier said of the frames that `next` asked for.
    mutating func answer(_ posterior: Posterior) {
        guard let (from, to) = pending else { return }
        pending = nil
        let edge = from * cuts.count + to
        posteriors[edge] = posterior
        let anchorDigit = from == 0 ? utterance.anchor?.digit : nil
        let probability = anchorDigit.map { posterior.classes[$0] } ?? posterior.probability
        let isPossible = probability >= parameters.uncertainPosterior && probability > posterior.other
        // One member over the whole is no run: it loses to a better one, but is never impossible.
        let isWhole = from == 0 && to == cuts.count - 1 && utterance.anchor == nil
        let evidence = logf(max(probability, 1e-6))
        scores[edge] = evidence + shape(from, to)
        search.setWeight(from: from, to: to, isPossible || isWhole ? evidence + bound(from, to) : -.infinity)
    }

    private mutating func addEdge(_ from: Int, _ to: Int) {
        guard let segment = member(from, to) else { return }
        let isWhole = from == 0 && to == cuts.count - 1
        let isLastOpen = utterance.isOpen && to == cuts.count - 1
        if from == 0, let anchor = utterance.anchor, cuts[to].frame < anchor.end { return }
        if isWhole, !isLastOpen {
            guard segment.frames.count <= segmenter.lengthMaximum else { return }
        } else {
            guard segment.speech.count <= min(parameters.memberMaximum, segmenter.lengthMaximum) else { return }
            guard segment.speech.count >= parameters.memberMinimum || isLastOpen else { return }
        }
        segments[from * cuts.count + to] = segment
        if isLastOpen {
            search.setWeight(from: from, to: to, insertion(from))
        } else {
            search.addEdge(from: from, to: to, bound: bound(from, to))
        }
    }

    /// The frames between two cuts: speech without the silence around it, and its rolls as far as the cuts allow.
    private func member(_ from: Int, _ to: Int) -> SpeechSegment? {
        if from == 0, to == cuts.count - 1 { return utterance.segment }
        let origin = utterance.segment.frames.lowerBound
        var first = cuts[from].frame
        var last = cuts[to].frame - 1
        while first <= last, utterance.energies[first - origin] < utterance.quiet { first += 1 }
        while first <= last, utterance.energies[last - origin] < utterance.quiet { last -= 1 }
        guard first <= last else { return nil }
        let start = max(cuts[from].frame, first - segmenter.preRollFrames)
        let end = min(cuts[to].frame, last + 1 + segmenter.postRollFrames)
        return SpeechSegment(frames: start..<end, speech: first..<last + 1)
    }

    /// The weight of an edge whose posterior is 1.
    private func bound(_ from: Int, _ to: Int) -> Float { shape(from, to) + insertion(from) + inside(from, to) }

    /// The score of a member's length, and of the cut that it begins with: one where the energy hardly falls costs.
    private func shape(_ from: Int, _ to: Int) -> Float {
        let count = segments[from * cuts.count + to]!.speech.count
        let short = Float(max(parameters.memberUsualMinimum - count, 0))
        let long = Float(max(count - parameters.memberUsualMaximum, 0))
        let distance = (short + long) / parameters.memberSpread
        return -distance * distance / 2 - (from > 0 ? parameters.cutPenalty * shallowness(from) : 0)
    }

    private func shallowness(_ cut: Int) -> Float { max(0, 1 - cuts[cut].depth / parameters.cutDepthSure) }

    private func insertion(_ from: Int) -> Float { from > 0 ? -parameters.insertionPenalty : 0 }

    /// The score of a member's inside: of the deep minima that are no cuts.
    private func inside(_ from: Int, _ to: Int) -> Float {
        cuts[from + 1..<to].reduce(0) { score, cut in
            score - parameters.skipPenalty * min(max(cut.depth / parameters.cutDepthSure - 1, 0), 1)
        }
    }
}
