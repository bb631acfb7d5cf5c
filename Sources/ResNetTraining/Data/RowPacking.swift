import ResNet

/// A batch of rows, filled with utterances one after the other.
struct RowPacking {
    /// Frames between two utterances of a row, at least: frames of 0, an utterance's own mean, which is what inference
    /// has beyond an utterance's end too.
    static let gapMin = 16
    /// Utterances begin at a multiple of this, which every network's columns divide.
    private static let step = 8

    /// [rows, 1, bands, frames], row-major.
    private(set) var values: [Float]
    /// Where the utterances are.
    private(set) var targets: [PlacedTarget] = []
    private let shape: NetworkShape
    private var ends: [Int]

    init(rows: Int, shape: NetworkShape) {
        self.shape = shape
        values = [Float](repeating: 0, count: rows * shape.inputCount)
        ends = [Int](repeating: 0, count: rows)
    }

    /// Frames that so long an utterance takes of a row, with the gap behind it.
    static func occupied(_ frames: Int) -> Int { (frames + gapMin + step - 1) / step * step }

    /// Places an utterance, [frames][bands], in the first row with room for it; false where there is none.
    mutating func place(_ frames: [Float], target: CTCTarget) -> Bool {
        let (bands, width) = (shape.inputHeight, shape.inputWidth)
        let count = frames.count / bands
        guard let row = ends.firstIndex(where: { $0 + count <= width }) else { return false }
        let start = ends[row]
        for frame in 0..<count {
            for band in 0..<bands {
                values[(row * bands + band) * width + start + frame] = frames[frame * bands + band]
            }
        }
        let framesPerColumn = shape.framesPerColumn!
        let columns = (count + framesPerColumn - 1) / framesPerColumn
        let first = start / framesPerColumn
        targets.append(PlacedTarget(row: row, columns: first..<first + columns, target: target))
        ends[row] = start + Self.occupied(count)
        return true
    }
}
