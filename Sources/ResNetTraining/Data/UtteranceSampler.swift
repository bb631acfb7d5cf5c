/// Chooses what each training utterance is made from.
///
/// A speaker is drawn first, so that a number is one person's, then digits of that speaker: all alike, however often
/// each was recorded. Sets count as the square root of their speakers. A draw depends on (seed, epoch, position) alone.
public struct UtteranceSampler: Sendable {
    /// A speaker's recordings of digits.
    private struct Speaker: Sendable {
        /// Those digits of which there is a recording.
        var digits: [Int] = []
        /// Indices into the store's clips, by digit.
        var clips: [[Int]] = Array(repeating: [], count: 10)
    }

    private let speakers: WeightedTable<Speaker>
    private let talk: WeightedTable<Int>
    private let recordings: WeightedTable<Int>
    private let seed: UInt64
    private let parameters: UtteranceSamplerParameters

    /// Balances a store's recordings. Silent ones are never drawn, nor is FSDD's official test.
    ///
    /// - Throws: `DataError.missingClass` where nobody says a digit.
    public init(
        store: ClipStore, seed: UInt64, parameters: UtteranceSamplerParameters = UtteranceSamplerParameters()
    ) throws(DataError) {
        self.seed = seed
        self.parameters = parameters
        var speakers: [SpeakerIdentity: Speaker] = [:]
        var talk: [Folder: [Int]] = [:]
        for (index, clip) in store.clips.enumerated()
        where store.audio[index].peak > 0 && !DataSet.isOfficialTest(clip) {
            if clip.label < LabelledClip.notADigit {
                speakers[clip.identity, default: Speaker()].clips[clip.label].append(index)
            } else {
                talk[Folder(set: clip.set, name: clip.folder), default: []].append(index)
            }
        }
        for digit in 0...9 where !speakers.values.contains(where: { !$0.clips[digit].isEmpty }) {
            throw .missingClass(label: digit)
        }
        self.speakers = Self.table(speakers, parameters)
        self.talk = Self.table(talk, store, parameters)
        recordings = Self.table(store, parameters)
    }

    private struct Folder: Hashable, Comparable {
        var set: String
        var name: String

        static func < (a: Folder, b: Folder) -> Bool { (a.set, a.name) < (b.set, b.name) }
    }

    private static func table(
        _ speakers: [SpeakerIdentity: Speaker], _ parameters: UtteranceSamplerParameters
    ) -> WeightedTable<Speaker> {
        var table = WeightedTable<Speaker>()
        let sets = Dictionary(grouping: speakers.keys.sorted(), by: \.set)
        for set in sets.keys.sorted() {
            let names = sets[set]!
            let factor = parameters.setWeights[set] ?? 1
            for name in names {
                var speaker = speakers[name]!
                speaker.digits = (0...9).filter { !speaker.clips[$0].isEmpty }
                table.append(speaker, weight: factor / Math.power(Double(names.count), 0.5))
            }
        }
        return table
    }

    /// Talk counts by how long it lasts: a prompt of ten seconds holds more that must not be taken for a digit than a
    /// word.
    private static func table(
        _ talk: [Folder: [Int]], _ store: ClipStore, _ parameters: UtteranceSamplerParameters
    ) -> WeightedTable<Int> {
        var table = WeightedTable<Int>()
        for folder in talk.keys.sorted() {
            let clips = talk[folder]!
            var factor = parameters.setWeights[folder.set] ?? 1
            let defaults = SamplerParameters()
            if defaults.neighbours.contains(folder.name) { factor *= defaults.neighbourWeight }
            let lengths = clips.map { clip in
                let audio = store.audio[clip]
                let isSentence = audio.samples.count > ClipStore.sentenceSamplesMin
                return Double(isSentence ? audio.samples.count : audio.speech.count)
            }
            let total = lengths.reduce(0, +)
            for (clip, length) in zip(clips, lengths) {
                table.append(clip, weight: factor * length / Math.power(total, 0.5))
            }
        }
        return table
    }

    private static func table(
        _ store: ClipStore, _ parameters: UtteranceSamplerParameters
    ) -> WeightedTable<Int> {
        var table = WeightedTable<Int>()
        let usable = store.utterances.indices.filter { store.utteranceAudio[$0].peak > 0 }
        let sets = Dictionary(grouping: usable) { store.utterances[$0].set }
        for set in sets.keys.sorted() {
            let bySpeaker = Dictionary(grouping: sets[set]!) { store.utterances[$0].speaker }
            let total = bySpeaker.values.reduce(0) { $0 + Math.power(Double($1.count), 0.5) }
            let factor = (parameters.setWeights[set] ?? 1) / Math.power(total, 0.5)
            for speaker in bySpeaker.keys.sorted() {
                let own = bySpeaker[speaker]!
                for index in own {
                    let transcript = store.utterances[index].transcript
                    var weight = factor / Math.power(Double(own.count), 0.5)
                    if transcript.isDigitsOnly { weight *= parameters.digitsOnlyFactor }
                    if transcript.hasOh { weight *= parameters.ohFactor }
                    table.append(index, weight: weight)
                }
            }
        }
        return table
    }

    /// What utterance `position` of `epoch` is made from.
    public func draw(epoch: Int, position: Int) -> UtteranceDraw {
        var random = SeededRandom(seed: seed ^ 0x5554_5445_5241, epoch: epoch, position: position)
        let kind = random.uniform()
        var limit = recordings.isEmpty ? 0 : parameters.recordedFraction
        if kind < limit { return UtteranceDraw(source: .recording(recordings.draw(&random))) }
        limit += parameters.singleFraction
        if kind < limit { return UtteranceDraw(source: .joined(digits(1, &random))) }
        limit += parameters.talkFraction
        if kind < limit {
            guard !talk.isEmpty, !random.chance(parameters.noiseFraction) else {
                return UtteranceDraw(source: .joined([.noise]))
            }
            let count = random.chance(0.6) ? 1 : random.integer(in: 2...3)
            return UtteranceDraw(
                source: .joined((0..<count).map { _ in .talk(talk.draw(&random)) }), isFluent: random.chance(0.5))
        }
        var parts = digits(2 + weightedIndex(parameters.countWeights, &random), &random)
        func insert(_ part: UtteranceDraw.Part) { parts.insert(part, at: random.index(below: parts.count + 1)) }
        if !talk.isEmpty, random.chance(parameters.talkAmongChance) {
            for _ in 0..<random.integer(in: 1...2) { insert(.talk(talk.draw(&random))) }
        }
        if random.chance(parameters.noiseAmongChance) { insert(.noise) }
        return UtteranceDraw(source: .joined(parts), isFluent: random.chance(parameters.fluentChance))
    }

    /// Digits of one speaker.
    private func digits(_ count: Int, _ random: inout SeededRandom) -> [UtteranceDraw.Part] {
        let speaker = speakers.draw(&random)
        var parts: [UtteranceDraw.Part] = []
        var last: Int?
        for _ in 0..<count {
            var digit = speaker.digits[random.index(below: speaker.digits.count)]
            if let last, random.chance(parameters.repeatChance) { digit = last }
            let clips = speaker.clips[digit]
            parts.append(.digit(clips[random.index(below: clips.count)]))
            last = digit
        }
        return parts
    }

    private func weightedIndex(_ weights: [Float], _ random: inout SeededRandom) -> Int {
        var left = random.uniform() * weights.reduce(0, +)
        for (index, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return index }
        }
        return weights.count - 1
    }
}
