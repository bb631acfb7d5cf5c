import MelSpectrogram

/// The word of a window, before any change: a clip, a part of one, two joined, or a made noise.
extension WindowMaker {
    /// Sets `word` and `wordSpeech`.
    ///
    /// - Parameter whole: whether a plain clip keeps the silence around its utterance.
    mutating func makeWord(_ draw: Draw, whole: Bool, random: inout SeededRandom) {
        word.removeAll(keepingCapacity: true)
        if draw.recipe == .noise {
            makeNoise(&random)
            return
        }
        let speech = store.audio[draw.clip].speech
        switch draw.recipe {
        case .noise: break
        case .plain: takePlain(draw, whole: whole, random: &random)
        case .reversed:
            appendPart(of: draw.clip, speech)
            word.reverse()
            wordSpeech = 0..<word.count
        case .beginning:
            appendPart(of: draw.clip, part(speech, from: 0, to: random.uniform(in: 0.25...0.4)))
            // Cut hard, or faded within 5 ms: a click at the end must not be what tells it from a digit.
            endWord(fade: random.chance(0.7) ? 40 : 0)
        case .ending:
            appendPart(of: draw.clip, part(speech, from: random.uniform(in: 0.5...0.67), to: 1))
            endWord(fade: random.chance(0.7) ? 40 : 0)
        case .joined:
            let share = random.uniform(in: 0.4...0.6)
            appendPart(of: draw.clip, part(speech, from: 0, to: share))
            appendJoined(part(store.audio[draw.partner].speech, from: share, to: 1), of: draw.partner)
            wordSpeech = 0..<word.count
        case .runTogether: runTogether(draw, random: &random)
        case .inRun: takeFromRun(draw, random: &random)
        }
        limitWord(&random)
    }

    private mutating func runTogether(_ draw: Draw, random: inout SeededRandom) {
        // Less than half of a neighbour may leave the digit a digit (`takeFromRun`).
        let share = random.chance(0.5) ? 1 : random.uniform(in: 0.5...1)
        let gap = random.chance(0.5) ? 0 : random.integer(in: 0...480)
        let neighbour = store.audio[draw.partner].speech
        if random.chance(0.5) {
            appendPart(of: draw.partner, part(neighbour, from: 1 - share, to: 1))
            appendAfter(gap: gap, store.audio[draw.clip].speech, of: draw.clip)
        } else {
            appendPart(of: draw.clip, store.audio[draw.clip].speech)
            appendAfter(gap: gap, part(neighbour, from: 0, to: share), of: draw.partner)
        }
        endWord(fade: 40)
    }

    private mutating func takeFromRun(_ draw: Draw, random: inout SeededRandom) {
        let neighbour = store.audio[draw.partner].speech
        // Never so much of a short neighbour that it can be heard for itself.
        let most = min(480, neighbour.count / 5)
        let sides = random.index(below: 3)
        if sides != 1 {
            let rest = random.integer(in: 0...most)
            appendPart(of: draw.partner, neighbour.upperBound - rest..<neighbour.upperBound)
        }
        let gap = random.chance(0.6) ? 0 : random.integer(in: 0...320)
        appendAfter(gap: gap, store.audio[draw.clip].speech, of: draw.clip)
        if sides != 0 {
            let rest = random.integer(in: 0...most)
            appendAfter(
                gap: random.chance(0.6) ? 0 : random.integer(in: 0...320),
                neighbour.lowerBound..<neighbour.lowerBound + rest, of: draw.partner)
        }
        endWord(fade: 40)
    }

    /// Appends a part with a gap, or without one cross-faded as speech runs on.
    private mutating func appendAfter(gap: Int, _ range: Range<Int>, of clip: Int) {
        if gap > 0 {
            word.append(contentsOf: repeatElement(0, count: gap))
            appendPart(of: clip, range)
        } else {
            appendJoined(range, of: clip)
        }
    }

