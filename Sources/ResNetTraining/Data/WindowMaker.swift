import MelSpectrogram
import SpeechSegmenter

/// Makes training windows: a draw's clips, changed as a voice, a room and a microphone would, in a background, cut as in
/// live use.
///
/// A window depends on (seed, epoch, position) and the draw alone. One maker serves one thread: it owns the mel stream and
/// the buffers that every window reuses. Measured cost: 0.55 ms of one core a window, release build, where no other recording's
/// spectrum is taken.
public struct WindowMaker: ~Copyable {
    let store: ClipStore
    let parameters: AugmentationParameters
    let rate = ClipStore.sampleRate
    let resampler = VariableResampler()
    private let energy = SpeechBandEnergy(.standard)
    private var stream: MelFrameStream

    /// The longest word that goes into a stream, in samples (1.5 s).
    static let wordSamplesMax = 12_000
    /// The same in frames.
    static let wordFramesMax = wordSamplesMax / MelParameters.standard.hopLength
    /// Frames before the utterance that are not taken for background: its onset and the analysis window.
    static let warmUpMargin = 6

    // Buffers, each grown to its largest use and kept.
    var word: [Float] = []
    /// Which samples of `word` are the utterance.
    var wordSpeech = 0..<0
    var scratch: [Float] = []
    var scratch2: [Float] = []
    var noise: [Float] = []
    var mix: [Float] = []
    private var frames: [Float] = []
    private var energies: [Float] = []
    private var candidates: [Range<Int>] = []
    /// The segmenter's number of the stream's first frame.
    private var firstFrame = 0
    private var utterance: [Float] = []
    private var background: [Float] = []

    /// A maker of windows from `store`.
    public init(store: ClipStore, parameters: AugmentationParameters = .standard) throws(DataError) {
        self.store = store
        self.parameters = parameters
        do {
            stream = try MelFrameStream(.standard)
        } catch {
            throw .frontEnd(reason: error.description)
        }
    }

    /// Writes one window (`WindowShape.count` values, row = band), normalised as `UtteranceWindow.fill` does.
    public mutating func makeWindow(
        _ draw: Draw, seed: UInt64, epoch: Int, position: Int, into output: inout MutableSpan<Float>
    ) {
        var random = SeededRandom(seed: seed, epoch: epoch, position: position)
        let isLive = random.chance(parameters.liveChance)
        makeWord(draw, whole: !isLive || random.chance(parameters.wholeClipChance), random: &random)
        changeSpeed(&random)
        changeSlope(&random)
        addBreath(&random)
        let isSoft = changeEffort(&random)
        addRoom(&random)
        let truth = embed(padded: isLive, hissing: isSoft && random.chance(parameters.hissChance), random: &random)
        addMicrophone(&random)
        computeFrames()
        takeSpectrum(of: draw, random: &random)
        let cut = isLive ? liveCut(truth: truth, random: &random) : clipCut()
        takeUtterance(jittered(cut, random: &random), isLive: isLive, random: &random)
        UtteranceWindow.fill(&output, utterance: utterance.span, background: background.span, parameters: .standard)
        mask(&output, random: &random)
    }

    // MARK: Frames

    mutating func computeFrames() {
        // Taken out of self while the stream, which is part of it too, reads and writes them; put back below.
        var frames: [Float] = []
        var energies: [Float] = []
        var mix: [Float] = []
        swap(&frames, &self.frames)
        swap(&energies, &self.energies)
        swap(&mix, &self.mix)
        frames.removeAll(keepingCapacity: true)
        energies.removeAll(keepingCapacity: true)
        let energy = self.energy
        stream.reset()
        stream.process(mix.span) { frame in
            frame.withUnsafeBufferPointer { frames.append(contentsOf: $0) }
            energies.append(energy.decibels(frame))
        }
        swap(&frames, &self.frames)
        swap(&energies, &self.energies)
        swap(&mix, &self.mix)
    }

    /// Moves the long-term spectrum of the frames towards that of the draw's model: a linear filter, so far as bands are narrow.
    private mutating func takeSpectrum(of draw: Draw, random: inout SeededRandom) {
        guard let model = draw.model, parameters.spectrumChance > 0 else { return }
        guard random.chance(parameters.spectrumChance) else { return }
        let share = random.uniform(in: parameters.spectrumShare)
        guard let from = store.audio[draw.clip].spectrum, var to = store.audio[model].spectrum else { return }
        let (label, other) = (store.clips[draw.clip].label, store.clips[model].label)
        if label != other {
            // Of another word, its speaker and microphone: what is not in the mean of all who say that word.
            guard label < store.digitSpectra.count, other < store.digitSpectra.count,
                let own = store.digitSpectra[label], let its = store.digitSpectra[other]
            else { return }
            for band in to.indices { to[band] += own[band] - its[band] }
        }
        let added = SpectrumTransfer.difference(
            from: from, to: to, share: share, limit: parameters.spectrumLimit * Math.nepersPerDecibel)
        let bands = WindowShape.bands
        for i in energies.indices {
            for band in 0..<bands { frames[i * bands + band] += added[band] }
            energies[i] = energy.decibels(frames.span.extracting(i * bands..<(i + 1) * bands))
        }
    }

    /// How many frames `computeFrames` made.
    var frameCount: Int { energies.count }

