import Foundation
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
}