    private mutating func takePlain(_ draw: Draw, whole: Bool, random: inout SeededRandom) {
        let audio = store.audio[draw.clip]
        var speech = audio.speech
        // Of a sentence, take a stretch as long as a word.
        let stretch = Int(random.uniform(in: 0.3...1.3) * Float(rate))
        if draw.label == LabelledClip.notADigit && speech.count > 10_400 {
            let start = speech.lowerBound + random.index(below: speech.count - stretch)
            speech = start..<start + stretch
        }
        let margin = whole ? 4_000 : random.integer(in: 0...640)
        let range = max(0, speech.lowerBound - margin)..<min(audio.samples.count, speech.upperBound + margin)
        appendPart(of: draw.clip, range)
        wordSpeech = speech.lowerBound - range.lowerBound..<speech.upperBound - range.lowerBound
        if parameters.lateChance > 0, draw.label < 10 { cutWord(&random) }
        if random.chance(parameters.gateChance) {
            gateWord(level: random.uniform(in: parameters.gateLevel))
        } else if !whole {
            fadeWord(80)
        }
    }

    /// Begins the recording within the utterance.
    ///
    /// Its end stays: without that, nothing may be left that tells "nine" from "five".
    private mutating func cutWord(_ random: inout SeededRandom) {
        guard random.chance(parameters.lateChance) else { return }
        let lost = Int(random.uniform(in: parameters.lateShare) * Float(wordSpeech.count))
        word.removeSubrange(..<(wordSpeech.lowerBound + lost))
        wordSpeech = 0..<wordSpeech.count - lost
    }

    /// Takes what a noise gate takes of an utterance: everything before and after its first and last 10 ms that reach the level.
    ///
    /// - Parameter level: dB below the loudest 10 ms.
    private mutating func gateWord(level: Float) {
        let hop = MelParameters.standard.hopLength
        let blocks = wordSpeech.count / hop
        guard blocks > 0 else { return }
        let loudness = (0..<blocks).map { block in
            let start = wordSpeech.lowerBound + block * hop
            return NoiseSource.rootMeanSquare(word, start..<start + hop)
        }
        let least = (loudness.max() ?? 0) * Math.amplitude(decibels: -level)
        let most = Int(Float(blocks) * parameters.gateShareMax)
        let first = min(loudness.firstIndex { $0 >= least } ?? 0, most)
        let last = max(loudness.lastIndex { $0 >= least } ?? blocks - 1, blocks - 1 - most)
        let start = wordSpeech.lowerBound
        word.removeSubrange((start + (last + 1) * hop)...)
        word.removeSubrange(..<(start + first * hop))
        wordSpeech = 0..<word.count
    }

    private func part(_ range: Range<Int>, from start: Float, to end: Float) -> Range<Int> {
        let first = range.lowerBound + Int(Float(range.count) * start)
        let last = range.lowerBound + Int(Float(range.count) * end)
        return min(first, range.upperBound - 1)..<min(max(last, first + 1), range.upperBound)
    }

    /// Appends samples, brought to the clip's peak of 1 so that two clips join at one level.
    private mutating func appendPart(of clip: Int, _ range: Range<Int>) {
        let audio = store.audio[clip]
        let scale = 1 / Float(max(audio.peak, 1))
        for sample in audio.samples[range] { word.append(Float(sample) * scale) }
    }

    /// Appends a part with a cross-fade of 10 ms.
    private mutating func appendJoined(_ range: Range<Int>, of clip: Int) {
        let join = word.count
        appendPart(of: clip, range)
        let fade = min(80, join, word.count - join)
        for i in 0..<fade {
            let weight = Float(i) / Float(fade)
            word[join - fade + i] = word[join - fade + i] * (1 - weight) + word[join + i] * weight
        }
        word.removeSubrange(join..<join + fade)
    }

    private mutating func endWord(fade: Int) {
        wordSpeech = 0..<word.count
        fadeWord(fade)
    }

    private mutating func fadeWord(_ length: Int) {
        let length = min(length, word.count / 2)
        for i in 0..<length {
            let weight = Float(i) / Float(length)
            word[i] *= weight
            word[word.count - 1 - i] *= weight
        }
    }

    /// Keeps words at a length that a stream of a window can hold: its utterance, or the middle of that.
    private mutating func limitWord(_ random: inout SeededRandom) {
        if word.count > Self.wordSamplesMax {
            let spare = max(0, Self.wordSamplesMax - wordSpeech.count) / 2
            let start = max(0, min(wordSpeech.lowerBound - spare, word.count - Self.wordSamplesMax))
            word.removeSubrange(start + Self.wordSamplesMax..<word.count)
            word.removeSubrange(0..<start)
            let first = max(0, wordSpeech.lowerBound - start)
            wordSpeech = first..<max(first + 1, min(wordSpeech.upperBound - start, word.count))
        }
        if word.isEmpty { word = [0] }
        if wordSpeech.isEmpty || wordSpeech.upperBound > word.count { wordSpeech = 0..<word.count }
    }

