import AudioInput
import Dispatch
import MelSpectrogram
import SpeechSegmenter
import Synchronization

/// All audio of a set of recordings in memory, as 8 kHz mono 16-bit samples.
///
/// Loaded once, over every core, because the same clip is drawn hundreds of times: an hour of audio takes 58 MB. A
/// damaged recording is left out and reported in `skipped`, since one bad file among ten thousand must not end a run.
public final class ClipStore: Sendable {
    /// A recording that could not be used, and why.
    public struct Skipped: Error, Equatable {
        /// The file.
        public var path: String
        /// What was wrong, in one sentence.
        public var reason: String
    }

    /// One recording's audio.
    public struct Audio: Sendable {
        /// 8 kHz mono.
        public var samples: [Int16]
        /// Where the one utterance is, in samples; the whole clip for noise. Never empty.
        public var speech: Range<Int>
        /// The largest magnitude, 0...32768; 0 for a silent file.
        public var peak: Int
        /// Of a word: the mean of each band over its utterance (`SpectrumTransfer.mean`); nil where it has no frame.
        var spectrum: [Float]?
        /// Of a word: the filter of the noise beside it (`RoomTone`); empty where there is none.
        var roomTone: [Float] = []
        /// Of noise: what the live segmenter takes for utterances, in samples. None is empty; they may overlap.
        var events: [Range<Int>] = []
    }

    /// The recordings that were loaded, in the order of the data set.
    public let clips: [LabelledClip]
    /// The audio of `clips`, index by index.
    public let audio: [Audio]
    /// The recordings of several words that were loaded, in the order of the data set.
    public let utterances: [TranscribedClip]
    /// The audio of `utterances`, index by index.
    public let utteranceAudio: [Audio]
    /// The noise recordings' audio.
    public let noises: [Audio]
    /// Which of `noises` have events.
    let eventfulNoises: [Int]
    /// Which of `audio` have a room tone.
    let tonefulClips: [Int]
    /// The mean of the spectra of each digit's recordings; nil where there is none.
    let digitSpectra: [[Float]?]
    /// What was left out.
    public let skipped: [Skipped]

    /// The sample rate of everything here, in Hz.
    public static let sampleRate = MelParameters.standard.sampleRate
    /// A recording longer than this (1.5 s) that is no digit holds several words, or may.
    static let sentenceSamplesMin = 12_000
    /// Clips shorter than one analysis window hold no frame.
    static let samplesMin = MelParameters.standard.fftLength

    /// Reads every recording of `set`; throws only when none is usable.
    ///
    /// - Parameter allowsNone: leaves that to the caller, who reads a set in parts; the store is empty then.
    public init(_ set: DataSet, allowsNone: Bool = false) throws(DataError) {
        let paths = set.clips.map(\.path) + set.noises.map(\.path) + set.utterances.map(\.path)
        let clipCount = set.clips.count
        let utteranceStart = clipCount + set.noises.count
        let results = Mutex<[Result<Audio, Failure>?]>(Array(repeating: nil, count: paths.count))
        DispatchQueue.concurrentPerform(iterations: paths.count) { i in
            let content: Content = i < clipCount ? .word : i < utteranceStart ? .noise : .words
            let result = Self.load(paths[i], content)
            results.withLock { $0[i] = result }
        }
        var clips: [LabelledClip] = []
        var audio: [Audio] = []
        var noises: [Audio] = []
        var utterances: [TranscribedClip] = []
        var utteranceAudio: [Audio] = []
        var skipped: [Skipped] = []
        for (i, result) in results.withLock({ $0 }).enumerated() {
            switch result {
            case .success(let loaded) where i < clipCount:
                clips.append(set.clips[i])
                audio.append(loaded)
            case .success(let loaded) where i < utteranceStart: noises.append(loaded)
            case .success(let loaded):
                utterances.append(set.utterances[i - utteranceStart])
                utteranceAudio.append(loaded)
            case .failure(let failure): skipped.append(Skipped(path: paths[i], reason: failure.reason))
            case nil: break
            }
        }
        if !allowsNone, clips.isEmpty && noises.isEmpty && utterances.isEmpty, let first = skipped.first {
            throw .allDamaged(count: skipped.count, first: first.reason)
        }
        self.clips = clips
        self.audio = audio
        self.utterances = utterances
        self.utteranceAudio = utteranceAudio
        self.noises = noises
        eventfulNoises = Self.eventful(noises)
        tonefulClips = Self.toneful(audio)
        digitSpectra = Self.meanSpectra(clips, audio)
        self.skipped = skipped
    }

