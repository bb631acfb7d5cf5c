import AtomicFile

/// A network's tensors and what is needed to use them, as a safetensors file holds them.
///
/// The format: a little-endian UInt64 with the length of a JSON header, the header (name to type, shape and byte
/// range, and string to string under `__metadata__`), then the bytes of all tensors without holes or overlaps.
/// https://github.com/huggingface/safetensors#format
///
/// A file is mapped, not read: its pages are shared by all processes that look at it, and a tensor is converted to 32-bit
/// floats (45 MB for all of ResNet18) when its values are asked for. So a file must not be shortened while it is in use;
/// `write(to:precision:)` and all of digitd replace files as a whole.
public struct WeightsFile: Sendable, Equatable {
    /// How a file stores its matrices and convolution kernels.
    public enum Precision: String, Sendable, CaseIterable {
        /// IEEE single precision: exact.
        case f32 = "F32"
        /// IEEE half precision: 11 significant bits, largest value 65,504.
        case f16 = "F16"
        /// The upper half of a single: 8 significant bits, the range of a single.
        case bf16 = "BF16"
    }

    /// Tensors by torchvision's names, e.g. `layer1.0.bn1.running_mean`.
    ///
    /// Counters (`num_batches_tracked`, 64-bit integers in the file) are converted like all others: exact to 2^24.
    public var tensors: [String: WeightTensor]
    /// The file's `__metadata__`: front-end numbers, labels, thresholds, origin, measured accuracy.
    public var metadata: [String: String]

    /// Weights made in memory.
    public init(tensors: [String: WeightTensor] = [:], metadata: [String: String] = [:]) {
        self.tensors = tensors
        self.metadata = metadata
    }

    /// Reads a safetensors file of F32, F16 or BF16 tensors (I64 for counters).
    ///
    /// - Throws: `missing` or `unreadable` for what the system refuses; `malformed` for a file that is truncated, has
    ///   bytes to spare, or whose header is not exactly what the format asks for; `unusableValue` for a tensor that
    ///   holds an infinity or a NaN.
    public init(contentsOf path: String) throws(WeightsError) {
        try self.init(FileBytes(mapping: path), path: path)
    }

    /// Writes a safetensors file so that a reader sees either the old content or all of the new (temporary file,
    /// fsync, rename).
    ///
    /// Tensors of two or more dimensions take `precision`. Vectors (biases, batch-norm statistics) stay F32: they are
    /// 0.2 % of a ResNet18, and a variance may leave half precision's range. A `num_batches_tracked` counter is
    /// written as I64 for each batch norm, 0 where the weights have none, so that PyTorch's strict
    /// `load_state_dict` takes the file. The same weights always give the same bytes.
    ///
    /// - Parameter isPrivate: whether a file that was not there is for its owner alone.
    /// - Throws: `unusableValue` for a value that is not finite or is too large for `precision`; `unwritable`.
    public func write(
        to path: String, precision: Precision = .f16, isPrivate: Bool = false
    ) throws(WeightsError) {
        let bytes = try encoded(precision: precision)
        do throws(AtomicFileError) {
            try writeAtomically(bytes, to: path, mode: isPrivate ? 0o600 : 0o666)
        } catch {
            throw .unwritable(path: path, reason: error.reason)
        }
    }
}
