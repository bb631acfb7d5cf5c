import Foundation
import ResNetTraining

/// Logits whose softmax gives label `answer` the probability `p` and the others the rest in equal parts.
func logits(_ answer: Int, _ p: Double) -> [Float] {
    (0..<11).map { $0 == answer ? Float(log(p)) : Float(log((1 - p) / 10)) }
}

/// Judged clips, each by its most probable label, that label's probability, and what it is.
func judged(_ rows: [(answer: Int, p: Double, label: Int)]) -> Judgements {
    Judgements(logits: rows.flatMap { logits($0.answer, $0.p) }, labels: rows.map { Int32($0.label) })
}

/// The test recordings `Tests/Audio/digits`: two voices of each digit, and six other words.
func testRecordings() throws -> DataSet { try DataSet(directories: [testDirectory]) }

let testDirectory = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .appendingPathComponent("../Audio/digits").standardizedFileURL.path

/// A directory that goes away with the test.
final class TemporaryDirectory {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "digitd-test-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Gives a recording another name, with the folders that it needs.
    func link(_ name: String, to recording: String) throws {
        let url = URL(fileURLWithPath: path + "/" + name)
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: url.path, withDestinationPath: recording)
    }
}
