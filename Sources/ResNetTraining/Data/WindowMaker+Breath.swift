import MelSpectrogram

/// Breath that goes through the nose while a nasal is spoken, onto a microphone beside it.
extension WindowMaker {
    /// Adds noise of one band to the utterance wherever its voice is a murmur: low tones and next to nothing above, as in n and m.
    ///
    /// Its level follows the murmur's, so that vowels and fricatives stay as they are. Seen in spectrograms of one of
    /// FSDD's speakers: noise between 2 and 3 kHz in every n.
    mutating func addBreath(_ random: inout SeededRandom) {
        guard parameters.breathChance > 0, random.chance(parameters.breathChance) else { return }
        let centre = random.logUniform(in: parameters.breathFrequency)
        let width = random.uniform(in: parameters.breathWidth)
        let level = Math.amplitude(decibels: random.uniform(in: parameters.breathLevel))

        let murmur = murmurs()
        noise.removeAll(keepingCapacity: true)
        for _ in wordSpeech { noise.append(random.gaussian()) }
        // Twice each: what leaks into the murmur itself would sound like a hoarse voice.
        for _ in 0..<2 {
            Biquad.highPass(centre / (1 + width), rate: rate).apply(to: &noise)
            Biquad.lowPass(min(centre * (1 + width), 0.49 * Float(rate)), rate: rate).apply(to: &noise)
        }
        NoiseSource.normalise(&noise)
        let hop = MelParameters.standard.hopLength
        for i in 0..<noise.count {
            // Between the middles of two blocks, in a straight line: steps would click.
            let place = max(0, (Float(i) + 0.5) / Float(hop) - 0.5)
            let block = min(Int(place), murmur.count - 1)
            let next = min(block + 1, murmur.count - 1)
            let share = place - Float(block)
            let amplitude = murmur[block] * (1 - share) + murmur[next] * share
            word[wordSpeech.lowerBound + i] += level * amplitude * noise[i]
        }
    }

    /// The amplitude of each 10 ms of the utterance below 450 Hz, where it stands 8 dB (0) to 20 dB (1) above what is over 700 Hz.
    private mutating func murmurs() -> [Float] {
        scratch.removeAll(keepingCapacity: true)
        scratch.append(contentsOf: word[wordSpeech])
        scratch2.removeAll(keepingCapacity: true)
        scratch2.append(contentsOf: word[wordSpeech])
        for _ in 0..<2 {
            Biquad.lowPass(450, rate: rate).apply(to: &scratch)
            Biquad.highPass(700, rate: rate).apply(to: &scratch2)
        }
        let hop = MelParameters.standard.hopLength
        let blocks = max(1, (wordSpeech.count + hop - 1) / hop)
        return (0..<blocks).map { block in
            let range = block * hop..<min((block + 1) * hop, wordSpeech.count)
            let low = NoiseSource.rootMeanSquare(scratch, range)
            let high = NoiseSource.rootMeanSquare(scratch2, range)
            guard low > 1e-9 else { return 0 }
            let decibels = high > 1e-9 ? Math.decibels(amplitude: low / high) : 20
            return low * min(max((decibels - 8) / 12, 0), 1)
        }
    }
}
