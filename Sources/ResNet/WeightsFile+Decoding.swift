import FoundationEssentials

/// Header and payload of a safetensors file, checked before any tensor is converted.
extension WeightsFile {
    /// The longest header that is read, in bytes. ResNet18's has 13 kB; the reference implementation would read 100 MB,
    /// for which a decoder of JSON takes half a minute and gigabytes.
    static let headerLengthMax = 1_000_000

    /// Decodes the bytes of a safetensors file; `path` is for the error's sentence only.
    init(bytes: [UInt8], path: String) throws(WeightsError) {
        try self.init(FileBytes(copying: bytes), path: path)
    }

    /// Decodes the header of a safetensors file and checks all of it; the tensors keep its bytes.
    init(_ bytes: FileBytes, path: String) throws(WeightsError) {
        func refuse(_ problem: String) -> WeightsError { .malformed(path: path, problem: problem) }

        guard bytes.count >= 8 else {
            throw refuse("it is truncated, \(bytes.count) bytes are too few for a safetensors file")
        }
        let headerLength = (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[$1]) << (8 * UInt64($1)) }
        guard headerLength >= 2, headerLength <= UInt64(Self.headerLengthMax) else {
            throw refuse("it is not a safetensors file, its header would have \(headerLength) bytes")
        }
        let payloadStart = 8 + Int(headerLength)
        guard payloadStart <= bytes.count else {
            throw refuse("it is truncated within its header of \(headerLength) bytes")
        }
        guard bytes[8] == UInt8(ascii: "{") else {
            throw refuse("it is not a safetensors file, its header is not a JSON object")
        }

        let header: Header
        do {
            header = try JSONDecoder().decode(Header.self, from: Data(bytes[8..<payloadStart]))
        } catch let error as DecodingError {
            throw refuse("its header is not valid, \(error.oneClause)")
        } catch {
            throw refuse("its header is not valid JSON")
        }

        let payloadLength = bytes.count - payloadStart
        if let problem = header.layoutProblem(payloadLength: payloadLength) { throw refuse(problem) }

        var tensors: [String: WeightTensor] = [:]
        tensors.reserveCapacity(header.entries.count)
        for (name, entry) in header.entries {
            let type = try entry.elementType(of: name, path: path)
            let range = payloadStart + entry.range.lowerBound..<payloadStart + entry.range.upperBound
            guard type.areFinite(in: bytes[range]) else {
                throw .unusableValue(name: name, problem: "it holds an infinity or a NaN")
            }
            tensors[name] = WeightTensor(shape: entry.shape, type: type, range: range, of: bytes)
        }
        self.init(tensors: tensors, metadata: header.metadata)
    }
}

/// The JSON header of a safetensors file.
struct Header: Decodable {
    /// One tensor's place in the file.
    struct Entry: Decodable {
        var dtype: String
        var shape: [Int]
        /// First byte and end, counted from the end of the header.
        var dataOffsets: [Int]

        enum CodingKeys: String, CodingKey {
            case dtype, shape
            case dataOffsets = "data_offsets"
        }

        /// The bytes of the payload; only for entries without a `layoutProblem`.
        var range: Range<Int> { dataOffsets[0]..<dataOffsets[1] }

        func elementType(of name: String, path: String) throws(WeightsError) -> ElementType {
            guard let type = ElementType(rawValue: dtype) else {
                throw .malformed(
                    path: path,
                    problem: "the tensor \(name) has the type \(dtype), only F32, F16, BF16 and I64 are known")
            }
            return type
        }

        /// What is wrong with this entry by itself, as the end of a sentence that starts with the tensor's name.
        func problem(payloadLength: Int) -> String? {
            guard dataOffsets.count == 2, dataOffsets[0] >= 0, dataOffsets[0] <= dataOffsets[1] else {
                return "has the data_offsets \(dataOffsets), which are no range"
            }
            guard shape.allSatisfy({ $0 >= 0 }) else { return "has the impossible shape \(shape)" }
            guard dataOffsets[1] <= payloadLength else {
                return "ends at byte \(dataOffsets[1]) of the data, but the file is truncated at \(payloadLength)"
            }
            guard let type = ElementType(rawValue: dtype) else { return nil }
            var byteCount = type.byteCount
            for extent in shape {
                let (product, overflow) = byteCount.multipliedReportingOverflow(by: extent)
                guard !overflow else { return "has the impossible shape \(shape)" }
                byteCount = product
            }
            guard byteCount == range.count else {
                return "has \(range.count) bytes, but its shape \(shape) of \(dtype) needs \(byteCount)"
            }
            return nil
        }
    }

    var entries: [String: Entry] = [:]
    var metadata: [String: String] = [:]

    struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        for key in container.allKeys {
            if key.stringValue == "__metadata__" {
                metadata = try container.decode([String: String].self, forKey: key)
            } else {
                entries[key.stringValue] = try container.decode(Entry.self, forKey: key)
            }
        }
    }

    /// What is wrong with the tensors' places in a payload of so many bytes, in words that follow "the file is not
    /// usable:"; nil if each lies inside, matches its shape, and together they fill it without holes or overlaps.
    func layoutProblem(payloadLength: Int) -> String? {
        for (name, entry) in entries.sorted(by: { $0.key < $1.key }) {
            if let problem = entry.problem(payloadLength: payloadLength) { return "the tensor \(name) \(problem)" }
        }
        var end = 0
        for (name, entry) in entries.sorted(by: { ($0.value.dataOffsets, $0.key) < ($1.value.dataOffsets, $1.key) }) {
            if entry.range.lowerBound < end { return "the tensor \(name) overlaps another one" }
            if entry.range.lowerBound > end { return "there is a hole in the data before the tensor \(name)" }
            end = entry.range.upperBound
        }
        return end == payloadLength ? nil : "\(payloadLength - end) bytes after the last tensor belong to none"
    }
}

extension DecodingError {
    /// The error as a clause: what is wrong and under which key.
    fileprivate var oneClause: String {
        let context: Context
        let what: String
        switch self {
        case .typeMismatch(_, let found): (what, context) = ("a value has the wrong type", found)
        case .valueNotFound(_, let found): (what, context) = ("a value is null", found)
        case .keyNotFound(let key, let found): (what, context) = ("\(key.stringValue) is missing", found)
        case .dataCorrupted(let found): (what, context) = ("it is not JSON or a number is out of range", found)
        @unknown default: return "it can't be decoded"
        }
        let place = context.codingPath.map(\.stringValue).joined(separator: "/")
        return place.isEmpty ? what : "\(what) under \(place)"
    }
}

/// Lexicographic order of (offsets, name), so that empty tensors come before the one that starts at the same byte.
private func < (left: ([Int], String), right: ([Int], String)) -> Bool {
    left.0 == right.0 ? left.1 < right.1 : left.0.lexicographicallyPrecedes(right.0)
}
