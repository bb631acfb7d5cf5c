/// What becomes of a word on its way to the frames: another voice, a room, a background, a microphone.
extension WindowMaker {
    mutating func changeSpeed(_ random: inout SeededRandom) {
        guard random.chance(parameters.speedChance) else { return }
        let speed = random.uniform(in: parameters.speed)
        resampler.resample(
            word, speed: speed, limit: 2 * max(Self.wordSamplesMax, word.count), into: &scratch2, scratch: &scratch)
        guard !scratch2.isEmpty else { return }
        swap(&word, &scratch2)
        let start = min(Int(Float(wordSpeech.lowerBound) / speed), word.count - 1)
        let end = min(Int(Float(wordSpeech.upperBound) / speed), word.count)
        wordSpeech = start..<max(end, start + 1)
    }

    /// A voice that swells or dies away over the utterance, linearly in dB.
    mutating func changeSlope(_ random: inout SeededRandom) {
        guard parameters.slopeChance > 0, random.chance(parameters.slopeChance) else { return }
        let decibels = random.uniform(in: -parameters.slope...parameters.slope)
        let factor = Math.amplitude(decibels: decibels / Float(wordSpeech.count))
        var gain: Float = 1
        for i in wordSpeech.lowerBound..<word.count {
            if i < wordSpeech.upperBound { gain *= factor }
            word[i] *= gain
        }
    }

    /// A softer or louder voice; returns whether it is a soft one.
    mutating func changeEffort(_ random: inout SeededRandom) -> Bool {
        guard parameters.effortChance > 0, random.chance(parameters.effortChance) else { return false }
        let decibels = random.uniform(in: parameters.effort)
        let shelf = Biquad.highShelf(random.logUniform(in: parameters.effortCorner), decibels: decibels, rate: rate)
        shelf.apply(to: &word)
        return decibels < parameters.effortSoft
    }

    mutating func addRoom(_ random: inout SeededRandom) {
        guard random.chance(parameters.reverberationChance) else { return }
        Reverberation.apply(
            to: &word, dry: &scratch, decayTime: random.logUniform(in: parameters.reverberationTime),
            directRatio: random.uniform(in: parameters.directToReverberant), rate: rate, random: &random)
    }

    /// Puts the word into its background; returns where in `mix` the utterance is, in samples.
    ///
    /// - Parameter hissing: whether the background is the hiss of an amplifier turned up for a soft voice.
    mutating func embed(padded: Bool, hissing: Bool, random: inout SeededRandom) -> Range<Int> {
        // A recording's own silence serves as padding as far as it goes: a step in the background is not what rooms do.
        let before =
            padded ? max(0, Int(random.uniform(in: parameters.padding) * Float(rate)) - wordSpeech.lowerBound) : 0
        let own = word.count - wordSpeech.upperBound
        let after = padded ? max(0, Int(random.uniform(in: parameters.padding) * Float(rate)) - own) : 0
        let count = max(before + word.count + after, ClipStore.samplesMin)
        mix.removeAll(keepingCapacity: true)
        mix.append(contentsOf: repeatElement(0, count: before))
        mix.append(contentsOf: word)
        mix.append(contentsOf: repeatElement(0, count: count - before - word.count))
        let speech = wordSpeech.lowerBound + before..<wordSpeech.upperBound + before

        // All noise is relative to speech of level 1, so that gain and clipping come last, as in a microphone.
        let level = NoiseSource.rootMeanSquare(mix, speech)
        if level > 1e-9 { NoiseSource.scale(&mix, by: 1 / level) }
        let noiseLevel: Float
        var kind = NoiseSource.Kind.white
        if hissing {
            noiseLevel = Math.amplitude(decibels: -random.uniform(in: parameters.hissRatio))
            if parameters.hissRoomToneShare > 0, random.chance(parameters.hissRoomToneShare) { kind = .roomTone }
        } else if random.chance(parameters.silenceChance) {
            // Speech lies near -20 dB of full scale: nearly digital silence is 55 to 76 dB below it, or nothing at all.
            noiseLevel = random.chance(0.3) ? 0 : Math.amplitude(decibels: random.uniform(in: -76...(-55)))
        } else {
            let isNoisy = random.chance(parameters.noisyChance)
            let ratio = random.uniform(in: isNoisy ? parameters.noisyRatio : parameters.quietRatio)
            noiseLevel = Math.amplitude(decibels: -ratio)
            kind = NoiseSource.kind(weights: parameters.noiseWeights, store: store, random: &random)
        }
        guard noiseLevel > 0 else { return speech }
        noise.removeAll(keepingCapacity: true)
        noise.append(contentsOf: repeatElement(0, count: count))
        NoiseSource.fill(&noise, kind: kind, store: store, random: &random)
        noise.withUnsafeBufferPointer { source in
            mix.withUnsafeMutableBufferPointer { target in
                for i in 0..<count { target[i] += noiseLevel * source[i] }
            }
        }
        return speech
    }

    /// Colour, gain, soft clipping and 16 bits.
    mutating func addMicrophone(_ random: inout SeededRandom) {
        if random.chance(parameters.microphoneChance) {
            if random.chance(0.5) {
                let decibels = random.uniform(in: -parameters.tilt...parameters.tilt)
                let corner = random.logUniform(in: parameters.tiltCorner)
                let shelf = Biquad.highShelf(corner, decibels: decibels, rate: rate)
                shelf.apply(to: &mix)
            }
            if random.chance(0.5) {
                let filter = Biquad.highPass(random.logUniform(in: parameters.highPass), rate: rate)
                filter.apply(to: &mix)
            }
            if random.chance(0.5) {
                let filter = Biquad.lowPass(random.uniform(in: parameters.lowPass), rate: rate)
                filter.apply(to: &mix)
            }
            if parameters.resonancesMax > 0 && random.chance(0.5) {
                for _ in 0..<random.integer(in: 1...parameters.resonancesMax) {
                    let filter = Biquad.peak(
                        random.logUniform(in: parameters.resonanceFrequency),
                        decibels: random.uniform(in: -parameters.resonance...parameters.resonance),
                        quality: random.logUniform(in: parameters.resonanceQuality), rate: rate)
                    filter.apply(to: &mix)
                }
            }
        }
        let peak = mix.reduce(0) { max($0, abs($1)) }
        guard peak > 1e-9 else { return }
        let isClipped = random.chance(parameters.clippingChance)
        let drive = isClipped ? Math.amplitude(decibels: random.uniform(in: parameters.clippingDrive)) : 1
        NoiseSource.scale(&mix, by: drive / peak)
        let gain = Math.amplitude(decibels: random.uniform(in: parameters.peakLevel)) * 32_767
        mix.withUnsafeMutableBufferPointer { samples in
            if isClipped {
                for i in samples.indices {
                    // A rational tanh: right to 2 % below 3, where it meets 1.
                    let x = max(-3, min(3, samples[i]))
                    samples[i] = x * (27 + x * x) / (27 + 9 * x * x)
                }
            }
            for i in samples.indices { samples[i] = (samples[i] * gain).rounded() * 0x1p-15 }
        }
    }
}
