/// How often each class, set and speaker is drawn.
public struct SamplerParameters: Sendable, Hashable {
    /// Share of windows that are not a digit, 0...1.
    public var negativeFraction: Double = 0.3
    /// Share of those that are made at run time (parts of digits, noise, ...); the rest are recordings of other words.
    public var madeFraction: Double = 0.5
    /// Weights of the made ones, in the order of `Draw.Recipe.made`: reversed, beginning, ending, joined, run together,
    /// noise.
    public var madeWeights: [Double] = [0.1, 0.12, 0.12, 0.18, 0.3, 0.5]
    /// Share of the digits that are drawn as if cut out of digits run together (`Draw.Recipe.inRun`), 0...1.
    public var inRunFraction: Double = 0.15
    /// Share of the digits' windows whose long-term spectrum may come from a recording of any digit, not of the same one, 0...1.
    public var otherModelFraction: Double = 0
    /// A speaker with n clips of a class counts n to this power: 0 all speakers alike, 1 all clips alike.
    public var speakerPower: Double = 0.5
    /// A set (for other words, a folder of a set) whose speakers add up to w counts w to this power within its class.
    public var setPower: Double = 0.5
    /// Extra factors of sets, by name; 1 where absent, 0 leaves a set out.
    public var setWeights: [String: Double] = [:]
    /// Words that sound like a digit; their folders count `neighbourWeight` times.
    public var neighbours: Set<String> = [
        "tree", "off", "on", "no", "go", "right", "happy", "house", "wow", "stop", "free", "for", "fore", "won", "want",
        "to", "too", "ate", "fine", "night", "sick", "sex", "heaven", "eleven", "nigh", "hive", "dive", "wait", "hero",
    ]
    /// See `neighbours`.
    public var neighbourWeight: Double = 2

    /// The defaults.
    public init() {}
}

/// Chooses what each window of an epoch is made from.
///
/// Digits are equally likely. Within a digit, sets and speakers are balanced (see `SamplerParameters`), because the sets
/// hold very different numbers: the many voices of Speech Commands hold few of 2, 3, 4, 6, 7 and 9. A draw depends on
/// (seed, epoch, position) alone, so any thread can make any window.
public struct Sampler: Sendable {
    /// Indices into the store's clips, by digit.
    private let digits: [WeightedTable<Int>]
    private let words: WeightedTable<Int>
    private let seed: UInt64
    private let parameters: SamplerParameters

    /// Windows in an epoch where nothing else is asked for: the number of clips.
    public let clipCount: Int

    /// Balances a store's clips; throws if a digit has none. Silent clips are never drawn, FSDD's official test only where
    /// the split is another one.
    public init(
        store: ClipStore, seed: UInt64, parameters: SamplerParameters = SamplerParameters(),
        drawsOfficialTest: Bool = false
    ) throws(DataError) {
        var groups: [Group: [String: [Int]]] = [:]
        for (i, clip) in store.clips.enumerated()
        where store.audio[i].peak > 0 && (drawsOfficialTest || !DataSet.isOfficialTest(clip)) {
            let group = Group(label: clip.label, set: clip.set, folder: clip.label < 10 ? "" : clip.folder)
            groups[group, default: [:]][clip.speaker, default: []].append(i)
        }
        var tables = [WeightedTable<Int>](repeating: WeightedTable(), count: LabelledClip.labelCount)
        for group in groups.keys.sorted() {
            let speakers = groups[group]!
            var factor = parameters.setWeights[group.set] ?? 1
            if parameters.neighbours.contains(group.folder) { factor *= parameters.neighbourWeight }
            guard factor > 0 else { continue }
            let weights = speakers.mapValues { Math.power(Double($0.count), parameters.speakerPower) }
            // Summed in a fixed order: floating-point sums depend on it, and a dictionary's order changes by run.
            let names = speakers.keys.sorted()
            let total = names.reduce(0) { $0 + weights[$1]! }
            let groupWeight = Math.power(total, parameters.setPower) * factor
            for name in names {
                let clips = speakers[name]!
                let each = groupWeight * weights[name]! / total / Double(clips.count)
                for clip in clips { tables[group.label].append(clip, weight: each) }
            }
        }
        for digit in 0...9 where tables[digit].isEmpty { throw .missingClass(label: digit) }
        digits = Array(tables[..<10])
        words = tables[LabelledClip.notADigit]
        clipCount = tables.reduce(0) { $0 + $1.elements.count }
        self.seed = seed
        self.parameters = parameters
    }

    private struct Group: Hashable, Comparable {
        var label: Int
        var set: String
        var folder: String

        static func < (a: Group, b: Group) -> Bool { (a.label, a.set, a.folder) < (b.label, b.set, b.folder) }
    }

    /// What window `position` of `epoch` is made from.
    public func draw(epoch: Int, position: Int) -> Draw {
        var random = SeededRandom(seed: seed ^ 0x5A4D_504C_4552, epoch: epoch, position: position)
        guard random.uniformDouble() < parameters.negativeFraction else {
            let digit = random.index(below: 10)
            var draw = Draw(clip: digits[digit].draw(&random), label: digit)
            if random.uniformDouble() < parameters.inRunFraction {
                draw.recipe = .inRun
                draw.partner = digits[random.index(below: 10)].draw(&random)
            }
            let isOther = parameters.otherModelFraction > 0 && random.uniformDouble() < parameters.otherModelFraction
            draw.model = digits[isOther ? random.index(below: 10) : digit].draw(&random)
            return draw
        }
        let isMade = random.uniformDouble() < parameters.madeFraction
        if !isMade && !words.isEmpty {
            let clip = words.draw(&random)
            return Draw(clip: clip, label: LabelledClip.notADigit, model: words.draw(&random))
        }
        let recipe = recipe(&random)
        let first = random.index(below: 10)
        // Two digits run together may be the same one; two halves of one digit are that digit.
        let second = recipe == .runTogether ? random.index(below: 10) : (first + 1 + random.index(below: 9)) % 10
        let clip = digits[first].draw(&random)
        let partner = digits[second].draw(&random)
        return Draw(
            clip: clip, recipe: recipe, partner: partner, label: LabelledClip.notADigit,
            model: recipe == .noise ? nil : digits[first].draw(&random))
    }

    private func recipe(_ random: inout SeededRandom) -> Draw.Recipe {
        let weights = parameters.madeWeights.prefix(Draw.Recipe.made.count)
        var left = random.uniformDouble() * weights.reduce(0, +)
        for (i, weight) in weights.enumerated() {
            left -= weight
            if left < 0 { return Draw.Recipe.made[i] }
        }
        return .noise
    }
}
