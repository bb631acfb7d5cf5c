/// The numbers that the network is computed in.
///
/// The stem and the classifier are computed in f32 whatever this says.
public enum InferencePrecision: String, Sendable, CaseIterable {
    /// Weights in signed and activations in unsigned 8-bit integers, sums in 32-bit ones. Needs ``ActivationRanges``.
    case int8
    /// The upper half of single precision, sums in single precision.
    case bf16
    /// Single precision.
    case f32

    /// The fastest that this CPU and these weights allow: int8 where the weights carry their activations' ranges, otherwise
    /// bf16 on a CPU that has it, otherwise f32.
    ///
    /// - Throws: `malformedMetadata` for ranges that can't be read.
    public static func fastest(for weights: WeightsFile) throws(WeightsError) -> InferencePrecision {
        if Engine.hasFastInt8, try ActivationRanges(metadata: weights.metadata) != nil { return .int8 }
        return Engine.hasBFloat16 ? .bf16 : .f32
    }
}
