/// Greedy decoding: the most probable label of each column, repetitions and then blanks left out.
///
/// It finds the likeliest path, not the likeliest sequence: a sequence that many middling paths share loses. Good for a
/// first look and for training's progress. Source: Graves et al., "Connectionist temporal classification" (2006),
/// section 3.2.
public enum CTCBestPath {
    /// A label of the path.
    public struct Label: Sendable, Hashable {
        /// Index of the label, the blank excluded.
        public var label: Int
        /// The columns where it is the most probable one, without a gap.
        public var columns: Range<Int>
    }

    /// The path's labels with their columns, in order.
    public static func path(_ posteriors: ColumnPosteriors) -> [Label] {
        var path: [Label] = []
        var previous = posteriors.blank
        for column in 0..<posteriors.columnCount {
            let label = posteriors.best(column)
            if label != posteriors.blank {
                if label == previous {
                    path[path.count - 1].columns = path[path.count - 1].columns.lowerBound..<column + 1
                } else {
                    path.append(Label(label: label, columns: column..<column + 1))
                }
            }
            previous = label
        }
        return path
    }

    /// The path's labels, in order.
    public static func labels(_ posteriors: ColumnPosteriors) -> [Int] { path(posteriors).map(\.label) }
}
