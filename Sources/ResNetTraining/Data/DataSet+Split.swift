/// How speakers are chosen for validation.
public struct SplitOptions: Sendable, Hashable {
    /// Chooses the speakers; the same seed always chooses the same.
    public var seed: UInt64 = 1
    /// The share of each set's speakers that is held out, 0...1: of those with digits, and apart of those with words
    /// only.
    public var speakerFraction: Double = 0.12
    /// At least so many held-out speakers have each digit, as long as that leaves two thirds of them for training.
    public var speakersPerDigitMin: Int = 3
    /// The share of noise recordings that is held out, 0...1.
    public var noiseFraction: Double = 0.12
    /// FSDD speakers to hold out altogether. Empty by default: all six train, and other sets tell of strangers.
    public var fsddSpeakersHeldOut: Set<String> = []
    /// Sets that are never held out, such as synthetic voices; their noises neither. How the others are divided does
    /// not depend on them.
    public var setsOnlyTrained: Set<String> = []

    /// The defaults.
    public init() {}
}

/// What to learn from and what to judge by; no speaker is in both.
public struct DataSplit: Sendable {
    /// Training and validation recordings with their noises.
    public var training: DataSet
    /// Recordings of speakers who are not in `training`, and noises that are not.
    public var validation: DataSet
    /// FSDD's official test clips, in neither of the two.
    public var officialTest: [LabelledClip]
}

extension DataSet {
    /// Splits by speaker, the same way for the same seed and recordings.
    ///
    /// Per set, the speakers are shuffled by the seed and the given share is held out; a set's only speaker stays in
    /// training. Then, rarest digit first, more speakers are held out until each digit has its share of validation.
    public func split(_ options: SplitOptions = SplitOptions()) -> DataSplit {
        let usable = clips.filter { !Self.isOfficialTest($0) }
        var heldOut = Set(
            usable.filter { $0.isFSDD && options.fsddSpeakersHeldOut.contains($0.speaker) }.map(\.identity))

        var digits: [SpeakerIdentity: Set<Int>] = [:]
        for clip in usable where !clip.isFSDD && !options.setsOnlyTrained.contains(clip.set) {
            digits[clip.identity, default: []].formUnion(clip.label < 10 ? [clip.label] : [])
        }
        var random = SeededRandom(seed: options.seed, epoch: -1)
        let shuffled = digits.keys.sorted().shuffled(using: &random)
        let bySet = Dictionary(grouping: shuffled, by: \.set)
        for set in bySet.keys.sorted() {
            let speakers = bySet[set]!
            guard speakers.count > 1 else { continue }
            for withDigits in [true, false] {
                let group = speakers.filter { digits[$0]!.isEmpty != withDigits }
                // Two speakers, one of each kind, must not both go.
                let most = min(group.count, speakers.count - 1)
                let wanted = max(1, Int((Double(group.count) * options.speakerFraction).rounded()))
                heldOut.formUnion(group.prefix(min(wanted, group.count == 1 ? 0 : most)))
            }
        }

        let holders = (0...9).map { digit in
            shuffled.filter { digits[$0]!.contains(digit) && bySet[$0.set]!.count > 1 }
        }
        for digit in (0...9).sorted(by: { (holders[$0].count, $0) < (holders[$1].count, $1) }) {
            let wanted = min(options.speakersPerDigitMin, holders[digit].count / 3)
            var have = holders[digit].count(where: heldOut.contains)
            for speaker in holders[digit] where have < wanted && !heldOut.contains(speaker) {
                heldOut.insert(speaker)
                have += 1
            }
        }

        var noiseRandom = SeededRandom(seed: options.seed, epoch: -2)
        let dividedNoises = noises.filter { !options.setsOnlyTrained.contains($0.set) }
        let noiseOrder = dividedNoises.shuffled(using: &noiseRandom)
        let noiseCount =
            dividedNoises.count > 1
            ? max(1, Int((Double(dividedNoises.count) * options.noiseFraction).rounded())) : 0
        let noisesHeldOut = Set(noiseOrder.prefix(noiseCount))
        let callers = utteranceSpeakersHeldOut(options)
        return DataSplit(
            training: DataSet(
                clips: usable.filter { !heldOut.contains($0.identity) },
                noises: noises.filter { !noisesHeldOut.contains($0) },
                utterances: utterances.filter { !callers.contains($0.identity) }),
            validation: DataSet(
                clips: usable.filter { heldOut.contains($0.identity) },
                noises: noises.filter(noisesHeldOut.contains),
                utterances: utterances.filter { callers.contains($0.identity) }),
            officialTest: clips.filter(Self.isOfficialTest))
    }

    /// Fewer speakers of utterances than this in a set are all trained on: a stranger fewer to learn from is dearer
    /// than one more to judge by.
    private static let callersMin = 8

    /// The speakers of utterances that are held out: the same share of each set's, drawn apart from those of clips, so
    /// that sets without utterances are divided as ever.
    private func utteranceSpeakersHeldOut(_ options: SplitOptions) -> Set<SpeakerIdentity> {
        var random = SeededRandom(seed: options.seed, epoch: -3)
        let divided = utterances.filter { !options.setsOnlyTrained.contains($0.set) }.map(\.identity)
        let speakers = Dictionary(grouping: Set(divided).sorted(), by: \.set)
        var heldOut: Set<SpeakerIdentity> = []
        for set in speakers.keys.sorted() where speakers[set]!.count >= Self.callersMin {
            let shuffled = speakers[set]!.shuffled(using: &random)
            let wanted = max(1, Int((Double(shuffled.count) * options.speakerFraction).rounded()))
            heldOut.formUnion(shuffled.prefix(wanted))
        }
        return heldOut
    }
}
