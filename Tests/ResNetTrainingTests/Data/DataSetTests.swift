import Foundation
import Testing

@testable import ResNetTraining

@Suite struct DataSetTests {
    @Test func scanReadsLabelledFoldersInByteOrder() throws {
        let directory = try TemporaryDirectory()
        try directory.make([
            "7/ann_b_2.flac", "7/ann_b_1.wav", "0/Zoe_1.ogg", "marvin/ann_b_0.wav", "10/x_0.wav", "07/x_1.wav",
            "_background_noise_/rain_0.flac", "7/notes.txt", "7/.hidden_1.wav", "README.md",
        ])
        let set = try DataSet(directories: [directory.path])
        let names = set.clips.map { String($0.path.dropFirst($0.path.count - 15)) }
        #expect(set.clips.map(\.label) == [0, 10, 10, 7, 7, 10], "\(names)")
        #expect(set.clips.map(\.speaker) == ["Zoe", "x", "x", "ann_b", "ann_b", "ann_b"])
        #expect(set.clips.map(\.index) == [1, 1, 0, 1, 2, 0])
        #expect(set.clips.last?.folder == "marvin")
        #expect(set.noises.count == 1)
        #expect(set.clips.allSatisfy { !DataSet.isOfficialTest($0) })
    }

    @Test func scanReadsFSDDLayout() throws {
        let directory = try TemporaryDirectory()
        try directory.make(["recordings/3_jackson_0.wav", "recordings/3_van_gogh_17.wav", "recordings/readme.wav"])
        let set = try DataSet(directories: [directory.path])
        #expect(set.clips.map(\.speaker) == ["jackson", "van_gogh"])
        #expect(set.clips.map(\.index) == [0, 17])
        #expect(set.clips.map(DataSet.isOfficialTest) == [true, false])
        let inside = try DataSet(directories: [directory.path + "/recordings"])
        #expect(inside.clips.count == 2)
    }

    @Test func directoriesOfOneNameHaveDifferentSpeakers() throws {
        let (a, b) = (try TemporaryDirectory(), try TemporaryDirectory())
        try a.make(["set/1/0_0.wav"])
        try b.make(["set/1/0_0.wav"])
        let set = try DataSet(directories: [a.path + "/set", b.path + "/set/"])
        #expect(set.clips.map(\.set) == ["set", "set#2"])
    }

    @Test func scanSaysWhatIsWrong() throws {
        let directory = try TemporaryDirectory()
        #expect(throws: DataError.noDirectories) { try DataSet(directories: []) }
        #expect(throws: DataError.empty(path: directory.path)) { try DataSet(directories: [directory.path]) }
        #expect(throws: DataError.notADirectory(path: "/nowhere/at/all")) {
            try DataSet(directories: ["/nowhere/at/all"])
        }
        try directory.make(["letter.txt"])
        #expect(throws: DataError.noClips(path: directory.path)) { try DataSet(directories: [directory.path]) }
        for error in [DataError.empty(path: "x"), .missingClass(label: 3), .missingClass(label: 10)] {
            #expect(error.description.hasSuffix(".") && !error.description.contains("\n"))
        }
    }

    @Test func damagedClipsAreSkippedAndReported() throws {
        let directory = try TemporaryDirectory()
        try directory.make(["3/a_0.wav", "3/a_1.wav"], data: Data("not a wave file".utf8))
        let scanned = try DataSet(directories: [directory.path])
        #expect(throws: DataError.self) { try ClipStore(scanned) }
        try directory.make(["3/b_0.wav"], data: wave(SyntheticClips.word(3, speaker: 0)))
        try directory.make(["3/b_1.wav"], data: wave([0, 0, 0]))
        let store = try ClipStore(try DataSet(directories: [directory.path]))
        #expect(store.clips.map(\.speaker) == ["b"])
        #expect(store.skipped.count == 3)
        #expect(store.skipped.allSatisfy { !$0.reason.isEmpty })
        // The word lies between 0.15 and 0.5 s; a pre-roll and a post-roll may be added.
        let speech = store.audio[0].speech
        #expect((400...1_700).contains(speech.lowerBound) && (3_600...4_900).contains(speech.upperBound), "\(speech)")
    }
}

