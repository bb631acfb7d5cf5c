/// The layers of torchvision's resnet18 with one input channel: names, shapes and order.
///
/// Inference, training and the weights file all take the network's structure from here.
public enum ResNet18Topology {
    /// A convolution without bias, followed by a batch norm.
    public struct Convolution: Sendable, Equatable {
        /// Name of the convolution, e.g. `layer2.0.downsample.0`; its kernel is `<name>.weight`.
        public let name: String
        /// Name of the batch norm behind it, e.g. `layer2.0.downsample.1`.
        public let norm: String
        /// Channels in.
        public let inputs: Int
        /// Channels out.
        public let outputs: Int
        /// Height and width of the square kernel.
        public let kernel: Int
        /// Stride along frequency (the height).
        public let stride: Int
        /// Stride along time (the width); equal to `stride` but in fully convolutional networks.
        public let timeStride: Int
        /// Zero padding on every side.
        public let padding: Int

        /// The kernel's shape, [outputs, inputs, kernel, kernel].
        public var weightShape: [Int] { [outputs, inputs, kernel, kernel] }

        /// The output's extent along frequency (its height) for an input's.
        public func outputExtent(_ extent: Int) -> Int { (extent + 2 * padding - kernel) / stride + 1 }

        /// The output's extent along time (its width) for an input's.
        public func outputTimeExtent(_ extent: Int) -> Int { (extent + 2 * padding - kernel) / timeStride + 1 }
    }

    /// Two convolutions with a shortcut: relu(norm(conv2(relu(norm(conv1(x))))) + shortcut(x)).
    public struct BasicBlock: Sendable, Equatable {
        /// Name of the block, e.g. `layer3.1`.
        public let name: String
        /// First 3x3 convolution; has the block's strides.
        public let conv1: Convolution
        /// Second 3x3 convolution.
        public let conv2: Convolution
        /// The 1x1 convolution of the shortcut where the shape changes; otherwise the shortcut is x itself.
        public let downsample: Convolution?
    }