    /// A store of audio that is already in memory; samples in -1...1 at 8 kHz. Clips too short to use are skipped.
    public init(
        clips: [(clip: LabelledClip, samples: [Float])], noises: [[Float]] = [],
        utterances: [(utterance: TranscribedClip, samples: [Float])] = []
    ) {
        var kept: [LabelledClip] = []
        var audio: [Audio] = []
        var skipped: [Skipped] = []
        for (clip, samples) in clips {
            switch Self.prepare(samples, .word) {
            case .success(let loaded):
                kept.append(clip)
                audio.append(loaded)
            case .failure(let failure): skipped.append(Skipped(path: clip.path, reason: failure.reason))
            }
        }
        var transcribed: [(utterance: TranscribedClip, audio: Audio)] = []
        for (utterance, samples) in utterances {
            switch Self.prepare(samples, .words) {
            case .success(let loaded): transcribed.append((utterance, loaded))
            case .failure(let failure): skipped.append(Skipped(path: utterance.path, reason: failure.reason))
            }
        }
        self.utterances = transcribed.map(\.utterance)
        utteranceAudio = transcribed.map(\.audio)
        self.clips = kept
        self.audio = audio
        self.noises = noises.compactMap { try? Self.prepare($0, .noise).get() }
        eventfulNoises = Self.eventful(self.noises)
        tonefulClips = Self.toneful(audio)
        digitSpectra = Self.meanSpectra(kept, audio)
        self.skipped = skipped
    }

    private static func eventful(_ noises: [Audio]) -> [Int] {
        noises.indices.filter { !noises[$0].events.isEmpty }
    }

    private static func toneful(_ audio: [Audio]) -> [Int] {
        audio.indices.filter { !audio[$0].roomTone.isEmpty }
    }

    private static func meanSpectra(_ clips: [LabelledClip], _ audio: [Audio]) -> [[Float]?] {
        (0..<LabelledClip.notADigit).map { label in
            let spectra = clips.indices.filter { clips[$0].label == label }.compactMap { audio[$0].spectrum }
            guard let bands = spectra.first?.count else { return nil }
            return (0..<bands).map { band in spectra.reduce(0) { $0 + $1[band] } / Float(spectra.count) }
        }
    }

    /// The same recordings, the noises without their digital silence.
    ///
    /// A fifteenth of the stretches of ESC-10's recordings as long as a window holds nothing else (measured): noise that
    /// is to be heard at a ratio must be there.
    init(withoutSilentNoise store: ClipStore) {
        clips = store.clips
        audio = store.audio
        utterances = store.utterances
        utteranceAudio = store.utteranceAudio
        skipped = store.skipped
        noises = store.noises.map { noise in
            var noise = noise
            let sounding = Self.withoutSilence(noise.samples)
            if sounding.count >= Self.samplesMin {
                noise.samples = sounding
                noise.speech = 0..<sounding.count
                noise.events = []
            }
            return noise
        }
        eventfulNoises = Self.eventful(noises)
        tonefulClips = store.tonefulClips
        digitSpectra = store.digitSpectra
    }

    /// Leaves out runs of silence (at most one step of 16 bits) of a tenth of a second and more.
    private static func withoutSilence(_ samples: [Int16]) -> [Int16] {
        var result: [Int16] = []
        var run = 0
        for (index, sample) in samples.enumerated() {
            run = sample.magnitude <= 1 ? run + 1 : 0
            result.append(sample)
            let ends = index + 1 == samples.count || samples[index + 1].magnitude > 1
            if ends, run >= sampleRate / 10 { result.removeLast(run) }
        }
        return result
    }

    /// The clip's samples in -1...1.
    public func samples(of clip: Int) -> [Float] {
        audio[clip].samples.map { Float($0) * 0x1p-15 }
    }

    private struct Failure: Error {
        var reason: String
    }

    /// What a recording holds.
    private enum Content {
        case word, words, noise
    }

    private static func load(_ path: String, _ content: Content) -> Result<Audio, Failure> {
        do {
            return prepare(try AudioFile.readMono(path, rate: sampleRate), content)
        } catch {
            return .failure(Failure(reason: "\(error)"))
        }
    }

    private static func prepare(_ samples: [Float], _ content: Content) -> Result<Audio, Failure> {
        guard samples.count >= samplesMin else {
            return .failure(Failure(reason: "It holds \(samples.count) samples at 8 kHz, too few for one frame."))
        }
        var peak = 0
        let quantised = samples.map { sample -> Int16 in
            let scaled = sample.isFinite ? (sample * 32_768).rounded() : 0
            let value = Int16(max(-32_768, min(32_767, scaled)))
            peak = max(peak, Int(value.magnitude))
            return value
        }
        var audio = Audio(samples: quantised, speech: 0..<quantised.count, peak: peak)
        do {
            switch content {
            case .noise: audio.events = try NoiseEvents.ranges(in: samples)
            case .words: audio.speech = try UtteranceInput.speech(in: samples)
            case .word:
                let window = try ClipWindow.frames(of: samples, keepsRest: false)
                audio.speech = ClipWindow.samples(ofFrames: window.speech, count: quantised.count)
                audio.roomTone = RoomTone.filter(quantised, beside: audio.speech)
                let bands = window.spectrogram.bandCount
                let frames = window.speech.prefix(WindowMaker.wordFramesMax)
                audio.spectrum = SpectrumTransfer.mean(
                    window.spectrogram.values.span.extracting(frames.lowerBound * bands..<frames.upperBound * bands))
            }
        } catch {
            return .failure(Failure(reason: "\(error)"))
        }
        return .success(audio)
    }
}