@Suite struct SplitTests {
    /// FSDD's six, a big set in which few have the rare digits, a set of two speakers and one of a single speaker.
    static let set: DataSet = {
        var clips: [LabelledClip] = []
        for speaker in ["george", "jackson", "theo"] {
            for digit in 0...9 {
                for index in 0..<8 {
                    clips.append(
                        LabelledClip(
                            path: "f/\(digit)_\(speaker)_\(index)", label: digit, speaker: speaker, set: "fsdd",
                            index: index, isFSDD: true))
                }
            }
        }
        func add(_ set: String, _ speaker: String, _ label: Int, folder: String? = nil) {
            let name = folder ?? "\(label)"
            clips.append(
                LabelledClip(
                    path: "\(set)/\(name)/\(speaker)", label: label, speaker: speaker, set: set, folder: folder))
        }
        for speaker in 0..<60 {
            for digit in [0, 1, 5, 8] { add("big", "s\(speaker)", digit) }
            if speaker % 6 == 0 { for digit in [2, 3, 4, 6, 7, 9] { add("big", "s\(speaker)", digit) } }
            add("big", "w\(speaker)", 10, folder: "tree")
        }
        for speaker in ["a", "b"] { for digit in 0...9 { add("two", speaker, digit) } }
        for digit in 0...9 { add("one", "only", digit) }
        let noises = (0..<20).map { NoiseClip(path: "n\($0)", set: "noise") }
        return DataSet(clips: clips, noises: noises)
    }()

    @Test func speakersAreDisjointAndEveryDigitIsHeldOut() {
        for seed in 1...20 as ClosedRange<UInt64> {
            var options = SplitOptions()
            options.seed = seed
            let split = Self.set.split(options)
            let trained = Set(split.training.clips.map(\.identity))
            let heldOut = Set(split.validation.clips.map(\.identity))
            #expect(trained.isDisjoint(with: heldOut))
            #expect(Set(split.training.noises).isDisjoint(with: split.validation.noises))
            #expect(Set(split.validation.clips.map(\.label)) == Set(0...10), "seed \(seed)")
            #expect(Set(split.training.clips.map(\.label)) == Set(0...10), "seed \(seed)")
            #expect(trained.contains(SpeakerIdentity(set: "one", speaker: "only")))
            #expect(!split.validation.clips.contains { $0.isFSDD })
            let total = split.training.clips.count + split.validation.clips.count + split.officialTest.count
            #expect(total == Self.set.clips.count)
        }
    }

    @Test func officialTestIsNeverTrainedOn() throws {
        let split = Self.set.split()
        #expect(split.officialTest.count == 3 * 10 * 5)
        #expect(!split.training.clips.contains(where: DataSet.isOfficialTest))
        #expect(!split.validation.clips.contains(where: DataSet.isOfficialTest))

        // Nor drawn from a store that holds it.
        let clips = (0..<10).flatMap { digit in
            (0..<8).map { index in
                (
                    clip: LabelledClip(
                        path: "\(digit)_\(index)", label: digit, speaker: "s", set: "fsdd", index: index, isFSDD: true),
                    samples: SyntheticClips.word(digit, speaker: index, silence: 0.02, length: 0.1)
                )
            }
        }
        let store = ClipStore(clips: clips)
        let sampler = try Sampler(store: store, seed: 3)
        for position in 0..<500 {
            let draw = sampler.draw(epoch: 0, position: position)
            #expect(!DataSet.isOfficialTest(store.clips[draw.clip]))
            #expect(!DataSet.isOfficialTest(store.clips[draw.partner]) || draw.recipe == .plain)
        }
    }

    @Test func sameSeedSameSplit() {
        var other = SplitOptions()
        other.seed = 2
        let first = Self.set.split().validation.clips
        #expect(first == Self.set.split().validation.clips)
        #expect(first != Self.set.split(other).validation.clips)
    }

    @Test func heldOutFSDDSpeakerIsInValidationAlone() {
        var options = SplitOptions()
        options.fsddSpeakersHeldOut = ["theo"]
        let split = Self.set.split(options)
        #expect(!split.training.clips.contains { $0.speaker == "theo" })
        #expect(split.validation.clips.count { $0.speaker == "theo" } == 30)
    }

    @Test func setsOnlyTrainedAreNotHeldOut() {
        var options = SplitOptions()
        options.setsOnlyTrained = ["big"]
        #expect(!Self.set.split(options).validation.clips.contains { $0.set == "big" })
    }

    @Test func noisesOfSetsOnlyTrainedAreNotHeldOut() {
        var options = SplitOptions()
        options.setsOnlyTrained = ["more"]
        let more = (0..<30).map { NoiseClip(path: "m\($0)", set: "more") }
        let split = DataSet(clips: Self.set.clips, noises: more + Self.set.noises).split(options)
        #expect(split.validation.noises == Self.set.split(options).validation.noises)
        #expect(split.training.noises.count { $0.set == "more" } == more.count)
    }
}
