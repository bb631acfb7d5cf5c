import Foundation
import Testing

@testable import ResNetTraining

/// Data directories of utterances.
struct TranscriptDataTests {
    private func directory(_ text: String?, _ files: [String]) throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        try directory.make(files.map { "set/\($0)" })
        if let text { try directory.make(["set/text"], data: Data(text.utf8)) }
        return directory
    }

    @Test func utterancesAreReadWithTheirWordsAndSpeakers() throws {
        let directory = try directory(
            "ann_b_1 Four oh\n\nbob_2\tenter  two\n", ["ann_b_1.flac", "bob_2.wav", "bob_3.wav"])
        let data = try DataSet(directories: [directory.path + "/set"])
        #expect(data.clips.isEmpty && data.noises.isEmpty)
        #expect(data.utterances.map(\.speaker) == ["ann_b", "bob"])
        #expect(data.utterances.map(\.transcript.words) == [["four", "oh"], ["enter", "two"]])
        #expect(data.utterances.allSatisfy { $0.set == "set" })
    }

    @Test func textThatDoesNotFitItsRecordingsIsRefusedByName() throws {
        for (text, part) in [
            ("a_1 one\nb_1 two\n", "there is no recording for b_1"), ("a_1\n", "line 1 has no words behind a_1"),
        ] {
            let directory = try directory(text, ["a_1.wav"])
            let error = try #require(throws: DataError.self) { try DataSet(directories: [directory.path + "/set"]) }
            #expect(error.description.contains(part), "\(text)")
        }
        let directory = try directory(nil, ["a_1.wav"])
        try directory.make(["set/text"], data: Data([0xFF, 0xFE, 0x00]))
        let error = try #require(throws: DataError.self) { try DataSet(directories: [directory.path + "/set"]) }
        #expect(error.description.contains("not UTF-8"))
    }

    private static func data(callers: Int, set: String = "calls") -> DataSet {
        DataSet(
            clips: (0..<40).flatMap { speaker in
                (0...9).map {
                    LabelledClip(path: "\($0)/s\(speaker)_0.wav", label: $0, speaker: "s\(speaker)", set: "a")
                }
            },
            utterances: (0..<callers).flatMap { caller in
                (0..<3).map {
                    TranscribedClip(
                        path: "c\(caller)_\($0).wav", speaker: "c\(caller)", set: set,
                        transcript: Transcript(words: ["one", "two"]))
                }
            })
    }

    @Test func callersAreOnOneSideOnly_andClipsAreDividedAsWithoutThem() {
        let split = Self.data(callers: 20).split()
        let (training, validation) = (split.training.utterances, split.validation.utterances)
        #expect(Set(validation.map(\.speaker)).count == 2)
        #expect(Set(training.map(\.speaker)).isDisjoint(with: validation.map(\.speaker)))
        #expect(training.count + validation.count == 60)
        #expect(split.validation.clips == Self.data(callers: 0).split().validation.clips)
        let records = [0, 20].map { SpeakerSplitRecord(Self.data(callers: $0).split(), SplitOptions()) }
        #expect(records[0] != records[1])
    }

    @Test func fewCallersAndThoseOnlyTrainedOnAreNotHeldOut() {
        #expect(Self.data(callers: 7).split().validation.utterances.isEmpty)
        var options = SplitOptions()
        options.setsOnlyTrained = ["calls"]
        #expect(Self.data(callers: 20).split(options).validation.utterances.isEmpty)
    }
}
