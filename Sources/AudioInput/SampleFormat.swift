/// How a sample lies in memory: the little-endian formats that sound cards capture natively.
enum SampleFormat: UInt8, Sendable, CaseIterable {
    /// 16-bit integer.
    case int16
    /// 24-bit integer in 3 bytes.
    case int24Packed
    /// 24-bit integer in the low 3 bytes of 4; the highest byte is not defined.
    case int24
    /// 32-bit integer.
    case int32
    /// 32-bit float, full scale 1.0.
    case float32

    /// Bytes of one sample of one channel.
    var byteCount: Int {
        switch self {
        case .int16: 2
        case .int24Packed: 3
        case .int24, .int32, .float32: 4
        }
    }

    /// Converts interleaved frames to the mean of their channels, full scale 1.0.
    ///
    /// Integers are divided by 2 to the power of their bits less one, as libsndfile does, so that a device and a file give
    /// the same samples.
    /// - Parameters:
    ///   - bytes: `frames * channels * byteCount` bytes, at any alignment.
    ///   - frames: number of frames, at least 0.
    ///   - channels: interleaved channels, at least 1.
    ///   - output: room for `frames` samples.
    /// - Returns: false when a sample is NaN or infinite, which only floats can be.
    func mixToMono(
        _ bytes: UnsafeRawPointer, frames: Int, channels: Int, into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        reading(bytes) { mix(frames, channels, output, $0) }
    }

    /// Converts one channel of interleaved frames; the others are left out. Parameters and result as of `mixToMono`.
    func take(
        channel: Int, _ bytes: UnsafeRawPointer, frames: Int, channels: Int, into output: UnsafeMutablePointer<Float>
    ) -> Bool {
        reading(bytes) { sample in
            var allFinite = true
            for frame in 0..<frames {
                let value = sample(frame * channels + channel)
                allFinite = allFinite && value.isFinite
                output[frame] = value
            }
            return allFinite
        }
    }

    /// Adds the energy (the sum of squares) of each channel to `energies`.
    ///
    /// - Returns: the energy of the channels' mean.
    func addEnergies(
        _ bytes: UnsafeRawPointer, frames: Int, channels: Int, to energies: UnsafeMutableBufferPointer<Float>
    ) -> Float {
        reading(bytes) { sample in
            var meanEnergy: Float = 0
            for frame in 0..<frames {
                var sum: Float = 0
                for channel in 0..<channels {
                    let value = sample(frame * channels + channel)
                    energies[channel] += value * value
                    sum += value
                }
                let mean = sum / Float(channels)
                meanEnergy += mean * mean
            }
            return meanEnergy
        }
    }

    /// Gives `body` the float at an interleaved index of the bytes.
    @inline(__always)
    private func reading<Result>(_ bytes: UnsafeRawPointer, _ body: ((Int) -> Float) -> Result) -> Result {
        switch self {
        case .int16:
            body { Float(bytes.loadUnaligned(fromByteOffset: $0 * 2, as: Int16.self)) / 0x8000 }
        case .int24Packed:
            body {
                let low = UInt32(bytes.loadUnaligned(fromByteOffset: $0 * 3, as: UInt16.self))
                let high = UInt32(bytes.loadUnaligned(fromByteOffset: $0 * 3 + 2, as: UInt8.self))
                return Float(Int32(bitPattern: low << 8 | high << 24) >> 8) / 0x80_0000
            }
        case .int24:
            body { Float((bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self) << 8) >> 8) / 0x80_0000 }
        case .int32:
            body { Float(bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Int32.self)) / 0x8000_0000 }
        case .float32:
            body { bytes.loadUnaligned(fromByteOffset: $0 * 4, as: Float.self) }
        }
    }

    /// `sample` gives the float at an interleaved index.
    @inline(__always)
    private func mix(
        _ frames: Int, _ channels: Int, _ output: UnsafeMutablePointer<Float>, _ sample: (Int) -> Float
    ) -> Bool {
        var allFinite = true
        for frame in 0..<frames {
            var sum: Float = 0
            for channel in 0..<channels { sum += sample(frame * channels + channel) }
            let mean = channels == 1 ? sum : sum / Float(channels)
            allFinite = allFinite && mean.isFinite
            output[frame] = mean
        }
        return allFinite
    }
}

/// What the bytes of a stream are.
struct StreamFormat: Sendable, Equatable {
    /// How a sample lies in memory.
    var sample: SampleFormat
    /// Frames a second, in Hz.
    var rate: Int
    /// Interleaved channels, 1 to 255.
    var channels: Int
    /// Bytes of one frame.
    var frameBytes: Int { sample.byteCount * channels }
}