    // MARK: Noise that a segmenter may take for speech

    mutating func makeNoise(_ random: inout SeededRandom) {
        let kinds = store.noises.isEmpty ? 4 : store.eventfulNoises.isEmpty ? 6 : 14
        switch random.index(below: kinds) {
        case 0: makeClicks(&random)
        case 1: makeTone(&random)
        case 2, 3: makeBurst(&random)
        case 6...: takeNoiseEvent(&random)
        default:
            word.append(contentsOf: repeatElement(0, count: Int(random.uniform(in: 0.1...0.9) * Float(rate))))
            NoiseSource.fill(&word, kind: .recorded, store: store, random: &random)
            fadeWord(random.integer(in: 8...400))
        }
        wordSpeech = 0..<word.count
        limitWord(&random)
    }

    /// A bark, a sneeze, a door: what the segmenter takes for an utterance in a recording of noise, with up to 80 ms around.
    private mutating func takeNoiseEvent(_ random: inout SeededRandom) {
        let noise = store.noises[store.eventfulNoises[random.index(below: store.eventfulNoises.count)]]
        let event = noise.events[random.index(below: noise.events.count)]
        let start = max(0, event.lowerBound - random.integer(in: 0...640))
        let end = min(noise.samples.count, event.upperBound + random.integer(in: 0...640))
        let scale = 1 / Float(max(noise.peak, 1))
        for sample in noise.samples[start..<end] { word.append(Float(sample) * scale) }
        fadeWord(80)
    }

    /// One to four knocks: decaying resonances.
    private mutating func makeClicks(_ random: inout SeededRandom) {
        for _ in 0..<random.integer(in: 1...4) {
            let count = random.integer(in: 240...1_600)
            let frequency = random.logUniform(in: 150...3_500)
            let decay = Math.exponential(-1 / (random.logUniform(in: 0.001...0.03) * Float(rate)))
            var amplitude: Float = random.uniform(in: 0.3...1)
            let mixture = random.uniform()
            for i in 0..<count {
                let tone = Math.sine(2 * .pi * frequency * Float(i) / Float(rate))
                word.append(amplitude * (tone * (1 - mixture) + random.gaussian() * 0.5 * mixture))
                amplitude *= decay
            }
        }
    }

    /// A beep, steady or sliding, with up to four harmonics: phones, whistles, music.
    private mutating func makeTone(_ random: inout SeededRandom) {
        let count = Int(random.uniform(in: 0.08...0.8) * Float(rate))
        let first = random.logUniform(in: 100...2_000)
        let slide = random.chance(0.4) ? random.uniform(in: 0.6...1.6) : 1
        let harmonics = random.integer(in: 1...4)
        var phase: Float = 0
        for i in 0..<count {
            phase += 2 * .pi * (first * (1 + (slide - 1) * Float(i) / Float(count))) / Float(rate)
            if phase > 2 * .pi { phase -= 2 * .pi }
            var value: Float = 0
            for h in 1...harmonics { value += Math.sine(phase * Float(h)) / Float(h) }
            word.append(value)
        }
        fadeWord(random.integer(in: 20...400))
    }

    /// A coloured burst with a rise and a fall, as a cough, a breath or a door has.
    private mutating func makeBurst(_ random: inout SeededRandom) {
        let count = Int(random.uniform(in: 0.06...0.6) * Float(rate))
        word.append(contentsOf: repeatElement(0, count: count))
        let kinds: [NoiseSource.Kind] = [.white, .pink, .brown]
        NoiseSource.fill(&word, kind: kinds[random.index(below: 3)], store: store, random: &random)
        if random.chance(0.6) {
            let filter = Biquad.lowPass(random.logUniform(in: 600...3_600), rate: rate)
            filter.apply(to: &word)
        }
        let rise = random.uniform(in: 0.02...0.5)
        for i in 0..<count {
            let x = Float(i) / Float(count)
            let envelope = x < rise ? x / rise : 1 - (x - rise) / (1 - rise)
            word[i] *= envelope * envelope
        }
    }
}
