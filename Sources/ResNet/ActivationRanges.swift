/// How large the network's activations get: what the 8-bit integers of int8 inference must reach.
///
/// Measured on training windows (``measured(on:weights:shape:)``) and kept in the weights file's metadata.
public struct ActivationRanges: Sendable, Equatable {
    /// The metadata key. Its value: `maxpool=2.95 layer1.0.conv1=3.1 ...`, a name and a number for each tensor of `names`.
    public static let metadataKey = "int8.activation_maxima"

    /// The tensors: the pooled stem, and what each convolution of the blocks gives, with what is fused into it. In the network's order.
    public static let names: [String] =
        ["maxpool"]
        + ResNet18Topology.blocks.flatMap { block in
            (block.downsample.map { [$0.name] } ?? []) + [block.conv1.name, block.conv2.name]
        }

    /// By name, the largest magnitude that is represented, over 0; larger ones count as this. A shortcut's convolution
    /// (`downsample`) has values of both signs, all others have none under 0.
    public var maxima: [String: Float]

    /// Ranges that were measured.
    public init(maxima: [String: Float]) { self.maxima = maxima }

    /// The ranges of a weights file; nil where it has none.
    ///
    /// - Throws: `malformedMetadata` where a tensor is missing or a number is not over 0.
    public init?(metadata: [String: String]) throws(WeightsError) {
        guard let text = metadata[Self.metadataKey] else { return nil }
        maxima = [:]
        for part in text.split(separator: " ") {
            let pair = part.split(separator: "=", maxSplits: 1)
            guard pair.count == 2, let value = Float(pair[1]), value > 0, value.isFinite else {
                throw .malformedMetadata(key: Self.metadataKey, problem: "\"\(part)\" is no range")
            }
            maxima[String(pair[0])] = value
        }
        for name in Self.names where maxima[name] == nil {
            throw .malformedMetadata(key: Self.metadataKey, problem: "it lacks \(name)")
        }
    }

    /// For each tensor the wider of two ranges.
    public func widened(to other: ActivationRanges) -> ActivationRanges {
        ActivationRanges(maxima: maxima.merging(other.maxima) { max($0, $1) })
    }

    /// What goes into a weights file.
    public var metadata: [String: String] {
        let parts = Self.names.compactMap { name in maxima[name].map { "\(name)=\($0)" } }
        return [Self.metadataKey: parts.joined(separator: " ")]
    }
}

/// How real numbers become steps of an 8-bit integer: value = (integer - offset) * step.
struct QuantizedRange {
    let step: Float
    let offset: Float

    /// From 0 to `maximum`, as what a ReLU gives.
    static func positive(_ maximum: Float) -> QuantizedRange { QuantizedRange(step: maximum / 255, offset: 0) }

    /// From `-maximum` to `maximum`.
    static func symmetric(_ maximum: Float) -> QuantizedRange { QuantizedRange(step: maximum / 127, offset: 128) }
}