    /// What the outputs stand for, in their order; a network with fewer lacks the last ones.
    public static let labels = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "not_a_digit"]
    /// Number of outputs of the standard shape: the ten digits and "not a digit" (index 10).
    public static let classCount = NetworkShape.standard.classCount
    /// Rows of the standard input: mel bands, row 0 the lowest.
    public static let inputHeight = NetworkShape.standard.inputHeight
    /// Columns of the standard input: frames of 10 ms.
    public static let inputWidth = NetworkShape.standard.inputWidth
    /// Elements of one standard input window, 3,840.
    public static let inputCount = NetworkShape.standard.inputCount
    /// Elements behind the last global average pooling.
    public static let featureCount = 512
    /// PyTorch's default, added to the running variance.
    public static let normEpsilon: Float = 1e-5
    /// The max pooling behind the stem: kernel 3, stride 2, padding 1, on both axes.
    public static let stemPooling = (kernel: 3, stride: 2, padding: 1)

    /// The first convolution, 7x7 with stride 2.
    public static let stem = Convolution(
        name: "conv1", norm: "bn1", inputs: 1, outputs: 64, kernel: 7, stride: 2, timeStride: 2, padding: 3)

    /// The eight basic blocks of a network with one answer a window, in order: two each of 64, 128, 256 and 512
    /// channels.
    public static let blocks = blocks(framesPerColumn: nil)

    /// The eight basic blocks in order.
    ///
    /// Only strides along time differ: stem and pooling take four frames to a column, and torchvision's later layers
    /// halve the columns three times more. A fully convolutional network leaves that out: a column each 4 frames needs
    /// no halving, each 8 frames the one of layer2. Strides are no weights, so the tensors are the same.
    ///
    /// - Parameter framesPerColumn: nil for one answer a window; 4 or 8 for a column of logits each so many frames.
    public static func blocks(framesPerColumn: Int?) -> [BasicBlock] {
        precondition(NetworkShape.takes(framesPerColumn: framesPerColumn), "a column is each 4 or each 8 frames")
        var blocks: [BasicBlock] = []
        var inputs = stem.outputs
        for (layer, outputs) in [64, 128, 256, 512].enumerated() {
            for index in 0..<2 {
                let name = "layer\(layer + 1).\(index)"
                let stride = layer > 0 && index == 0 ? 2 : 1
                // layer2 is the number 1.
                let halvesTime = framesPerColumn == nil || (framesPerColumn == 8 && layer == 1)
                let timeStride = halvesTime ? stride : 1
                func convolution(_ number: Int, _ inputs: Int, stride: Int, timeStride: Int) -> Convolution {
                    Convolution(
                        name: "\(name).conv\(number)", norm: "\(name).bn\(number)", inputs: inputs, outputs: outputs,
                        kernel: 3, stride: stride, timeStride: timeStride, padding: 1)
                }
                let downsample =
                    stride == 1 && inputs == outputs
                    ? nil
                    : Convolution(
                        name: "\(name).downsample.0", norm: "\(name).downsample.1", inputs: inputs, outputs: outputs,
                        kernel: 1, stride: stride, timeStride: timeStride, padding: 0)
                blocks.append(
                    BasicBlock(
                        name: name, conv1: convolution(1, inputs, stride: stride, timeStride: timeStride),
                        conv2: convolution(2, outputs, stride: 1, timeStride: 1), downsample: downsample))
                inputs = outputs
            }
        }
        return blocks
    }

    /// Every convolution of a network with one answer a window, in torchvision's order.
    public static let convolutions = convolutions(framesPerColumn: nil)

    /// Every convolution in torchvision's order; the strides along time as in `blocks(framesPerColumn:)`.
    public static func convolutions(framesPerColumn: Int?) -> [Convolution] {
        [stem]
            + blocks(framesPerColumn: framesPerColumn).flatMap {
                [$0.conv1, $0.conv2] + ($0.downsample.map { [$0] } ?? [])
            }
    }

    /// Every tensor that the standard network needs, see `parameters(classCount:)`.
    public static let parameters = parameters(classCount: classCount)

    /// Every tensor that a network with so many outputs needs, in the order of torchvision's state dictionary: trained
    /// parameters and running statistics, without the `num_batches_tracked` counters, which inference does not use.
    public static func parameters(classCount: Int) -> [(name: String, shape: [Int])] {
        var parameters: [(name: String, shape: [Int])] = []
        for convolution in convolutions {
            parameters.append(("\(convolution.name).weight", convolution.weightShape))
            for field in ["weight", "bias", "running_mean", "running_var"] {
                parameters.append(("\(convolution.norm).\(field)", [convolution.outputs]))
            }
        }
        parameters.append(("fc.weight", [classCount, featureCount]))
        parameters.append(("fc.bias", [classCount]))
        return parameters
    }

    /// Checks that the weights hold every parameter in its shape; further tensors are ignored.
    ///
    /// - Parameters:
    ///   - weights: the tensors.
    ///   - classCount: outputs that the network must have.
    /// - Throws: `missingTensor`, `wrongShape`, or `unusableValue` for a negative variance, each for the first tensor
    ///   in torchvision's order that is at fault.
    public static func validate(
        _ weights: WeightsFile, classCount: Int = ResNet18Topology.classCount
    ) throws(WeightsError) {
        for (name, shape) in parameters(classCount: classCount) {
            guard let tensor = weights.tensors[name] else { throw .missingTensor(name: name) }
            guard tensor.shape == shape else {
                throw .wrongShape(name: name, expected: shape, found: tensor.shape)
            }
            if name.hasSuffix(".running_var"), tensor.values.contains(where: { $0 < 0 }) {
                throw .unusableValue(name: name, problem: "it holds a negative variance")
            }
        }
    }
}
