import Foundation

/// How a data set is parted into clips to learn from and clips to judge by.
public enum SplitKind: String, Sendable, CaseIterable {
    /// By speaker: nobody is in both. FSDD's official test is in neither.
    case speakers
    /// The reference project's: four fifths of the clips, drawn at random, and the rest. Everybody is in both, FSDD's
    /// official test too, so it says nothing about strangers.
    case random
}

extension DataSet {
    /// The share of clips that a random split trains on.
    static let randomTrainingShare = 0.8

    /// Parts the clips at random, the same way for the same seed and recordings: `validation` is the fifth left out.
    ///
    /// Digits and other words are parted each by themselves, so that a recipe without the other words gets the same digits.
    /// Noises are all for training.
    public func randomSplit(seed: UInt64) -> DataSplit {
        var split = DataSplit(
            training: DataSet(clips: [], noises: noises), validation: DataSet(clips: []), officialTest: [])
        for (stream, isDigit) in [(-3, true), (-4, false)] {
            var random = SeededRandom(seed: seed, epoch: stream)
            let group = clips.filter { ($0.label < LabelledClip.notADigit) == isDigit }
            let order = group.indices.shuffled(using: &random)
            let count = Int((Double(group.count) * Self.randomTrainingShare).rounded(.down))
            // In the data set's own order again: what is drawn first must not depend on how the split came about.
            split.training.clips += order[..<count].sorted().map { group[$0] }
            split.validation.clips += order[count...].sorted().map { group[$0] }
        }
        return split
    }
}

/// What a weights file says about the random split it was trained on, so that it can be judged on the fifth left out and
/// on nothing else.
public struct RandomSplitRecord: Sendable, Equatable {
    /// The split's seed.
    public let seed: UInt64
    /// A checksum of the names of the digits left out.
    public let digest: String

    private static let seedKey = "split.seed"
    private static let digestKey = "split.digest"

    /// The record of a split with this seed.
    public init(_ split: DataSplit, seed: UInt64) {
        self.seed = seed
        // FNV-1a, 64 bits: names get mixed up by mistake, not by intent.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for clip in split.validation.clips where clip.label < LabelledClip.notADigit {
            for byte in "\(clip.label)/\((clip.path as NSString).lastPathComponent)\n".utf8 {
                hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
            }
        }
        digest = String(hash, radix: 16)
    }

    /// The record in a weights file's metadata; nil where there is none.
    public init?(metadata: [String: String]) {
        guard let seed = metadata[Self.seedKey].flatMap(UInt64.init), let digest = metadata[Self.digestKey] else {
            return nil
        }
        self.seed = seed
        self.digest = digest
    }

    /// The strings for a weights file's metadata.
    public var metadata: [String: String] { [Self.seedKey: "\(seed)", Self.digestKey: digest] }
}
