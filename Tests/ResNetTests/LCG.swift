/// The generator of the golden network's weights: x = 1664525 x + 1013904223 mod 2^32, the upper 24 bits taken as a
/// number in [-1, 1). Golden/make_golden.py has the same one, so that weights need not be stored.
struct LCG {
    private var state: UInt32

    init(seed: UInt32) { state = seed }

    mutating func next() -> Float {
        state = state &* 1_664_525 &+ 1_013_904_223
        return Float(state >> 8) * 0x1p-23 - 1
    }

    mutating func values(_ count: Int) -> [Float] { (0..<count).map { _ in next() } }
}
