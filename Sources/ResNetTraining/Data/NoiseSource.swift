/// Backgrounds to speak in: synthetic noises, hum, recorded noises, and babble made of other clips.
struct NoiseSource {
    /// In the order of `AugmentationParameters.noiseWeights`.
    enum Kind: Int, CaseIterable {
        case white, pink, brown, hum, recorded, babble, roomTone
    }

    /// Chooses a kind by weight; recorded noise and babble only where the store has some.
    static func kind(weights: [Float], store: ClipStore, random: inout SeededRandom) -> Kind {
        var left = random.uniform() * weights.reduce(0, +)
        var chosen = Kind.white
        for kind in Kind.allCases where kind.rawValue < weights.count {
            left -= weights[kind.rawValue]
            if left < 0 {
                chosen = kind
                break
            }
        }
        if chosen == .recorded && store.noises.isEmpty { return .pink }
        if chosen == .babble && store.clips.isEmpty { return .brown }
        return chosen
    }

    /// Fills `output` (whose length stays) with noise of root mean square 1.
    static func fill(_ output: inout [Float], kind: Kind, store: ClipStore, random: inout SeededRandom) {
        switch kind {
        case .white: white(&output, &random)
        case .pink: pink(&output, &random)
        case .brown: brown(&output, &random)
        case .hum: hum(&output, &random)
        case .recorded: recorded(&output, store, &random)
        case .babble: babble(&output, store, &random)
        case .roomTone: roomTone(&output, store, &random)
        }
        normalise(&output)
    }

    /// Scales to a root mean square of 1; silence stays silence.
    static func normalise(_ signal: inout [Float]) {
        let level = rootMeanSquare(signal, 0..<signal.count)
        guard level > 1e-9 else { return }
        scale(&signal, by: 1 / level)
    }

    /// Root mean square of a part of a signal; 0 for an empty part.
    static func rootMeanSquare(_ signal: [Float], _ range: Range<Int>) -> Float {
        guard !range.isEmpty else { return 0 }
        var sums = SIMD8<Float>()
        let sum: Float = signal.withUnsafeBufferPointer { samples in
            var i = range.lowerBound
            while i + 8 <= range.upperBound {
                var x = SIMD8<Float>()
                for k in 0..<8 { x[k] = samples[i + k] }
                sums += x * x
                i += 8
            }
            var rest = sums.sum()
            while i < range.upperBound {
                rest += samples[i] * samples[i]
                i += 1
            }
            return rest
        }
        return (sum / Float(range.count)).squareRoot()
    }

    static func scale(_ signal: inout [Float], by factor: Float) {
        signal.withUnsafeMutableBufferPointer { samples in
            for i in samples.indices { samples[i] *= factor }
        }
    }

    private static func white(_ output: inout [Float], _ random: inout SeededRandom) {
        output.withUnsafeMutableBufferPointer { samples in
            for i in samples.indices { samples[i] = random.gaussian() }
        }
    }

    /// Paul Kellet's economy filter: -3 dB an octave within 0.5 dB over the band in use.
    private static func pink(_ output: inout [Float], _ random: inout SeededRandom) {
        var b0: Float = 0
        var b1: Float = 0
        var b2: Float = 0
        output.withUnsafeMutableBufferPointer { samples in
            for i in samples.indices {
                let w = random.gaussian()
                b0 = 0.99765 * b0 + w * 0.0990460
                b1 = 0.96300 * b1 + w * 0.2965164
                b2 = 0.57000 * b2 + w * 1.0526913
                samples[i] = b0 + b1 + b2 + w * 0.1848
            }
        }
    }

    /// A leaky integral of white noise: -6 dB an octave above about 40 Hz.
    private static func brown(_ output: inout [Float], _ random: inout SeededRandom) {
        var y: Float = 0
        output.withUnsafeMutableBufferPointer { samples in
            for i in samples.indices {
                y = 0.97 * y + random.gaussian()
                samples[i] = y
            }
        }
    }

    /// Mains hum of 50 or 60 Hz with harmonics, over faint white noise. Sines by rotation, not `sinf` a sample.
    private static func hum(_ output: inout [Float], _ random: inout SeededRandom) {
        white(&output, &random)
        scale(&output, by: random.uniform(in: 0.02...0.3))
        let mains: Float = random.chance(0.5) ? 50 : 60
        for harmonic in 1...10 {
            let amplitude = random.uniform() / Float(harmonic)
            let step = 2 * Float.pi * mains * Float(harmonic) / Float(ClipStore.sampleRate)
            let (c, s) = (Math.sine(step + .pi / 2), Math.sine(step))
            let phase = random.uniform() * 2 * .pi
            var re = Math.sine(phase + .pi / 2)
            var im = Math.sine(phase)
            output.withUnsafeMutableBufferPointer { samples in
                for i in samples.indices {
                    samples[i] += amplitude * im
                    (re, im) = (re * c - im * s, re * s + im * c)
                }
            }
        }
    }

    private static func recorded(_ output: inout [Float], _ store: ClipStore, _ random: inout SeededRandom) {
        let noise = store.noises[random.index(below: store.noises.count)].samples
        let start = random.index(below: noise.count)
        add(noise, from: start, gain: 1, to: &output, replacing: true)
    }

    /// Three to six other voices at once.
    private static func babble(_ output: inout [Float], _ store: ClipStore, _ random: inout SeededRandom) {
        for i in output.indices { output[i] = 0 }
        for _ in 0..<random.integer(in: 3...6) {
            let audio = store.audio[random.index(below: store.audio.count)]
            let gain = random.uniform(in: 0.4...1) / Float(max(audio.peak, 1))
            let start = random.index(below: audio.samples.count)
            add(audio.samples, from: start, gain: gain * 32_768, to: &output, replacing: false)
        }
    }

    /// The noise beside the word of one recording; white where no recording has any.
    private static func roomTone(_ output: inout [Float], _ store: ClipStore, _ random: inout SeededRandom) {
        white(&output, &random)
        guard !store.tonefulClips.isEmpty else { return }
        let clip = store.tonefulClips[random.index(below: store.tonefulClips.count)]
        RoomTone.apply(store.audio[clip].roomTone, to: &output)
    }

    /// Adds 16-bit samples from `start` on, round and round.
    static func add(
        _ samples: [Int16], from start: Int, gain: Float, to output: inout [Float], replacing: Bool
    ) {
        let scale = gain * 0x1p-15
        samples.withUnsafeBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                var written = 0
                var position = start
                while written < target.count {
                    let length = min(source.count - position, target.count - written)
                    if replacing {
                        for i in 0..<length { target[written + i] = Float(source[position + i]) * scale }
                    } else {
                        for i in 0..<length { target[written + i] += Float(source[position + i]) * scale }
                    }
                    written += length
                    position = 0
                }
            }
        }
    }
}
