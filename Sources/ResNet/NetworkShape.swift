/// What may differ between networks of this topology: the input's size, the number of outputs, and how often there are
/// any.
///
/// The weights between are the same for any input. A network with one answer a window averages over all positions of
/// its last map; a fully convolutional one over frequency alone, which leaves a column of logits each few frames.
public struct NetworkShape: Sendable, Hashable {
    /// Rows of the input.
    public let inputHeight: Int
    /// Columns of the input.
    public let inputWidth: Int
    /// Number of outputs.
    public let classCount: Int
    /// Input columns (frames) for each column of logits, 4 or 8; nil for a network with one answer a window.
    public let framesPerColumn: Int?

    /// Columns of logits of one window: one, or a column for each `framesPerColumn` frames begun.
    public var columnCount: Int { framesPerColumn.map { (inputWidth + $0 - 1) / $0 } ?? 1 }

    /// Elements of one input window.
    public var inputCount: Int { inputHeight * inputWidth }

    /// 40 mel bands by 96 frames of 10 ms, and the 11 labels of `ResNet18Topology.labels`.
    public static let standard = NetworkShape(inputHeight: 40, inputWidth: 96, classCount: 11)

    /// A shape; extents and outputs are at least 1, and `framesPerColumn` is nil, 4 or 8.
    public init(inputHeight: Int, inputWidth: Int, classCount: Int, framesPerColumn: Int? = nil) {
        precondition(min(inputHeight, inputWidth, classCount) >= 1, "a network has an input and an output")
        precondition(Self.takes(framesPerColumn: framesPerColumn), "a column is each 4 or each 8 frames")
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.classCount = classCount
        self.framesPerColumn = framesPerColumn
    }

    /// Whether the topology has strides for it.
    static func takes(framesPerColumn: Int?) -> Bool { [nil, 4, 8].contains(framesPerColumn) }
}
