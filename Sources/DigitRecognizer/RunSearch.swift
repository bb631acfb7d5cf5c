/// The best path through a lattice whose edges are dear to weigh.
///
/// Nodes are numbered in order, and a path goes from the first to the last along edges that lead forward; its score is the sum
/// of its edges' weights. An edge begins with a bound that its weight will not exceed. The search finds the best path by the bounds
/// (one pass of dynamic programming), has the path's first unweighed edge weighed, and starts over; when all of the best path
/// is weighed, no other can be better. So it is exact, and most edges are never weighed.
///
/// A pure state machine: the caller weighs. A step costs one pass, quadratic in the number of nodes.
struct RunSearch {
    /// What to do next.
    enum Step: Equatable {
        /// Weigh this edge and say so by `setWeight`.
        case weigh(from: Int, to: Int)
        /// The best path's nodes, first and last included, and its score.
        case best([Int], score: Float)
        /// No path is left.
        case none
    }

    private let nodeCount: Int
    /// Weights or bounds, [from, to]; minus infinity where there is no edge.
    private var weights: [Float]
    private var isWeighed: [Bool]

    /// A lattice without edges; `nodeCount` is 2 or more.
    init(nodeCount: Int) {
        precondition(nodeCount >= 2, "a path has two ends")
        self.nodeCount = nodeCount
        weights = Array(repeating: -.infinity, count: nodeCount * nodeCount)
        isWeighed = Array(repeating: false, count: nodeCount * nodeCount)
    }

    /// Adds an edge whose weight is at most this.
    mutating func addEdge(from: Int, to: Int, bound: Float) {
        precondition(from < to, "edges lead forward")
        weights[from * nodeCount + to] = bound
        isWeighed[from * nodeCount + to] = false
    }

    /// The weight of an edge; minus infinity takes it away.
    mutating func setWeight(from: Int, to: Int, _ weight: Float) {
        weights[from * nodeCount + to] = weight
        isWeighed[from * nodeCount + to] = true
    }

    /// Goes on. Of paths with equal scores, one with longer edges at its end is taken.
    func next() -> Step {
        var scores = Array(repeating: -Float.infinity, count: nodeCount)
        var previous = Array(repeating: -1, count: nodeCount)
        scores[0] = 0
        for to in 1..<nodeCount {
            for from in 0..<to {
                let score = scores[from] + weights[from * nodeCount + to]
                if score > scores[to] {
                    scores[to] = score
                    previous[to] = from
                }
            }
        }
        guard previous[nodeCount - 1] >= 0 else { return .none }
        var path = [nodeCount - 1]
        while let first = path.last, first > 0 { path.append(previous[first]) }
        path.reverse()
        for (from, to) in zip(path, path.dropFirst()) where !isWeighed[from * nodeCount + to] {
            return .weigh(from: from, to: to)
        }
        return .best(path, score: scores[nodeCount - 1])
    }
}
