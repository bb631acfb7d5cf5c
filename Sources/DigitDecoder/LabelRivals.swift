/// What speaks against one label of a sequence: probabilities of other sequences, as multiples of that of the given
/// one.
public struct LabelRivals: Sendable, Equatable {
    /// The label.
    public let label: Int
    /// The same sequence with each label in this one's place; 1 for the label itself.
    public internal(set) var instead: SIMD16<Double> = .zero
    /// The sequence without it; of a run of equal labels, its part.
    public internal(set) var absent = 0.0
    /// The sequence with it once more; of a run of equal labels, its part.
    public internal(set) var doubled = 0.0
    /// The sequences with any third label before or behind it; half of those that its neighbour there bears too.
    public internal(set) var beside = 0.0
    /// Equal labels side by side, this one among them.
    public internal(set) var runLength = 1

    /// Any ratio beyond is as good as infinite.
    static let ratioMaximum = 1e100

    init(label: Int) { self.label = label }

    /// The share that a label has at this place, 0...1: P / (P + all rivals).
    ///
    /// The share of the sequence's own label is its confidence: the probability that it is right, given that all else
    /// is.
    public func share(of label: Int) -> Double { share(of: Self.lanes(label), synonyms: Self.lanes(self.label)) }

    /// The share of labels that mean the same.
    ///
    /// A doubled or added label is weighed for the sequence's own label only; with one that means the same in its
    /// place, it is taken to be as probable.
    ///
    /// - Parameters:
    ///   - labels: 1 for those whose shares are summed, 0 for the others.
    ///   - synonyms: 1 for all that mean the same as the sequence's own label, itself included.
    ///   - countsRuns: false where one more of the same label, or one fewer of several, means the same.
    func share(of labels: SIMD16<Double>, synonyms: SIMD16<Double>, countsRuns: Bool = true) -> Double {
        let own = (instead * synonyms).sum()
        var all = instead.sum() + own * beside
        if countsRuns { all += own * doubled }
        if countsRuns || runLength == 1 { all += absent }
        return (instead * labels).sum() / all
    }

    /// 1 for one label, 0 for the others.
    static func lanes(_ label: Int) -> SIMD16<Double> {
        var lanes = SIMD16<Double>.zero
        lanes[label] = 1
        return lanes
    }
}
