import DigitDecoder
import DigitRecognizer
import MelSpectrogram
import ResNetTraining

/// Judges a network for utterances: clips of one word, and utterances of several, as they are and in noise.
public struct UtteranceEvaluation {
    /// Recordings of one word.
    public var clips: [LabelledClip]
    /// Recordings of several.
    public var utterances: [TranscribedClip]
    /// What is mixed in; pink noise where there is none.
    public var noises: [NoiseClip]
    /// Signal to noise ratios in dB; the recordings as they are always come first.
    public var ratios: [Double]
    private static let part = 512

    /// An evaluation to run.
    public init(
        clips: [LabelledClip], utterances: [TranscribedClip], noises: [NoiseClip] = [], ratios: [Double] = []
    ) {
        self.clips = clips
        self.utterances = utterances
        self.noises = noises
        self.ratios = ratios
    }

    /// What was found.
    public struct Result: Sendable {
        /// The clips that could be read.
        public var clips: [LabelledClip] = []
        /// What the network says of them as they are; logits of the ten digits and of anything else.
        public var judgements = Judgements(logits: [], labels: [])
        /// The same in noise, by ratio.
        public var noisy: [(ratio: Double, judgements: Judgements)] = []
        /// The utterances, as they are and then in noise.
        public var strings: [JudgedString] = []
        /// What was read in each utterance as it is, as lines of a table (`Reading.heading`).
        public var readings: [Reading] = []
        /// The utterances that are worst as they are, worst first.
        public var worst: [WorstString] = []
        /// What was left out.
        public var skipped: [ClipStore.Skipped] = []
    }

    /// Reads and judges everything, in parts.
    ///
    /// - Parameter progress: gets the share done, 0...1.
    public func run(_ reader: inout UtteranceReader, progress: (Double) throws -> Void) throws -> Result {
        var result = Result()
        result.noisy = ratios.map { ($0, Judgements(logits: [], labels: [])) }
        let total = max(clips.count + utterances.count, 1)
        var done = 0
        for start in stride(from: 0, to: total, by: Self.part) {
            let range = start..<min(start + Self.part, total)
            let ofClips = range.clamped(to: 0..<clips.count)
            let ofUtterances = range.clamped(to: clips.count..<total)
            let set = DataSet(
                clips: Array(clips[ofClips]), noises: ratios.isEmpty ? [] : noises,
                utterances: ofUtterances.map { utterances[$0 - clips.count] })
            let store = try ClipStore(set, allowsNone: true)
            result.skipped += store.skipped
            result.clips += store.clips
            for (condition, ratio) in ([nil] + ratios.map { $0 }).enumerated() {
                try judge(store, ratio, condition, &reader, &result)
                try progress(
                    (Double(done) + Double(range.count * condition) / Double(1 + ratios.count)) / Double(total))
            }
            done += range.count
        }
        result.worst.sort { ($0.cost, $1.path) > ($1.cost, $0.path) }
        return result
    }

    private func judge(
        _ store: ClipStore, _ ratio: Double?, _ condition: Int, _ reader: inout UtteranceReader, _ result: inout Result
    ) throws {
        let bands = WindowShape.bands
        var source = try UtteranceSource(store: store, ratio: ratio.map { Float($0) })
        var logits: [Float] = []
        for index in store.clips.indices { logits += reader.clipLogits(of: try source.clip(index), bands: bands) }
        let judgements = Judgements(logits: logits, labels: store.clips.map { Int32($0.label) })
        if condition == 0 {
            result.judgements.append(judgements)
        } else {
            result.noisy[condition - 1].judgements.append(judgements)
        }
        for (index, utterance) in store.utterances.enumerated() {
            let frames = try source.utterance(index)
            let decoded = reader.read(frames, bands: bands)
            let string = JudgedString(
                said: utterance.transcript.words.map(Transcript.label(of:)),
                heard: decoded.parts.compactMap { part in
                    part.acceptedDigit.map { JudgedString.HeardDigit(digit: $0, confidence: part.confidence) }
                }, set: utterance.set, noiseRatio: ratio)
            result.strings.append(string)
            guard condition == 0 else { continue }
            result.readings.append(
                Reading(path: utterance.path, words: utterance.transcript.words, heard: decoded.text))
            WorstString.keep(
                WorstString(utterance, string, decoded, frames: frames), of: &result.worst)
        }
    }
}

extension UtteranceEvaluation {
    /// One utterance, for whoever wants to look into it or compare another recogniser.
    public struct Reading: Sendable, Equatable {
        /// The recording.
        public var path: String
        /// The words said.
        public var words: [String]
        /// What was heard (`DecodedUtterance.text`).
        public var heard: String

        /// The table's first line.
        public static let heading = "file\tsaid\theard"
        /// Its line in the table: tabs between the three.
        public var line: String { "\(path)\t\(words.joined(separator: " "))\t\(heard)" }
    }
}

extension DecodedUtterance {
    /// The utterance for a person: digits, `o` for one said so, `.` for what is no digit, digits that are not accepted
    /// in brackets.
    public var text: String {
        parts.map { part in
            guard let digit = part.digit else { return "." }
            let name = part.isSpokenOh ? "o" : "\(digit)"
            return part.accepted ? name : "(\(name))"
        }.joined()
    }
}
