import Foundation
import MelSpectrogram
import Testing

@Suite("Mel pictures")
struct MelImageTests {
    @Test func everyValueComesBackWithinHalfAGreyStep() throws {
        let mel = try MelSpectrogram(samples: noise(4000))
        let back = MelImage(mel).spectrogram
        #expect(back.bandCount == 40 && back.frameCount == mel.frameCount)
        let halfStep = (MelImage.logPowerMax - MelImage.logPowerMin) / 255 / 2
        for (index, pair) in zip(mel.values, back.values).enumerated() {
            #expect(abs(pair.0 - pair.1) <= halfStep * 1.001, "value \(index)")
        }
        #expect(MelImage(back) == MelImage(mel))
    }

    @Test func lowFrequenciesAreAtTheBottomAndTimeRunsToTheRight() throws {
        let image = MelImage(try MelSpectrogram(samples: Array(repeating: 0, count: 2000) + sine(200, 2000)))
        func brightestRow(column: Int) -> Int {
            (0..<40).max { image.pixels[$0 * image.width + column] < image.pixels[$1 * image.width + column] }!
        }
        #expect(brightestRow(column: image.width - 1) > 30)
        #expect((0..<40).allSatisfy { image.pixels[$0 * image.width] == 0 })
    }

    @Test func theGreyScaleIsFixedAndEndsAtItsEnds() {
        #expect(MelImage.grey(logPower: logf(1e-10)) == 0)
        #expect(MelImage.grey(logPower: 6) == 255)
        #expect(MelImage.grey(logPower: 99) == 255)
        #expect(MelImage.grey(logPower: -.infinity) == 0)
        #expect(MelImage.grey(logPower: .infinity) == 255)
        #expect(MelImage.grey(logPower: .nan) == 0)
        for grey in UInt8.min...UInt8.max { #expect(MelImage.grey(logPower: MelImage.logPower(grey: grey)) == grey) }
    }

    @Test func soundOfFullScaleIsNotWhite() throws {
        for samples in [
            sine(3700, 800), sine(200, 800), sine(440, 800).map { $0 < 0 ? -1 : 1 }, noise(8000, amplitude: 1),
        ] {
            #expect(MelImage(try MelSpectrogram(samples: samples)).pixels.max()! < 255)
        }
    }

    @Test func aWrittenPictureReadsBackAsItself() throws {
        let folder = try TemporaryFolder()
        let image = MelImage(try MelSpectrogram(samples: noise(6000)))
        try image.write(to: folder.path("a.png"))
        #expect(try MelImage(contentsOf: folder.path("a.png")) == image)
    }

    @Test func writingReplacesAFileAndLeavesNothingBeside() throws {
        let folder = try TemporaryFolder()
        try folder.write("a.png", Array("old".utf8))
        try FileManager.default.createSymbolicLink(
            atPath: folder.path("link.png"), withDestinationPath: folder.path("a.png"))
        let image = MelImage(try MelSpectrogram(samples: noise(600)))
        try image.write(to: folder.path("link.png"))
        #expect(try MelImage(contentsOf: folder.path("a.png")) == image)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).sorted() == ["a.png", "link.png"])
        #expect(
            try FileManager.default.destinationOfSymbolicLink(atPath: folder.path("link.png")) == folder.path("a.png"))
    }

    @Test func writingFailsWithOneSentence_whereNoFileCanBe() throws {
        let folder = try TemporaryFolder()
        let image = MelImage(try MelSpectrogram(samples: noise(600)))
        for path in [
            folder.url.path, folder.path("none/a.png"), folder.path("a.png/b.png"), "/proc/a.png", "", "/dev/full",
        ] {
            let error = #expect(throws: MelError.self, "\(path)") { try image.write(to: path) }
            try expectOneSentence(error, naming: path)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == [])
        let empty = MelImage(MelSpectrogram(bandCount: 40, values: []))
        let error = #expect(throws: MelError.self) { try empty.write(to: folder.path("a.png")) }
        try expectOneSentence(error, naming: "a.png")
    }
}
