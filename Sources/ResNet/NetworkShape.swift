/// What may differ between networks of this topology: the input's size and the number of outputs.
///
/// The layers between are the same for any input, since their last one averages over all positions.
public struct NetworkShape: Sendable, Hashable {
    /// Rows of the input.
    public let inputHeight: Int
    /// Columns of the input.
    public let inputWidth: Int
    /// Number of outputs.
    public let classCount: Int

    /// Elements of one input window.
    public var inputCount: Int { inputHeight * inputWidth }

    /// 40 mel bands by 96 frames of 10 ms, and the 11 labels of `ResNet18Topology.labels`.
    public static let standard = NetworkShape(inputHeight: 40, inputWidth: 96, classCount: 11)

    /// A shape; all three are at least 1.
    public init(inputHeight: Int, inputWidth: Int, classCount: Int) {
        precondition(min(inputHeight, inputWidth, classCount) >= 1, "a network has an input and an output")
        self.inputHeight = inputHeight
        self.inputWidth = inputWidth
        self.classCount = classCount
    }
}
