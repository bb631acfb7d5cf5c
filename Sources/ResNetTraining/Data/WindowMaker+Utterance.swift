import MelSpectrogram

/// Training utterances: whole numbers, single digits, talk and noise, changed as a voice, a room and a microphone
/// would.
extension WindowMaker {
    /// An utterance and what its columns are to say.
    public struct Utterance: Sendable {
        /// Normalised frames, [frames][bands].
        public var frames: [Float]
        /// What is said.
        public var target: CTCTarget

        /// How many frames there are.
        public var frameCount: Int { frames.count / WindowShape.bands }
    }

    /// The longest utterance that is put together, in samples (4.6 s).
    private static let joinedSamplesMax = 36_800

    /// Makes one utterance.
    ///
    /// - Parameters:
    ///   - framesMax: the longest that is wanted; a longer one is hurried, and its margins are taken first.
    ///   - framesPerColumn: of the network. Frames are stretched only so far that the columns can still say the target.
    public mutating func makeUtterance(
        _ draw: UtteranceDraw, framesMax: Int, framesPerColumn: Int, seed: UInt64, epoch: Int, position: Int
    ) -> Utterance {
        var random = SeededRandom(seed: seed, epoch: epoch, position: position)
        let target: CTCTarget
        switch draw.source {
        case .recording(let index):
            takeRecording(index, random: &random)
            target = store.utterances[index].transcript.target
        case .joined(let parts): target = join(parts, isFluent: draw.isFluent, random: &random)
        }
        changeSpeed(&random)
        changeSlope(&random)
        let isSoft = changeEffort(&random)
        addRoom(&random)
        let speech = embed(padded: true, hissing: isSoft && random.chance(parameters.hissChance), random: &random)
        addMicrophone(&random)
        addTelephone(&random)
        computeFrames()
        let frames = cutUtterance(
            speech, isHurried: draw.isFluent, framesMax: framesMax,
            framesMin: (target.columnsMin + target.columnsMin / 2) * framesPerColumn, random: &random)
        return Utterance(frames: frames, target: target)
    }

    // MARK: What is said

    private mutating func takeRecording(_ index: Int, random: inout SeededRandom) {
        let audio = store.utteranceAudio[index]
        let margin = random.integer(in: 0...2_400)
        let range =
            max(0, audio.speech.lowerBound - margin)..<min(audio.samples.count, audio.speech.upperBound + margin)
        let scale = 1 / Float(max(audio.peak, 1))
        word.removeAll(keepingCapacity: true)
        for sample in audio.samples[range] { word.append(Float(sample) * scale) }
        wordSpeech = audio.speech.lowerBound - range.lowerBound..<audio.speech.upperBound - range.lowerBound
        Self.fadeEdges(of: &word, 80)
    }

    /// Sets `word` and `wordSpeech` to recordings joined in their order.
    private mutating func join(
        _ parts: [UtteranceDraw.Part], isFluent: Bool, random: inout SeededRandom
    ) -> CTCTarget {
        word.removeAll(keepingCapacity: true)
        var target = CTCTarget.silence
        var speechEnd = 0
        var speechStart: Int?
        var joined: [Float] = []
        for part in parts {
            let gap = speechStart == nil ? 0 : self.gap(isFluent: isFluent, &random)
            let (sound, speech) = sound(of: part, isFluent: isFluent, margin: max(gap, 0), random: &random)
            // What of the part's own surroundings lies before its speech goes into the gap, over what the last part
            // left there.
            let start = speechStart == nil ? 0 : max(0, speechEnd + gap - speech.lowerBound)
            guard start + sound.count <= Self.joinedSamplesMax || speechStart == nil else { break }
            if joined.count < start + sound.count {
                joined.append(contentsOf: repeatElement(0, count: start + sound.count - joined.count))
            }
            for i in sound.indices { joined[start + i] += sound[i] }
            speechStart = speechStart ?? speech.lowerBound
            speechEnd = start + speech.upperBound
            switch part {
            case .digit(let clip): target.append(OutputSet(store.clips[clip].label), gap: .blank)
            case .talk: target.appendTalk()
            case .noise: break
            }
        }
        word = joined
        if word.isEmpty { word = [0] }
        let start = min(speechStart ?? 0, word.count - 1)
        wordSpeech = start..<max(start + 1, min(speechEnd, word.count))
        return target
    }

    /// Samples from one part's speech to the next one's; negative where they overlap.
    private func gap(isFluent: Bool, _ random: inout SeededRandom) -> Int {
        if isFluent { return random.integer(in: -parameters.overlapMax...parameters.fluentGapMax) }
        return random.integer(in: 0...(random.chance(0.15) ? 2 * parameters.gapMax : parameters.gapMax))
    }

