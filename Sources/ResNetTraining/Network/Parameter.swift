import CDNNL

/// One trained tensor: its value and gradient in the layout that oneDNN's weight gradient prefers, so that the optimiser
/// works element by element without a single reordering.
final class Parameter {
    /// torchvision's name, such as `layer1.0.conv1.weight`.
    let name: String
    /// The shape in the weights file, such as [64, 64, 3, 3].
    let shape: [Int]
    let value: Tensor
    let gradient: Tensor
    /// Whether weight decay applies: to convolution and head weights, not to biases and batch norm's scale and shift.
    let decays: Bool
    /// Whether optimisers leave the value as it is.
    var isFrozen = false
    private let context: ComputeContext

    init(name: String, shape: [Int], layout: Layout, decays: Bool, _ context: ComputeContext) throws {
        self.name = name
        self.shape = shape
        self.decays = decays
        self.context = context
        value = try Tensor(layout, context)
        gradient = try Tensor(layout, context)
    }

    /// Elements as laid out, the zero padding of blocked layouts included (it stays zero: its gradient is zero).
    var storedCount: Int { value.layout.byteCount / MemoryLayout<Float>.size }

    /// The values in row-major order of `shape`; those at `storage`, laid out as `value`, where it is given.
    func exported(at storage: UnsafeMutablePointer<Float>? = nil) throws -> [Float] {
        let plain = try Tensor(try Parameter.plainLayout(shape), context)
        try Reorder(from: try laidOut(storage), to: plain, context).run()
        return Array(UnsafeBufferPointer(start: plain.floats, count: shape.reduce(1, *)))
    }

    /// Takes values in row-major order of `shape`, into `storage` laid out as `value` where it is given.
    func load(_ values: [Float], at storage: UnsafeMutablePointer<Float>? = nil) throws {
        precondition(values.count == shape.reduce(1, *), "\(name): \(values.count) values for \(shape)")
        let plain = try Tensor(try Parameter.plainLayout(shape), context)
        plain.floats.update(from: values, count: values.count)
        try Reorder(from: plain, to: try laidOut(storage), context).run()
    }

    private func laidOut(_ storage: UnsafeMutablePointer<Float>?) throws -> Tensor {
        guard let storage else { return value }
        return try Tensor(value.layout, at: UnsafeMutableRawPointer(storage), owner: nil, context)
    }

    static func plainLayout(_ shape: [Int]) throws -> Layout {
        let tags = [dnnl_a, dnnl_ab, dnnl_abc, dnnl_abcd]
        return try Layout(shape, dnnl_f32, tags[shape.count - 1])
    }
}

/// A running statistic of batch norm: saved with the weights, never trained.
final class Statistic {
    let name: String
    var values: [Float]

    init(name: String, values: [Float]) {
        self.name = name
        self.values = values
    }
}
