import Glibc

/// log(exp(a) + exp(b)), without overflow. Minus infinity is the logarithm of 0.
@inline(__always)
func logAdd(_ a: Double, _ b: Double) -> Double {
    let high = max(a, b)
    let difference = min(a, b) - high
    // Less than half a unit in the last place of a sum near 1; not-a-number where both are minus infinity.
    guard difference > -37 else { return high }
    return high + log(1 + exp(difference))
}
