import Testing

@testable import ResNetTraining

@Suite struct TrainedSplitTests {
    /// Eight speakers of every digit in one set, three in a set that is only trained on, and four noises.
    private static let data: DataSet = {
        var data = DataSet(clips: [], noises: (0..<4).map { NoiseClip(path: "n/\($0).wav", set: "n") })
        for (set, speakers) in [("a", 8), ("synth", 3)] {
            for speaker in 0..<speakers {
                for digit in 0...9 {
                    data.clips.append(
                        LabelledClip(
                            path: "\(set)/\(digit)/s\(speaker)_0.wav", label: digit, speaker: "s\(speaker)", set: set))
                }
            }
        }
        return data
    }()
    private static let options: SplitOptions = {
        var options = SplitOptions()
        options.seed = 7
        options.setsOnlyTrained = ["synth"]
        return options
    }()
    private static var record: SpeakerSplitRecord { SpeakerSplitRecord(data.split(options), options) }

    private static func heldOut(_ metadata: [String: String], trainOnly: Set<String> = []) throws -> DataSet {
        try heldOut(data, metadata, trainOnly: trainOnly)
    }

    private static func heldOut(
        _ data: DataSet, _ metadata: [String: String], trainOnly: Set<String> = []
    ) throws -> DataSet {
        try TrainedSplit.heldOutSpeakers(
            of: data, directoryNames: Set(data.clips.map(\.set)).sorted(), metadata: metadata, trainOnly: trainOnly)
    }

    @Test func recordedSplitIsDrawnAgain_withoutTheSetsOnlyTrainedOnToo() throws {
        let wanted = Self.data.split(Self.options).validation
        #expect(!wanted.clips.isEmpty && wanted.clips.allSatisfy { $0.set == "a" } && wanted.noises.count == 1)
        let whole = try Self.heldOut(Self.record.metadata)
        #expect(whole.clips == wanted.clips && whole.noises == wanted.noises)
        var part = Self.data
        part.clips.removeAll { $0.set == "synth" }
        #expect(try Self.heldOut(part, Self.record.metadata).clips == wanted.clips)
        #expect(SpeakerSplitRecord(metadata: Self.record.metadata) == Self.record)
        #expect(SpeakerSplitRecord(metadata: [:]) == nil)
    }

    @Test func otherRecordingsAreRefused() {
        var fewer = Self.data
        fewer.clips.removeAll { $0.speaker == "s1" }
        #expect(throws: TrainedSplit.Refusal.otherRecordings) { try Self.heldOut(fewer, Self.record.metadata) }
        var otherNoises = Self.data
        otherNoises.noises.removeLast()
        #expect(throws: TrainedSplit.Refusal.otherRecordings) { try Self.heldOut(otherNoises, Self.record.metadata) }
        #expect(throws: TrainedSplit.Refusal.otherTrainOnly(["synth"])) {
            try Self.heldOut(Self.record.metadata, trainOnly: ["a"])
        }
        let random = RandomSplitRecord(Self.data.randomSplit(seed: 1), seed: 1)
        #expect(throws: TrainedSplit.Refusal.randomSplit) { try Self.heldOut(random.metadata) }
        #expect(throws: TrainedSplit.Refusal.notRandomSplit) {
            try TrainedSplit.leftOut(of: Self.data, metadata: Self.record.metadata)
        }
    }

    @Test func networkWithoutARecordIsJudgedByWhatItWasTrainedOn() throws {
        let metadata = ["trained.on": "a,synth; 110 clips"]
        var options = SplitOptions()
        options.setsOnlyTrained = ["synth"]
        #expect(
            try Self.heldOut(metadata, trainOnly: ["synth"]).clips == Self.data.split(options).validation.clips)
        #expect(throws: TrainedSplit.Refusal.setsMissing(["more"])) {
            try Self.heldOut(["trained.on": "a,more; 5 clips"])
        }
    }

    @Test func recordedNoiseHasNoSilence() throws {
        var random = SeededRandom(seed: 5)
        // A burst in two seconds of silence, and silence alone, which is kept as there is nothing else.
        let burst = (0..<4_000).map { _ in random.gaussian() * 0.1 }
        let noises = [[Float](repeating: 0, count: 8_000) + burst + [Float](repeating: 0, count: 8_000)]
        let store = ClipStore(clips: [], noises: noises + [[Float](repeating: 0, count: 8_000)])
        let sounding = ClipStore(withoutSilentNoise: store)
        #expect((3_990...4_000).contains(sounding.noises[0].samples.count))
        #expect(sounding.noises[1].samples.count == 8_000)
        #expect(sounding.noises[0].speech == 0..<sounding.noises[0].samples.count)
    }
}
