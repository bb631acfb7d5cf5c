import CDNNL

/// The few buffers that all activation gradients of a step share.
///
/// The backward pass needs at most five gradients at a time (a block's output, its input, the middle, a convolution's
/// output, and the projection's input); reusing five buffers keeps them in cache instead of spreading over as much memory
/// as the activations take.
final class GradientSlots {
    enum Slot: Int, CaseIterable {
        case even, odd, middle, convolution, projection
    }

    private let storage: [UnsafeMutableRawPointer]
    private let byteCount: Int
    private let context: ComputeContext

    init(byteCount: Int, _ context: ComputeContext) {
        self.byteCount = byteCount
        self.context = context
        storage = Slot.allCases.map { _ in alignedStorage(byteCount) }
    }

    deinit { storage.forEach { free($0) } }

    func tensor(_ slot: Slot, _ layout: Layout) throws -> Tensor {
        precondition(layout.byteCount <= byteCount, "a gradient larger than its slot")
        return try Tensor(layout, at: storage[slot.rawValue], owner: self, context)
    }
}
