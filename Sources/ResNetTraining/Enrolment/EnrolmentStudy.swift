import ResNet

/// What enrolment gains for people that a network has never heard, and what it costs everybody else.
///
/// Each of them is enrolled with a few clips of each digit and judged by the rest, in a quiet place and a noisy one, and
/// once more with everything heard through a room and a microphone of its own. What a network was trained on must not be
/// among the people enrolled or the others; the split by speakers sees to that where the directories are training's.
public struct EnrolmentStudy {
    /// What to study.
    public struct Options: Sendable {
        /// The directories that the network was trained on; the others are their held-out speakers.
        public var directories: [String] = []
        /// Directories all of whose speakers are unknown to the network; empty takes held-out speakers of the former.
        public var strangers: [String] = []
        /// Sets of the former of which no speaker was held out.
        public var setsOnlyTrained: Set<String> = []
        /// Clips of each digit to enrol with.
        public var takes = 5
        /// Clips of each digit to judge by: at least and at most so many.
        public var testTakes = 3...8
        /// Whether the room and microphone of their own are studied too.
        public var studiesRooms = true
        /// Speakers to leave everybody else out for, by name; empty takes all.
        public var speakers: Set<String> = []
        /// How far to go from the old weights to the new: each is judged.
        public var interpolations: [Float] = [EnrolmentOptions().interpolation]
        /// How to enrol; its own interpolation does not count.
        public var enrolment = EnrolmentOptions()

        /// The defaults.
        public init() {}
    }

    /// Clips judged before and after an enrolment.
    public struct Comparison: Sendable {
        /// Who was judged, and how.
        public var name: String
        /// Before and after.
        public var before: Score, after: Score
    }

    /// How a network did.
    public struct Score: Sendable {
        /// Digits judged.
        public var digits = 0
        /// Of the digits: wrong where it must answer, not right at the operating point, and accepted as another.
        public var forcedErrors = 0, misses = 0, wrong = 0
        /// Other words judged, and those accepted as a digit.
        public var others = 0, falseAccepts = 0
        /// Digits and words whose most probable label is the right one, whatever its probability.
        public var right = 0
        /// |confidence - accuracy| summed over clips, for the expected calibration error.
        var calibrationSum = 0.0

        /// The expected calibration error, 0 ... 1.
        public var calibrationError: Double { calibrationSum / Double(max(1, digits + others)) }

        init() {}

        init(_ judgements: Judgements, _ temperature: Double, _ threshold: Double) {
            for clip in judgements.labels.indices {
                let label = Int(judgements.labels[clip])
                let answer = judgements.answer(clip, temperature: temperature, threshold: threshold)
                right += judgements.best(clip).label == label ? 1 : 0
                if label == LabelledClip.notADigit {
                    others += 1
                    falseAccepts += answer == label ? 0 : 1
                } else {
                    digits += 1
                    forcedErrors += judgements.forcedAnswer(clip) == label ? 0 : 1
                    misses += answer == label ? 0 : 1
                    wrong += answer == label || answer == LabelledClip.notADigit ? 0 : 1
                }
            }
            calibrationSum =
                Calibration(judgements, temperature: temperature).expectedError * Double(judgements.labels.count)
        }

        /// Adds another group's counts.
        public static func += (sum: inout Score, part: Score) {
            sum.digits += part.digits
            sum.forcedErrors += part.forcedErrors
            sum.misses += part.misses
            sum.wrong += part.wrong
            sum.others += part.others
            sum.falseAccepts += part.falseAccepts
            sum.right += part.right
            sum.calibrationSum += part.calibrationSum
        }
    }

    /// One person's enrolment.
    public struct Result: Sendable {
        /// Who.
        public var speaker: SpeakerIdentity
        /// Whether through a room and a microphone of their own.
        public var isInRoom: Bool
        /// How far the weights went.
        public var interpolation: Float
        /// The person's other clips, by variant.
        public var own: [Comparison]
        /// Everybody else, by variant.
        public var others: [Comparison]
    }

    private let options: Options
    private let weights: WeightsFile
    private let temperature: Double
    private let threshold: Double
    private let strangers: [SpeakerIdentity: [LabelledClip]]
    private let noises: [[Float]]
    private let others: [(name: String, set: EvaluationSet, before: Judgements)]

    private static let ownVariants: [EvaluationSet.Variant] = [.clip, .live(ratio: 30), .live(ratio: 10)]
    private static let otherVariants: [EvaluationSet.Variant] = [.clip, .live(ratio: 12)]

