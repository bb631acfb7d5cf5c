import Foundation
import FoundationXML
import Testing

@testable import ResNetTraining

@Suite struct ReportsTests {
    static let hostile = "a<b>&\"c'\u{1}</text><script>alert(1)</script>"

    /// Whether a text is well-formed XML.
    static func isWellFormed(_ text: String) -> Bool { XMLParser(data: Data(text.utf8)).parse() }

    @Test func plotsAreWellFormedWhateverTheyHold() {
        let cases: [[(x: Double, y: Double)]] = [
            [], [(1, 0.5)], [(1, 2), (2, 2)], [(1, .nan), (2, .infinity), (3, 1)], [(1, 1e-9), (2, 2e-9)],
            [(1, -1e12), (1e6, 1e12)],
        ]
        for points in cases {
            let series = LinePlot.Series(name: Self.hostile, points: points)
            let plot = LinePlot(title: Self.hostile, xLabel: Self.hostile, yLabel: Self.hostile, series: [series])
            #expect(Self.isWellFormed(plot.svg), "\(points)")
            #expect(!plot.svg.contains("<script") && !plot.svg.contains("nan"), "\(points)")
        }
        #expect(Self.isWellFormed(LinePlot.document([])))
    }

    @Test func ticksAreRound() {
        #expect(Axis(range: 0...100).ticks == [0, 20, 40, 60, 80, 100])
        #expect(Axis([1, 2, 3, 4], wholeNumbers: true).ticks == [1, 2, 3, 4])
        #expect(Axis(range: 0.9...1).label(0.96) == "0.96")
    }

    @Test func logIsResumedAfterAnEpoch() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/metrics.csv"
        var log = MetricsLog(path: path, columns: ["loss", "accuracy"])
        for epoch in 1...3 {
            try log.append(MetricsLog.Row(epoch: epoch, values: ["loss": 1 / Double(epoch)]))
        }
        let text = try String(contentsOfFile: path, encoding: .utf8)
        #expect(text == "epoch,loss,accuracy\n1,1,\n2,0.5,\n3,0.333333,\n")
        var resumed = MetricsLog(path: path, columns: ["loss", "accuracy"], resumingAfter: 2)
        #expect(resumed.rows.map(\.epoch) == [1, 2])
        try resumed.append(MetricsLog.Row(epoch: 3, values: ["loss": 0.25, "accuracy": 0.9]))
        #expect(MetricsLog.read(path).last == MetricsLog.Row(epoch: 3, values: ["loss": 0.25, "accuracy": 0.9]))
        #expect(resumed.series("loss").map(\.y) == [1, 0.5, 0.25])
        let files = try FileManager.default.contentsOfDirectory(atPath: directory.path)
        #expect(files == ["metrics.csv"])
    }

    @Test func unwritablePathIsNamed() {
        #expect(throws: ReportError.self) { try LinePlot.write([], to: "/nowhere/at/all.svg") }
    }
}
