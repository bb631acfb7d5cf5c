import CFFTW
import Foundation
import Synchronization

/// FFTW's planner keeps global state: everything but `fftwf_execute` must run one at a time
/// (FFTW 3.3 manual, section 5.4, "Thread safety").
private let plannerLock = Mutex(())

/// Carries a new plan, which nobody else knows yet, out of the lock.
private struct MadePlan: @unchecked Sendable {
    let plan: fftwf_plan?
}

/// The power spectrum of a real signal of even length, single precision: `fftwf_plan_dft_1d` of half the length, with the even
/// samples as real and the odd ones as imaginary parts, and from it the half spectrum's squared magnitudes.
///
/// With Z the complex spectrum and M half the length, E[k] = (Z[k] + conj Z[M-k]) / 2 and O[k] = (Z[k] - conj Z[M-k]) / 2i are the
/// spectra of the even and of the odd samples, and X[k] = E[k] + exp(-i pi k / M) O[k] (Press et al., "Numerical Recipes", 3rd edition,
/// section 12.3). The plan is of `FFTW_ESTIMATE`, which times nothing, so that the same machine always rounds the same way; for
/// real signals it misses the fast plans: of 256 samples the complex plan takes less than half the time of `fftwf_plan_dft_r2c_1d`'s.
///
/// The buffers come from `fftwf_malloc`, aligned for SIMD. Three small allocations at `init`, none afterwards.
struct RealTransform: ~Copyable {
    /// The signal, `length` samples; zero at first.
    let input: UnsafeMutableBufferPointer<Float>
    /// The spectrum Z as pairs of real and imaginary parts.
    private let output: UnsafeMutableBufferPointer<Float>
    /// cos(pi k / M) for k from 0 to M / 2, then as many sines.
    private let twiddles: UnsafeMutableBufferPointer<Float>
    private let half: Int
    private let plan: fftwf_plan

    /// - Parameter length: Samples, an even number.
    init(length: Int) throws(MelError) {
        precondition(length.isMultiple(of: 2), "pairs of samples")
        let half = length / 2
        guard let input = fftwf_alloc_real(length) else { throw .transformUnavailable(length: length) }
        guard let output = fftwf_alloc_real(length) else {
            fftwf_free(input)
            throw .transformUnavailable(length: length)
        }
        let made = output.withMemoryRebound(to: fftwf_complex.self, capacity: half) { output in
            input.withMemoryRebound(to: fftwf_complex.self, capacity: half) { input in
                nonisolated(unsafe) let (input, output) = (input, output)
                return plannerLock.withLock { _ in
                    MadePlan(plan: fftwf_plan_dft_1d(Int32(half), input, output, FFTW_FORWARD, UInt32(FFTW_ESTIMATE)))
                }
            }
        }
        guard let plan = made.plan else {
            fftwf_free(input)
            fftwf_free(output)
            throw .transformUnavailable(length: length)
        }
        self.plan = plan
        self.half = half
        self.input = UnsafeMutableBufferPointer(start: input, count: length)
        self.output = UnsafeMutableBufferPointer(start: output, count: length)
        self.input.initialize(repeating: 0)
        self.output.initialize(repeating: 0)
        twiddles = .allocate(capacity: 2 * (half / 2 + 1))
        for k in 0...half / 2 {
            let angle = Double.pi * Double(k) / Double(half)
            twiddles.initializeElement(at: k, to: Float(cos(angle)))
            twiddles.initializeElement(at: half / 2 + 1 + k, to: Float(sin(angle)))
        }
    }

    deinit {
        nonisolated(unsafe) let plan = plan
        plannerLock.withLock { _ in fftwf_destroy_plan(plan) }
        fftwf_free(input.baseAddress)
        fftwf_free(output.baseAddress)
        twiddles.deallocate()
    }

    /// The squared magnitudes of the half spectrum of `input`. Thread-safe between transforms, since each has its own buffers.
    /// - Parameter power: gets `length / 2 + 1` numbers, from 0 Hz on.
    func power(into power: UnsafeMutableBufferPointer<Float>) {
        precondition(power.count > half, "a number for each bin")
        fftwf_execute(plan)
        let output = UnsafePointer(self.output.baseAddress!)
        let (cosines, power) = (UnsafePointer(twiddles.baseAddress!), power.baseAddress!)
        let sines = cosines + half / 2 + 1
        let (first, last) = (output[0] + output[1], output[0] - output[1])
        power[0] = first * first
        power[half] = last * last
        // Each k gives its own bin and its mirror image's; where they meet, both are the same.
        var k = 1
        while k &+ 3 <= half / 2 {
            let (low, high) = (output[eight: 2 &* k], output[eight: 2 &* (half &- k &- 3)])
            let (bins, mirrored) = Self.squares(
                low.evenHalf, low.oddHalf, high.evenHalf.reversed, high.oddHalf.reversed, cosines[four: k],
                sines[four: k])
            power[four: k] = bins
            power[four: half &- k &- 3] = mirrored.reversed
            k &+= 4
        }
        while k <= half / 2 {
            func lane(_ x: Float) -> SIMD4<Float> { SIMD4(x, 0, 0, 0) }
            let mirror = half - k
            let (bins, mirrored) = Self.squares(
                lane(output[2 * k]), lane(output[2 * k + 1]), lane(output[2 * mirror]), lane(output[2 * mirror + 1]),
                lane(cosines[k]), lane(sines[k]))
            power[k] = bins.x
            power[mirror] = mirrored.x
            k += 1
        }
    }

    /// |X[k]|² and |X[M-k]|² of four bins, from the parts of Z[k] (`a`, `b`) and of Z[M-k] (`c`, `d`).
    @inline(__always)
    private static func squares(
        _ a: SIMD4<Float>, _ b: SIMD4<Float>, _ c: SIMD4<Float>, _ d: SIMD4<Float>, _ cosine: SIMD4<Float>,
        _ sine: SIMD4<Float>
    ) -> (SIMD4<Float>, SIMD4<Float>) {
        // Twice E[k], and twice O[k] turned by exp(-i pi k / M); X[M-k] is the conjugate of their difference.
        let (evenReal, evenImaginary, oddReal, oddImaginary) = (a + c, b - d, b + d, c - a)
        let turnedReal = cosine * oddReal + sine * oddImaginary
        let turnedImaginary = cosine * oddImaginary - sine * oddReal
        let (sumReal, sumImaginary) = (evenReal + turnedReal, evenImaginary + turnedImaginary)
        let (differenceReal, differenceImaginary) = (evenReal - turnedReal, evenImaginary - turnedImaginary)
        return (
            (sumReal * sumReal + sumImaginary * sumImaginary) * 0.25,
            (differenceReal * differenceReal + differenceImaginary * differenceImaginary) * 0.25
        )
    }
}

extension SIMD4<Float> {
    fileprivate var reversed: Self {
        @inline(__always) get { Self(w, z, y, x) }
    }
}
