import CFFTW
import Synchronization

/// FFTW's planner keeps global state: everything but `fftwf_execute` must run one at a time
/// (FFTW 3.3 manual, section 5.4, "Thread safety").
private let plannerLock = Mutex(())

/// Carries a new plan, which nobody else knows yet, out of the lock.
private struct MadePlan: @unchecked Sendable {
    let plan: fftwf_plan?
}

/// `fftwf_plan_dft_r2c_1d` with its two buffers: a real signal to its half spectrum, single precision.
///
/// Planned with `FFTW_ESTIMATE`, which times nothing, so that the same machine always rounds the same way. Both buffers
/// come from `fftwf_malloc`, aligned for SIMD. Costs two small allocations at `init`, none afterwards.
struct RealTransform: ~Copyable {
    /// The signal, `length` samples, and zeros up to a multiple of eight; zero at first.
    let input: UnsafeMutableBufferPointer<Float>
    /// The spectrum as pairs of real and imaginary parts, `2 * (length / 2 + 1)` numbers.
    let output: UnsafeMutableBufferPointer<Float>
    private let plan: fftwf_plan

    init(length: Int) throws(MelError) {
        let outputCount = 2 * (length / 2 + 1)
        let inputCount = (length + 7) / 8 * 8
        guard let input = fftwf_alloc_real(inputCount) else { throw .transformUnavailable(length: length) }
        guard let output = fftwf_alloc_real(outputCount) else {
            fftwf_free(input)
            throw .transformUnavailable(length: length)
        }
        let made = output.withMemoryRebound(to: fftwf_complex.self, capacity: outputCount / 2) { complex in
            nonisolated(unsafe) let (input, complex) = (input, complex)
            return plannerLock.withLock { _ in
                MadePlan(plan: fftwf_plan_dft_r2c_1d(Int32(length), input, complex, UInt32(FFTW_ESTIMATE)))
            }
        }
        guard let plan = made.plan else {
            fftwf_free(input)
            fftwf_free(output)
            throw .transformUnavailable(length: length)
        }
        self.plan = plan
        self.input = UnsafeMutableBufferPointer(start: input, count: inputCount)
        self.output = UnsafeMutableBufferPointer(start: output, count: outputCount)
        self.input.initialize(repeating: 0)
        self.output.initialize(repeating: 0)
    }

    deinit {
        nonisolated(unsafe) let plan = plan
        plannerLock.withLock { _ in fftwf_destroy_plan(plan) }
        fftwf_free(input.baseAddress)
        fftwf_free(output.baseAddress)
    }

    /// `fftwf_execute`: `input` to `output`. Thread-safe between transforms, since each has its own buffers.
    func execute() {
        fftwf_execute(plan)
    }
}
