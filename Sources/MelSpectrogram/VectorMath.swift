/// Natural logarithm and exponential of four numbers at once, which is what every x86-64 CPU has registers for, for the front end: on every CPU the same bits, and several times as
/// fast as the C library's functions one by one.
///
/// Polynomials of Moshier's Cephes library, single precision (`logf.c`, `expf.c`, https://www.netlib.org/cephes): errors stay under
/// 2 units in the last place.
enum VectorMath {
    /// ln(2) in two parts, the first exact in few bits.
    private static let ln2High: Float = 0.693359375
    private static let ln2Low: Float = -2.12194440e-4

    /// The natural logarithms of normal numbers over 0; an infinity or a NaN stays what it is.
    @inline(__always)
    static func log(_ x: SIMD4<Float>) -> SIMD4<Float> {
        // x = m * 2^e with m from sqrt(1/2) to sqrt(2): its bits less those of sqrt(1/2) have e in the exponent's place.
        let bits = unsafeBitCast(x, to: SIMD4<Int32>.self)
        let root = SIMD4<Int32>(repeating: 0x3F35_04F3)
        let exponent = (bits &- root) &>> 23
        let m = unsafeBitCast(bits &- (exponent &<< 23), to: SIMD4<Float>.self)
        let e = SIMD4<Float>(exponent)
        let r = m - 1
        let z = r * r
        // In pairs of coefficients (Estrin), since each step of Horner's rule waits for the one before.
        let low = (r * -2.4999993993e-1 + 3.3333331174e-1) + z * (r * -1.6668057665e-1 + 2.0000714765e-1)
        let high = (r * -1.2420140846e-1 + 1.4249322787e-1) + z * (r * -1.1514610310e-1 + 1.1676998740e-1)
        let fourth = z * z
        let p = low + fourth * (high + fourth * 7.0376836292e-2)
        let y = z * (r * p - 0.5) + e * ln2Low
        let result = r + y + e * ln2High
        return result.replacing(with: x, where: .!(x .< .infinity))
    }

    /// The exponentials; from -87 to 88, beyond which the end's is given. A NaN stays one.
    @inline(__always)
    static func exp(_ x: SIMD4<Float>) -> SIMD4<Float> {
        let low = SIMD4<Float>(repeating: -87)
        let high = SIMD4<Float>(repeating: 88)
        var a = x
        a.replace(with: low, where: a .< low)
        a.replace(with: high, where: a .> high)
        // Adding 1.5 * 2^23 rounds to the nearest integer and leaves it in the lowest bits.
        let magic = SIMD4<Float>(repeating: 0x1.8p23)
        let shifted = a * 1.44269504088896341 + magic
        let n = shifted - magic
        let power = (unsafeBitCast(shifted, to: SIMD4<Int32>.self) &- (0x4B40_0000 - 127)) &<< 23
        let r = a - n * ln2High - n * ln2Low
        var y = SIMD4<Float>(repeating: 1.9875691500e-4)
        y = y * r + 1.3981999507e-3
        y = y * r + 8.3334519073e-3
        y = y * r + 4.1665795894e-2
        y = y * r + 1.6666665459e-1
        y = y * r + 5.0000001201e-1
        y = y * r * r + r + 1
        return y * unsafeBitCast(power, to: SIMD4<Float>.self)
    }
}

extension UnsafePointer<Float> {
    /// Four numbers from an index on, at any alignment.
    subscript(four index: Int) -> SIMD4<Float> {
        @inline(__always) get { UnsafeRawPointer(self + index).loadUnaligned(as: SIMD4<Float>.self) }
    }

    /// Eight numbers from an index on, at any alignment.
    subscript(eight index: Int) -> SIMD8<Float> {
        @inline(__always) get { UnsafeRawPointer(self + index).loadUnaligned(as: SIMD8<Float>.self) }
    }
}

extension UnsafeMutablePointer<Float> {
    /// Four numbers from an index on, at any alignment.
    subscript(four index: Int) -> SIMD4<Float> {
        @inline(__always) get { UnsafePointer(self)[four: index] }
        @inline(__always) nonmutating set {
            UnsafeMutableRawPointer(self + index).storeBytes(of: newValue, as: SIMD4<Float>.self)
        }
    }
}
