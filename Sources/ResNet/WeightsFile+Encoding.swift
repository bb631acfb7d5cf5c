import FoundationEssentials

extension WeightsFile {
    /// The bytes of a safetensors file, see `write(to:precision:)`.
    func encoded(precision: Precision) throws(WeightsError) -> [UInt8] {
        var stored = tensors
        for name in tensors.keys where name.hasSuffix(".running_var") {
            let counter = String(name.dropLast("running_var".count)) + "num_batches_tracked"
            if stored[counter] == nil { stored[counter] = WeightTensor(shape: [], values: [0]) }
        }
        // Widest elements first, so that every tensor is aligned to its element.
        let order = stored.map { name, tensor in
            (name: name, tensor: tensor, type: Self.storedType(name, tensor, precision))
        }.sorted { ($1.type.byteCount, $0.name) < ($0.type.byteCount, $1.name) }

        var entries: [String: [String: HeaderValue]] = [:]
        var end = 0
        for (name, tensor, type) in order {
            let start = end
            end += tensor.values.count * type.byteCount
            entries[name] = [
                "dtype": .string(type.rawValue), "shape": .numbers(tensor.shape),
                "data_offsets": .numbers([start, end]),
            ]
        }
        if !metadata.isEmpty { entries["__metadata__"] = metadata.mapValues { .string($0) } }

        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Strings and integers under string keys always encode.
        guard var header = try? [UInt8](encoder.encode(entries)) else { fatalError("a header did not encode") }
        header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))

        var bytes: [UInt8] = []
        bytes.reserveCapacity(8 + header.count + end)
        for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: header.count >> (8 * shift))) }
        bytes.append(contentsOf: header)
        for (name, tensor, type) in order {
            guard allFinite(tensor.values) else {
                throw .unusableValue(name: name, problem: "it holds an infinity or a NaN")
            }
            guard type.append(tensor.values, to: &bytes) else {
                throw .unusableValue(name: name, problem: "it holds a value too large for \(type.rawValue)")
            }
        }
        return bytes
    }

    private static func storedType(_ name: String, _ tensor: WeightTensor, _ precision: Precision) -> ElementType {
        if name.hasSuffix(".num_batches_tracked") { return .i64 }
        if tensor.shape.count < 2 { return .f32 }
        return switch precision {
        case .f32: .f32
        case .f16: .f16
        case .bf16: .bf16
        }
    }
}

/// What a header's objects hold.
private enum HeaderValue: Encodable {
    case string(String)
    case numbers([Int])

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .numbers(let values): try container.encode(values)
        }
    }
}
