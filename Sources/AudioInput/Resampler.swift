import CSoxr

/// A mono resampler for a stream: `soxr_create`, `soxr_process`, `soxr_clear` and `soxr_delete` of libsoxr.
///
/// Output sample `k` stands for the input at `k * inputRate / outputRate` (linear phase, delay compensated), and the
/// output is the same however the input is cut into calls. Nothing is allocated per call once the blocks' size is settled.
/// Equal rates pass through bit for bit, without soxr.
struct Resampler: ~Copyable {
    /// Rate of the samples given, in Hz.
    let inputRate: Int
    /// Rate of the samples returned, in Hz.
    let outputRate: Int
    private let handle: soxr_t?

    /// What a lower output rate is made for.
    enum Purpose {
        /// A stream that somebody waits for: little delay, for a soft upper end of the band.
        case live
        /// A recording that is there as a whole: soxr's own settings (`SOXR_HQ`), which librosa calls `soxr_hq`.
        case offline
    }

    /// - Parameters:
    ///   - inputRate: rate of the samples that will be given, in Hz, at least 1.
    ///   - outputRate: rate of the samples wanted, in Hz, at least 1.
    ///   - purpose: makes a difference where the output rate is the lower one.
    /// - Throws: `.system` when libsoxr cannot be set up.
    init(from inputRate: Int, to outputRate: Int, for purpose: Purpose = .live) throws(AudioInputError) {
        self.inputRate = inputRate
        self.outputRate = outputRate
        guard inputRate != outputRate else {
            handle = nil
            return
        }
        var failure: soxr_error_t?
        var format = soxr_io_spec(SOXR_FLOAT32_I, SOXR_FLOAT32_I)
        var quality = soxr_quality_spec(UInt(SOXR_20_BITQ), 0)
        var runtime = soxr_runtime_spec(1)
        if inputRate > outputRate, purpose == .live {
            // soxr's own settings hold back up to 158 ms (measured with 10 ms blocks, 48 to 8 kHz), which a speaker would
            // feel. The transition band centred on the new Nyquist frequency and the smallest Fourier blocks bring that to
            // 38 ms at most at every rate from 11 to 192 kHz, for the same processor time. What folds back lands above
            // 0.94 of the Nyquist frequency (3,760 of 4,000 Hz).
            quality.passband_end = 0.94
            quality.stopband_begin = 1.06
            runtime.log2_min_dft_size = 8
            runtime.log2_large_dft_size = 8
        }
        handle = soxr_create(Double(inputRate), Double(outputRate), 1, &failure, &format, &quality, &runtime)
        if let failure { throw .system(what: "Setting up the resampler", reason: String(cString: failure)) }
    }

    deinit {
        if let handle { soxr_delete(handle) }
    }

    /// Takes from `input` and gives to `output` as much as fits.
    ///
    /// - Returns: samples taken from `input` and samples written to `output`; call again with the rest of `input` when
    ///   `output` was filled.
    mutating func process(
        _ input: UnsafeBufferPointer<Float>, into output: UnsafeMutableBufferPointer<Float>
    ) -> (taken: Int, written: Int) {
        guard let handle else {
            let count = min(input.count, output.count)
            if count > 0 { output.baseAddress!.update(from: input.baseAddress!, count: count) }
            return (count, count)
        }
        guard input.count > 0 else { return (0, 0) }
        var taken = 0
        var written = 0
        soxr_process(handle, input.baseAddress, input.count, &taken, output.baseAddress, output.count, &written)
        return (taken, written)
    }

    /// Gives what is still held back once the input has ended; call until it returns 0, then `reset`.
    mutating func flush(into output: UnsafeMutableBufferPointer<Float>) -> Int {
        guard let handle else { return 0 }
        var written = 0
        soxr_process(handle, nil, 0, nil, output.baseAddress, output.count, &written)
        return written
    }

    /// Forgets the past: the next sample is the first of a new signal.
    mutating func reset() {
        if let handle { soxr_clear(handle) }
    }
}

extension Resampler {
    /// A whole recording at another rate, as `librosa.resample(..., res_type="soxr_hq")` gives it:
    /// `ceil(count * outputRate / inputRate)` samples.
    static func resample(
        _ samples: [Float], from inputRate: Int, to outputRate: Int
    ) throws(AudioInputError) -> [Float] {
        guard inputRate != outputRate else { return samples }
        var resampler = try Resampler(from: inputRate, to: outputRate, for: .offline)
        let count = (samples.count * outputRate + inputRate - 1) / inputRate
        // soxr may round its count up or down; what is missing is silence.
        var result = [Float](repeating: 0, count: count)
        var (taken, written) = (0, 0)
        samples.withUnsafeBufferPointer { input in
            result.withUnsafeMutableBufferPointer { output in
                while taken < input.count, written < count {
                    let step = resampler.process(
                        UnsafeBufferPointer(rebasing: input[taken...]),
                        into: UnsafeMutableBufferPointer(rebasing: output[written...]))
                    taken += step.taken
                    written += step.written
                }
                while written < count {
                    let more = resampler.flush(into: UnsafeMutableBufferPointer(rebasing: output[written...]))
                    if more == 0 { break }
                    written += more
                }
            }
        }
        return result
    }
}
