/// The element types of safetensors that this package reads and writes, with their conversion from and to Float.
///
/// Elements are little-endian in the file and taken as they are: every platform of this package is little-endian.
enum ElementType: String {
    case f32 = "F32"
    case f16 = "F16"
    case bf16 = "BF16"
    /// Batch norm's `num_batches_tracked` only.
    case i64 = "I64"

    var byteCount: Int {
        switch self {
        case .f16, .bf16: 2
        case .f32: 4
        case .i64: 8
        }
    }

    /// The elements of `bytes`, at any alignment, as Floats.
    func floats(in bytes: UnsafeRawBufferPointer) -> [Float] {
        let count = bytes.count / byteCount
        return [Float](unsafeUninitializedCapacity: count) { floats, initialized in
            switch self {
            case .f32:
                UnsafeMutableRawBufferPointer(floats).copyMemory(from: bytes)
            case .f16:
                for i in 0..<count {
                    floats[i] = float(half: bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
                }
            case .bf16:
                for i in 0..<count {
                    let upper = bytes.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self)
                    floats[i] = Float(bitPattern: UInt32(upper) << 16)
                }
            case .i64:
                for i in 0..<count { floats[i] = Float(bytes.loadUnaligned(fromByteOffset: 8 * i, as: Int64.self)) }
            }
            initialized = count
        }
    }

    /// Whether no element of `bytes` is an infinity or a NaN; no early exit, so that it vectorises.
    func areFinite(in bytes: UnsafeRawBufferPointer) -> Bool {
        switch self {
        case .f32:
            var largest: UInt32 = 0
            for offset in stride(from: 0, to: bytes.count, by: 4) {
                largest = max(largest, bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) & 0x7F80_0000)
            }
            return largest != 0x7F80_0000
        case .f16, .bf16:
            let exponent: UInt16 = self == .f16 ? 0x7C00 : 0x7F80
            var largest: UInt16 = 0
            for offset in stride(from: 0, to: bytes.count, by: 2) {
                largest = max(largest, bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self) & exponent)
            }
            return largest != exponent
        case .i64: return true
        }
    }

    /// The bits of values that are all exactly IEEE halves; nil for others.
    static func halves(_ values: [Float]) -> [UInt16]? {
        let halves = values.map(halfBits)
        return zip(values, halves).allSatisfy { $0 == float(half: $1) } ? halves : nil
    }

    /// Appends finite `values`, rounded to nearest (ties to even); false if one is too large for this type.
    func append(_ values: [Float], to bytes: inout [UInt8]) -> Bool {
        switch self {
        case .f32:
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .f16:
            let halves = values.map(halfBits)
            guard !halves.contains(where: { $0 & 0x7C00 == 0x7C00 }) else { return false }
            halves.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .bf16:
            // Adding just under half of the last place, or exactly half where the kept part is odd, rounds to even.
            let uppers = values.map { value -> UInt16 in
                let bits = value.bitPattern
                return UInt16((bits + 0x7FFF + (bits >> 16 & 1)) >> 16)
            }
            guard !uppers.contains(where: { $0 & 0x7F80 == 0x7F80 }) else { return false }
            uppers.withUnsafeBytes { bytes.append(contentsOf: $0) }
        case .i64:
            let integers = values.compactMap { Int64(exactly: $0.rounded()) }
            guard integers.count == values.count else { return false }
            integers.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        return true
    }
}

/// An IEEE half as a Float, in operations that vectorise (`Float(Float16)` calls a library function per element where
/// the compiler may not assume F16C, which is the default for x86-64: 22 MB took 60 ms).
///
/// The exponent and mantissa move to their place in a Float; multiplying by 2^112 corrects the bias and normalises
/// subnormals exactly. Infinity and NaN (exponent 31) keep all exponent bits set.
@inline(__always)
private func float(half bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let scaled = (Float(bitPattern: magnitude) * 0x1p112).bitPattern
    let special: UInt32 = bits & 0x7C00 == 0x7C00 ? 0x7F80_0000 : 0
    return Float(bitPattern: scaled | special | UInt32(bits & 0x8000) << 16)
}

/// The nearest IEEE half (ties to even) of a Float; infinity from 65,520 upwards.
@inline(__always)
private func halfBits(_ value: Float) -> UInt16 {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = value.bitPattern & 0x7FFF_FFFF
    if magnitude >= 0x477F_F000 { return sign | 0x7C00 }  // 65,520: halfway between the largest half and 65,536
    if magnitude < 0x3880_0000 {  // below 2^-14: a subnormal half, a multiple of 2^-24
        // Adding 0.5, whose last place is 2^-24, leaves the rounded multiple in the low bits.
        return sign | UInt16(truncatingIfNeeded: (Float(bitPattern: magnitude) + 0.5).bitPattern - 0x3F00_0000)
    }
    let rounded = magnitude - 0x3800_0000 + 0xFFF + (magnitude >> 13 & 1)
    return sign | UInt16(truncatingIfNeeded: rounded >> 13)
}

/// Whether no value is an infinity or a NaN; no early exit, so that it vectorises.
func allFinite(_ values: [Float]) -> Bool {
    var exponentMax: UInt32 = 0
    for value in values { exponentMax = max(exponentMax, value.bitPattern & 0x7F80_0000) }
    return exponentMax != 0x7F80_0000
}