    /// Some of them, [frames][bands].
    func utteranceFrames(_ range: Range<Int>) -> [Float] {
        Array(frames[range.lowerBound * WindowShape.bands..<range.upperBound * WindowShape.bands])
    }

    private func clipCut() -> Range<Int> {
        ClipSegmenter.mainUtterance(energies: energies, parameters: .standard)
    }

    /// What the live segmenter offers for the utterance: one of the pauses or ends that overlap the truth about best.
    private mutating func liveCut(truth: Range<Int>, random: inout SeededRandom) -> Range<Int> {
        candidates.removeAll(keepingCapacity: true)
        let hop = MelParameters.standard.hopLength
        let wanted = truth.lowerBound / hop..<max(truth.upperBound / hop, truth.lowerBound / hop + 1)
        var segmenter = SpeechSegmenter(.standard)
        if random.chance(parameters.warmUpChance) { warmUp(&segmenter, frames: wanted.lowerBound - Self.warmUpMargin) }
        firstFrame = segmenter.frameCount
        for value in energies {
            let action = segmenter.advance(energy: value)
            note(action)
            // A window holds one word: what is longer is no candidate.
            if case .long = action { segmenter.giveUp() }
        }
        note(segmenter.finish())

        func overlap(_ range: Range<Int>) -> Int { range.clamped(to: wanted).count }
        let best = candidates.reduce(0) { max($0, overlap($1)) }
        guard best * 3 >= wanted.count else { return clipCut() }
        candidates.removeAll { overlap($0) * 10 < best * 8 }
        return candidates[random.index(below: candidates.count)]
    }

    /// Lets the segmenter hear the background for as long as it remembers, as in a stream that has run for a while.
    ///
    /// The stream of a window is too short for its noise floor to settle: measured, a third of the cuts in noise of 20 dB
    /// then began with the stream.
    private func warmUp(_ segmenter: inout SpeechSegmenter, frames: Int) {
        guard frames >= Self.warmUpMargin else { return }
        for i in 0..<segmenter.parameters.floorMemoryFrames + 20 {
            _ = segmenter.advance(energy: energies[i % frames])
        }
        segmenter.reset(keepsFloor: true)
    }

    private mutating func note(_ action: SpeechSegmenter.Action) {
        switch action {
        case .pause(let segment), .ended(let segment):
            let start = max(0, segment.frames.lowerBound - firstFrame)
            let end = min(energies.count, segment.frames.upperBound - firstFrame)
            if start < end { candidates.append(start..<end) }
        case .none, .speechStarted, .long, .dropped, .tail, .tailEnded: break
        }
    }

    private func jittered(_ cut: Range<Int>, random: inout SeededRandom) -> Range<Int> {
        guard random.chance(parameters.jitterChance), parameters.jitterFrames > 0 else { return cut }
        let most = parameters.jitterFrames
        let start = max(0, cut.lowerBound + random.integer(in: -most...most))
        let end = min(energies.count, cut.upperBound + random.integer(in: -most...most))
        // A cut of fewer than 8 frames says nothing; leave such a short one alone.
        return end - start >= 8 ? start..<end : cut
    }

    /// Copies the cut and its background, warped and stretched.
    private mutating func takeUtterance(_ cut: Range<Int>, isLive: Bool, random: inout SeededRandom) {
        let bands = WindowShape.bands
        if isLive {
            LiveBackground.estimate(&background, frames: frames, utterance: cut)
        } else {
            background = UtteranceWindow.estimateBackground(
                MelSpectrogram(bandCount: bands, values: frames), excluding: cut)
        }
        utterance.removeAll(keepingCapacity: true)
        if random.chance(parameters.stretchChance) && cut.count > 1 {
            let factor = random.uniform(in: parameters.stretch)
            FrameWarp.stretch(frames, cut, by: factor, bend: bend(&random), into: &utterance)
        } else {
            utterance.append(contentsOf: frames[cut.lowerBound * bands..<cut.upperBound * bands])
        }
        if random.chance(parameters.vocalTractChance) {
            let warp = FrameWarp(factor: random.uniform(in: parameters.vocalTract))
            warp.apply(to: &utterance)
            warp.apply(to: &background)
        }
    }

    func bend(_ random: inout SeededRandom) -> (at: Float, from: Float) {
        guard parameters.stretchBend > 0 else { return (0.5, 0.5) }
        let middle = random.uniform(in: 0.3...0.7)
        return (middle, middle + random.uniform(in: -parameters.stretchBend...parameters.stretchBend))
    }

    /// Time and band masks, each at the window's mean, which is 0.
    private func mask(_ output: inout MutableSpan<Float>, random: inout SeededRandom) {
        guard random.chance(parameters.maskChance) else { return }
        let (bands, columns) = (WindowShape.bands, WindowShape.frames)
        for _ in 0..<2 {
            let width = random.integer(in: 0...parameters.maskFramesMax)
            let start = random.integer(in: 0...(columns - width))
            for band in 0..<bands {
                for column in start..<start + width { output[band * columns + column] = 0 }
            }
            let height = random.integer(in: 0...parameters.maskBandsMax)
            let lowest = random.integer(in: 0...(bands - height))
            for i in lowest * columns..<(lowest + height) * columns { output[i] = 0 }
        }
    }
}
