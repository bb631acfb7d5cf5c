import Foundation
import MelSpectrogram
import Testing

@testable import ResNetTraining

/// Runs where the shared recordings lie beside the package.
@Suite struct RealDataTests {
    static let fsdd = FileManager.default.currentDirectoryPath + "/../shared/data/fsdd"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: fsdd)))
    func fsddHasItsThreeThousandClipsAndThreeHundredTests() throws {
        let set = try DataSet(directories: [Self.fsdd])
        #expect(set.clips.count == 3_000)
        #expect(set.officialTest.count == 300)
        #expect(Set(set.clips.map(\.speaker)).count == 6)
        let store = try ClipStore(DataSet(clips: Array(set.officialTest.prefix(20))))
        #expect(store.skipped.isEmpty)
        let windows = try EvaluationSet(store: store).windows
        #expect(windows.allSatisfy { $0.isFinite })
    }

    static let esc10 = FileManager.default.currentDirectoryPath + "/../shared/data/esc10"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: esc10)))
    func mostRecordingsOfBarksAndSneezesHaveEvents() throws {
        let set = try DataSet(directories: [Self.esc10])
        let short = set.noises.filter { $0.path.contains("dog") || $0.path.contains("sneez") }
        #expect(short.count >= 70)
        let store = try ClipStore(DataSet(clips: [], noises: short))
        #expect(store.eventfulNoises.count * 10 >= short.count * 9, "\(store.eventfulNoises.count) of \(short.count)")
    }

    static let seedImages = FileManager.default.currentDirectoryPath + "/../shared/data/seed-images"

    @Test(.enabled(if: FileManager.default.fileExists(atPath: seedImages)))
    func picturesAreTheReferencesOwn_withinOneGreyLevel() throws {
        let names = try FileManager.default.contentsOfDirectory(atPath: Self.seedImages).sorted()
        #expect(names.count == 30)
        for name in names {
            let expected = try DecibelImage(contentsOf: "\(Self.seedImages)/\(name)").picture
            let recording = "\(Self.fsdd)/recordings/" + (name as NSString).deletingPathExtension + ".wav"
            let found = try DecibelImage(contentsOfRecording: recording).picture
            try #require(found.width == expected.width && found.height == expected.height, "\(name)")
            let worst = zip(found.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max()
            #expect(worst! <= 1, "\(name)")
        }
    }
}
