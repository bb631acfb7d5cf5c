import CDNNL

/// A convolution and its batch norm.
final class ConvolutionUnit {
    let convolution: Convolution
    let norm: BatchNorm

    init(
        convolution name: String, norm normName: String, input: Tensor, inputShape: [Int], outputShape: [Int],
        kernel: Int, stride: Int, timeStride: Int, thenReLU: Bool, type: dnnl_data_type_t,
        statistics: NormStatistics, outputSlot: GradientSlots.Slot, inputSlot: GradientSlots.Slot?,
        slots: GradientSlots, _ context: ComputeContext
    ) throws {
        convolution = try Convolution(
            name: name, input: input, inputShape: inputShape, channels: outputShape[1], kernel: kernel, stride: stride,
            timeStride: timeStride, type: type, outputGradient: { try slots.tensor(.convolution, $0) },
            inputGradient: inputSlot.map { slot in { try slots.tensor(slot, $0) } }, context)
        norm = try BatchNorm(
            name: normName, input: convolution.output, shape: outputShape, thenReLU: thenReLU,
            statistics: statistics, outputGradient: { try slots.tensor(outputSlot, $0) },
            inputGradient: try slots.tensor(.convolution, convolution.output.layout), context)
    }

    /// Whether an optimiser may change any of its parameters.
    var isTrained: Bool { [convolution.weight, norm.scale, norm.shift].contains { !$0.isFrozen } }

    func forward() throws {
        try convolution.forward()
        try norm.forward()
    }

    func backward() throws {
        try norm.backward()
        try convolution.backward()
    }
}

/// torchvision's BasicBlock: two 3 x 3 units, and a 1 x 1 projection of the shortcut where the shape changes.
final class ResidualBlock {
    let first: ConvolutionUnit
    let second: ConvolutionUnit
    let projection: ConvolutionUnit?
    let sum: AddReLU
    let outputShape: [Int]
    private let meet: Accumulate

    /// - Parameter index: position among all blocks; its parity says which slot holds the output's gradient.
    init(
        name: String, index: Int, input: Tensor, inputShape: [Int], channels: Int, stride: Int, timeStride: Int,
        type: dnnl_data_type_t, statistics: NormStatistics, slots: GradientSlots, _ context: ComputeContext
    ) throws {
        let outer = GradientSlots.Slot.ofBlockOutput(index)
        let inner = GradientSlots.Slot.ofBlockOutput(index - 1)
        let shape = [
            inputShape[0], channels, (inputShape[2] - 1) / stride + 1, (inputShape[3] - 1) / timeStride + 1,
        ]
        outputShape = shape
        first = try ConvolutionUnit(
            convolution: name + ".conv1", norm: name + ".bn1", input: input, inputShape: inputShape, outputShape: shape,
            kernel: 3, stride: stride, timeStride: timeStride, thenReLU: true, type: type, statistics: statistics,
            outputSlot: .middle,
            inputSlot: inner, slots: slots, context)
        second = try ConvolutionUnit(
            convolution: name + ".conv2", norm: name + ".bn2", input: first.norm.output, inputShape: shape,
            outputShape: shape, kernel: 3, stride: 1, timeStride: 1, thenReLU: false, type: type,
            statistics: statistics,
            outputSlot: outer, inputSlot: .middle, slots: slots, context)
        let inputGradient = try slots.tensor(inner, input.layout)
        if stride != 1 || inputShape[1] != channels {
            let projection = try ConvolutionUnit(
                convolution: name + ".downsample.0", norm: name + ".downsample.1", input: input, inputShape: inputShape,
                outputShape: shape, kernel: 1, stride: stride, timeStride: timeStride, thenReLU: false, type: type,
                statistics: statistics,
                outputSlot: outer, inputSlot: .projection, slots: slots, context)
            self.projection = projection
            meet = try Accumulate(try slots.tensor(.projection, input.layout), into: inputGradient, context)
            sum = try AddReLU(
                main: second.norm.output, shortcut: projection.norm.output,
                gradient: { try slots.tensor(outer, $0) }, context)
        } else {
            projection = nil
            meet = try Accumulate(try slots.tensor(outer, second.norm.output.layout), into: inputGradient, context)
            sum = try AddReLU(
                main: second.norm.output, shortcut: input, gradient: { try slots.tensor(outer, $0) }, context)
        }
    }

    var isTrained: Bool { units.contains(where: \.isTrained) }
    var units: [ConvolutionUnit] { [first, second] + (projection.map { [$0] } ?? []) }

    func forward() throws {
        try first.forward()
        try second.forward()
        try projection?.forward()
        try sum.forward()
    }

    func backward() throws {
        try sum.backward()
        try second.backward()
        try first.backward()
        try projection?.backward()
        try meet.run()
    }
}

extension GradientSlots.Slot {
    /// Where the gradient of block `index`'s output stands; -1 is the stem.
    static func ofBlockOutput(_ index: Int) -> GradientSlots.Slot { index & 1 == 0 ? .even : .odd }
}
