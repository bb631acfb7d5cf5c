/// Takes a direct-current offset off: what cheap sound cards add to every sample, and whose energy hides quiet speech.
///
/// A one-pole high-pass of 20 Hz, which is at work only while there is an offset: where the mean of the last quarter of
/// a second exceeds `offsetMinimum` and outweighs all that moves. Without one the samples pass bit for bit, so that the
/// frames made of them stay those of the plain signal. The samples depend on those before them alone, not on how they
/// are cut into blocks.
struct OffsetRemover {
    /// Samples that a mean is taken over.
    private let meanSamples: Float
    /// Samples that must have come before anything is decided: 20 ms.
    private let samplesMinimum: Int
    /// What the estimate of the offset takes of each sample.
    private let step: Float
    private var count = 0
    private var mean: Float = 0
    private var power: Float = 0
    /// The offset that is taken off; nil while there is none.
    private var offset: Float?

    /// The least mean that is an offset: -54 dB of full scale.
    private static let offsetMinimum: Float = 0.002
    /// Under this it has gone.
    private static let offsetGone: Float = 0.001
    /// Of the high-pass, in Hz: no voice is as low.
    private static let cutoff: Float = 20

    /// - Parameter rate: of the samples, in Hz.
    init(rate: Int = AudioReader.rate) {
        meanSamples = Float(rate) / 4
        samplesMinimum = rate / 50
        step = min(1, 2 * Float.pi * Self.cutoff / Float(rate))
    }

    /// Takes the offset off the next samples, in place.
    mutating func process(_ samples: UnsafeMutableBufferPointer<Float>) {
        for index in samples.indices {
            let sample = samples[index]
            count += 1
            // At the beginning the mean of all so far.
            let weight = 1 / min(Float(count), meanSamples)
            mean += (sample - mean) * weight
            power += (sample * sample - power) * weight
            guard let old = offset else {
                if count >= samplesMinimum, abs(mean) > Self.offsetMinimum, 2 * mean * mean > power { offset = mean }
                continue
            }
            let new = old + (sample - old) * step
            samples[index] = sample - new
            offset = abs(mean) < Self.offsetGone ? nil : new
        }
    }
}
