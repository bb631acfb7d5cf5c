import Foundation

/// What a weights file says about the split by speakers it was trained on, so that it can be judged afterwards on the
/// speakers set apart and on nobody else.
public struct SpeakerSplitRecord: Sendable, Equatable {
    /// Chooses the speakers.
    public let seed: UInt64
    /// Sets that nobody was held out of.
    public let setsOnlyTrained: Set<String>
    /// FSDD speakers that were held out altogether.
    public let fsddSpeakersHeldOut: Set<String>
    /// A checksum of the names of the speakers and noise recordings held out.
    public let digest: String

    private static let seedKey = "split.speakers.seed"
    private static let trainOnlyKey = "split.speakers.train_only"
    private static let fsddKey = "split.speakers.fsdd_held_out"
    private static let digestKey = "split.speakers.digest"

    /// The record of a split that was made with these options.
    public init(_ split: DataSplit, _ options: SplitOptions) {
        seed = options.seed
        setsOnlyTrained = options.setsOnlyTrained
        fsddSpeakersHeldOut = options.fsddSpeakersHeldOut
        // FNV-1a, 64 bits: names get mixed up by mistake, not by intent.
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        let people = split.validation.clips.map(\.identity) + split.validation.utterances.map(\.identity)
        let speakers = Set(people).sorted().map { "\($0.set)/\($0.speaker)" }
        let noises = split.validation.noises.map { "\($0.set)/\(($0.path as NSString).lastPathComponent)" }
        for byte in (speakers + noises).joined(separator: "\n").utf8 {
            hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3
        }
        digest = String(hash, radix: 16)
    }

    /// The record in a weights file's metadata; nil where there is none.
    public init?(metadata: [String: String]) {
        guard let seed = metadata[Self.seedKey].flatMap(UInt64.init), let digest = metadata[Self.digestKey] else {
            return nil
        }
        func names(_ key: String) -> Set<String> {
            Set((metadata[key] ?? "").split(separator: ",").map(String.init))
        }
        self.seed = seed
        self.digest = digest
        setsOnlyTrained = names(Self.trainOnlyKey)
        fsddSpeakersHeldOut = names(Self.fsddKey)
    }

    /// The strings for a weights file's metadata.
    public var metadata: [String: String] {
        [
            Self.seedKey: "\(seed)", Self.digestKey: digest,
            Self.trainOnlyKey: setsOnlyTrained.sorted().joined(separator: ","),
            Self.fsddKey: fsddSpeakersHeldOut.sorted().joined(separator: ","),
        ]
    }

    /// The options that the split was made with.
    public var options: SplitOptions {
        var options = SplitOptions()
        options.seed = seed
        options.setsOnlyTrained = setsOnlyTrained
        options.fsddSpeakersHeldOut = fsddSpeakersHeldOut
        return options
    }
}
