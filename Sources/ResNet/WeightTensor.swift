/// A tensor of 32-bit floats, row-major (the last index of `shape` varies fastest).
///
/// A tensor of a file stays in the file's bytes until its values are asked for: each look at `values` then converts them anew.
public struct WeightTensor: Sendable, Equatable {
    /// Extents, slowest first; empty for a scalar.
    public var shape: [Int]
    private var storage: Storage

    private enum Storage: Sendable {
        case values([Float])
        case stored(FileBytes, Range<Int>, ElementType)
    }

    /// A tensor of `values`, whose count must be the product of `shape`.
    public init(shape: [Int], values: [Float]) {
        precondition(values.count == shape.reduce(1, *), "\(values.count) values do not fill the shape \(shape)")
        self.shape = shape
        storage = .values(values)
    }

    /// A tensor of a file, whose bytes must fill the shape.
    init(shape: [Int], type: ElementType, range: Range<Int>, of file: FileBytes) {
        self.shape = shape
        storage = .stored(file, range, type)
    }

    /// The elements: as many as the product of `shape` (1 for a scalar).
    public var values: [Float] {
        get {
            switch storage {
            case .values(let values): values
            case .stored(let file, let range, let type): type.floats(in: file[range])
            }
        }
        _modify {
            var values = values
            // Given up here, so that the array is not copied when it is changed.
            storage = .values([])
            defer { storage = .values(values) }
            yield &values
        }
    }

    /// The bits of the elements as IEEE halves; nil where one is not exactly a half.
    var halves: [UInt16]? {
        if case .stored(let file, let range, .f16) = storage {
            let bytes = file[range]
            return (0..<bytes.count / 2).map { bytes.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self) }
        }
        return ElementType.halves(values)
    }

    /// The same shape and the same values, wherever they are kept.
    public static func == (left: WeightTensor, right: WeightTensor) -> Bool {
        left.shape == right.shape && left.values == right.values
    }
}