    /// Reads the recordings and judges everybody else by the network as it is.
    public init(_ weights: WeightsFile, temperature: Double, threshold: Double, options: Options) throws {
        self.options = options
        self.weights = weights
        self.temperature = temperature
        self.threshold = threshold
        var splitOptions = SplitOptions()
        splitOptions.setsOnlyTrained = options.setsOnlyTrained
        let heldOut = try DataSet(directories: options.directories).split(splitOptions).validation
        let candidates =
            options.strangers.isEmpty ? heldOut.clips : try DataSet(directories: options.strangers).clips
        let wanted = options.takes + options.testTakes.lowerBound
        strangers = Dictionary(
            grouping: candidates.filter { $0.label < LabelledClip.notADigit && !DataSet.isOfficialTest($0) },
            by: \.identity
        ).filter { identity, clips in
            (0...9).allSatisfy { digit in clips.count { $0.label == digit } >= wanted }
                && (options.speakers.isEmpty || options.speakers.contains(identity.speaker))
        }
        let store = try ClipStore(heldOut)
        noises = store.noises.map { $0.samples.map { Float($0) * 0x1p-15 } }
        var others: [(name: String, set: EvaluationSet, before: Judgements)] = []
        for variant in Self.otherVariants {
            let set = try EvaluationSet(store: store, variant: variant)
            others.append(("others, \(variant)", set, try Self.judge(weights, set, options.enrolment.threads)))
        }
        self.others = others
    }

    /// Who will be enrolled.
    public var speakers: [SpeakerIdentity] { strangers.keys.sorted() }

    /// Enrols one person after the other.
    public func run(_ take: (Result) throws -> Void) throws {
        for speaker in speakers {
            for isInRoom in options.studiesRooms ? [false, true] : [false] {
                try study(speaker, isInRoom: isInRoom).forEach(take)
            }
        }
    }

    private func study(_ speaker: SpeakerIdentity, isInRoom: Bool) throws -> [Result] {
        var random = SeededRandom(seed: options.enrolment.seed, epoch: 77)
        var chosen: [LabelledClip] = []
        var rest: [LabelledClip] = []
        for digit in 0...9 {
            let clips = strangers[speaker]!.filter { $0.label == digit }.shuffled(using: &random)
            chosen += clips.prefix(options.takes)
            rest += clips.dropFirst(options.takes).prefix(options.testTakes.upperBound)
        }
        // A person who enrols has no noises to learn with.
        let enrolled = try store(chosen, isInRoom: isInRoom, noises: [])
        var enrolment = options.enrolment
        enrolment.interpolation = 1
        guard let end = try Enrolment(enrolment).run(weights, store: enrolled) else {
            preconditionFailure("nobody stopped it")
        }
        let test = try store(rest, isInRoom: isInRoom, noises: noises)
        let own = try Self.ownVariants.map { variant in
            let set = try EvaluationSet(store: test, variant: variant)
            return (name: "\(variant)", set: set, before: try judge(weights, set))
        }
        return try options.interpolations.map { interpolation in
            let adapted = weights.moved(towards: end, by: interpolation)
            return Result(
                speaker: speaker, isInRoom: isInRoom, interpolation: interpolation,
                own: try own.map { compare($0.name, $0.before, try judge(adapted, $0.set)) },
                others: try others.map { compare($0.name, $0.before, try judge(adapted, $0.set)) })
        }
    }

    /// Clips as they are, or as heard at the other end of a room through a microphone of little bass or treble.
    private func store(_ clips: [LabelledClip], isInRoom: Bool, noises: [[Float]]) throws -> ClipStore {
        let plain = try ClipStore(DataSet(clips: clips))
        let changed = plain.clips.indices.map { index in
            var samples = plain.samples(of: index)
            guard isInRoom else { return (clip: plain.clips[index], samples: samples) }
            // The same echoes for every clip: it is one room.
            var random = SeededRandom(seed: 4, epoch: 78)
            var dry: [Float] = []
            Reverberation.apply(
                to: &samples, dry: &dry, decayTime: 0.4, directRatio: 2, rate: ClipStore.sampleRate, random: &random)
            Biquad.highPass(350, rate: ClipStore.sampleRate).apply(to: &samples)
            Biquad.highShelf(1_500, decibels: -8, rate: ClipStore.sampleRate).apply(to: &samples)
            return (clip: plain.clips[index], samples: samples)
        }
        return ClipStore(clips: changed, noises: noises)
    }

    private func compare(_ name: String, _ before: Judgements, _ after: Judgements) -> Comparison {
        Comparison(
            name: name, before: Score(before, temperature, threshold), after: Score(after, temperature, threshold))
    }

    private func judge(_ weights: WeightsFile, _ set: EvaluationSet) throws -> Judgements {
        try Self.judge(weights, set, options.enrolment.threads)
    }

    private static func judge(_ weights: WeightsFile, _ set: EvaluationSet, _ threads: Int) throws -> Judgements {
        let network = try ResNet18(weights: weights, batchSize: 32, threads: threads)
        var logits = [Float](repeating: 0, count: set.labels.count * NetworkShape.standard.classCount)
        var span = logits.mutableSpan
        network.logits(set.windows.span, into: &span)
        return Judgements(logits: logits, labels: set.labels)
    }
}