    /// A part's samples at a level near 0.1, and where its speech is among them.
    private mutating func sound(
        of part: UtteranceDraw.Part, isFluent: Bool, margin: Int, random: inout SeededRandom
    ) -> (samples: [Float], speech: Range<Int>) {
        let clip: Int
        switch part {
        case .noise:
            makeNoise(&random)
            var noise = word
            word.removeAll(keepingCapacity: true)
            level(&noise, 0..<noise.count, decibels: random.uniform(in: -10...6))
            return (noise, 0..<noise.count)
        case .digit(let index), .talk(let index): clip = index
        }
        let audio = store.audio[clip]
        var speech = audio.speech
        if case .talk = part, audio.samples.count > ClipStore.sentenceSamplesMin {
            // Of a sentence, a stretch from anywhere: its loudest word is not all that must be no digit.
            let count = min(audio.samples.count, random.integer(in: ClipStore.sentenceSamplesMin...32_000))
            let start = random.index(below: audio.samples.count - count + 1)
            speech = start..<start + count
        } else if isFluent {
            // In fluent speech a word's edges are its neighbours'.
            let worn = parameters.wornShare * Float(speech.count)
            speech =
                speech.lowerBound + Int(random.uniform() * worn)..<speech.upperBound - Int(random.uniform() * worn)
        }
        let before = random.integer(in: 0...max(margin / 2, 160))
        let after = random.integer(in: 0...max(margin / 2, 160))
        let range = max(0, speech.lowerBound - before)..<min(audio.samples.count, speech.upperBound + after)
        var samples = audio.samples[range].map { Float($0) * 0x1p-15 }
        let inside = speech.lowerBound - range.lowerBound..<speech.upperBound - range.lowerBound
        level(&samples, inside, decibels: random.uniform(in: -4...4))
        Self.fadeEdges(of: &samples, 120)
        return (samples, inside)
    }

    private func level(_ samples: inout [Float], _ range: Range<Int>, decibels: Float) {
        let level = NoiseSource.rootMeanSquare(samples, range)
        guard level > 1e-9 else { return }
        NoiseSource.scale(&samples, by: 0.1 * Math.amplitude(decibels: decibels) / level)
    }

    private static func fadeEdges(of samples: inout [Float], _ length: Int) {
        let length = min(length, samples.count / 2)
        for i in 0..<length {
            let weight = Float(i) / Float(length)
            samples[i] *= weight
            samples[samples.count - 1 - i] *= weight
        }
    }

    // MARK: The line

    /// The band of a telephone, and its 8 bits by the mu-law (ITU-T G.711, in its continuous form).
    private mutating func addTelephone(_ random: inout SeededRandom) {
        guard parameters.telephoneChance > 0, random.chance(parameters.telephoneChance) else { return }
        for _ in 0..<2 {
            Biquad.highPass(random.uniform(in: 180...340), rate: rate).apply(to: &mix)
            Biquad.lowPass(random.uniform(in: 3_100...3_700), rate: rate).apply(to: &mix)
        }
        let (mu, scale): (Float, Float) = (255, Math.logarithm(256))
        for i in mix.indices {
            let x = max(-1, min(1, mix[i]))
            let code = (Math.logarithm(1 + mu * abs(x)) / scale * 127).rounded() / 127
            mix[i] = (Math.power(1 + mu, code) - 1) / mu * (x < 0 ? -1 : 1)
        }
    }

    // MARK: The cut

    /// The utterance's frames with what is heard around it, hurried or drawn out, warped, normalised and masked.
    ///
    /// What is behind it is between nothing and half a second: the live path decodes before a pause is a long one.
    private mutating func cutUtterance(
        _ speech: Range<Int>, isHurried: Bool, framesMax: Int, framesMin: Int, random: inout SeededRandom
    ) -> [Float] {
        let hop = MelParameters.standard.hopLength
        let before = random.integer(in: 2...35)
        let after = random.integer(in: random.chance(0.4) ? 1...10 : 5...50)
        let start = max(0, speech.lowerBound / hop - before)
        let end = max(start + 4, min(speech.upperBound / hop + after, frameCount))
        var frames = utteranceFrames(start..<end)
        let bands = WindowShape.bands
        let count = frames.count / bands
        var factor: Float = 1
        if isHurried {
            factor = random.uniform(in: parameters.hurry)
        } else if random.chance(parameters.stretchChance) {
            factor = random.uniform(in: parameters.stretch)
        }
        factor = max(factor, min(1, Float(framesMin) / Float(count)))
        factor = min(factor, Float(framesMax) / Float(count))
        if factor != 1, count > 1 {
            var stretched: [Float] = []
            FrameWarp.stretch(frames, 0..<count, by: factor, bend: bend(&random), into: &stretched)
            frames = stretched
            if frames.count > framesMax * bands { frames.removeLast(frames.count - framesMax * bands) }
        }
        if random.chance(parameters.vocalTractChance) {
            FrameWarp(factor: random.uniform(in: parameters.vocalTract)).apply(to: &frames)
        }
        var span = frames.mutableSpan
        UtteranceFrames.normalise(&span)
        maskUtterance(&frames, random: &random)
        return frames
    }

    /// Time and band masks, each at the utterance's mean, which is 0; one time mask a second, so that no digit goes.
    private func maskUtterance(_ frames: inout [Float], random: inout SeededRandom) {
        guard random.chance(parameters.maskChance) else { return }
        let bands = WindowShape.bands
        let count = frames.count / bands
        for _ in 0...count / 100 {
            let width = min(random.integer(in: 0...parameters.maskFramesMax), count)
            let start = random.integer(in: 0...(count - width))
            for i in start * bands..<(start + width) * bands { frames[i] = 0 }
        }
        for _ in 0..<2 {
            let height = random.integer(in: 0...parameters.maskBandsMax)
            let lowest = random.integer(in: 0...(bands - height))
            for frame in 0..<count {
                for band in lowest..<lowest + height { frames[frame * bands + band] = 0 }
            }
        }
    }
}
