import Foundation
import MelSpectrogram
import Testing

@Suite("Pictures of the reference recipe")
struct DecibelImageTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["voice", "hard"])
    func everyPixelIsLibrosas_withinOneGreyLevel(name: String) throws {
        let goldens = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
        let expected = try DecibelImage(contentsOf: goldens.appendingPathComponent("\(name).png").path).picture
        let found = try DecibelImage(samples: LibrosaGolden.load(name).signal).picture
        try #require(found.width == expected.width && found.height == expected.height)
        for (index, (a, b)) in zip(found.pixels, expected.pixels).enumerated() {
            #expect(abs(Int(a) - Int(b)) <= 1, "pixel \(index)")
        }
    }

    @Test(arguments: [(0, 1), (1, 1), (511, 1), (512, 2), (16_000, 32)])
    func aColumnIsCentredOnEvery512thSample(samples: Int, columns: Int) throws {
        let image = try DecibelImage(samples: noise(samples)).picture
        #expect(image.width == columns && image.height == 128)
    }

    @Test func lowFrequenciesAreAtTheTop_andTheLoudestIsWhite() throws {
        let tone = (0..<8000).map { Float(sin(2 * Double.pi * 7000 * Double($0) / 16_000)) }
        let image = try DecibelImage(samples: tone).picture
        #expect(image.pixels.max() == 255 && image.pixels.min() == 0)
        let brightest = image.pixels.indices.max { image.pixels[$0] < image.pixels[$1] }!
        #expect(brightest / image.width > 110)
    }

    @Test func loudnessDoesNotMatter_andSilenceIsBlack() throws {
        let sound = noise(4000)
        let pair = try [1, 0.25].map { gain in try DecibelImage(samples: sound.map { gain * $0 }) }
        #expect(pair[0] == pair[1])
        #expect(try DecibelImage(samples: [Float](repeating: 0, count: 1000)).picture.pixels.allSatisfy { $0 == 0 })
    }

    @Test func aWrittenPictureReadsBackAsItself_andOthersAreRefused() throws {
        let image = try DecibelImage(samples: noise(3000))
        try image.write(to: folder.path("a.png"))
        #expect(try DecibelImage(contentsOf: folder.path("a.png")) == image)
        try MelImage(MelSpectrogram(samples: noise(3000))).write(to: folder.path("other.png"))
        let error = #expect(throws: MelError.self) { try DecibelImage(contentsOf: folder.path("other.png")) }
        try expectOneSentence(error, naming: "other.png")
        #expect(error?.description.contains("digitd mel --recipe seed") == true)
        let other = #expect(throws: MelError.self) { try MelImage(contentsOf: folder.path("a.png")) }
        try expectOneSentence(other, naming: "a.png")
    }

    @Test func windowIs16By128From0To1() throws {
        let window = try DecibelImage(samples: noise(8000)).window
        #expect(window.count == DecibelImage.inputHeight * DecibelImage.inputWidth)
        #expect(window.allSatisfy { (0...1).contains($0) })
    }

    @Test func metadataIsRefused_whereAnyKeyIsAnotherOneOrUnknown() throws {
        try DecibelImage.validate(metadata: DecibelImage.metadata.merging(["labels": "0"]) { $1 })
        for key in DecibelImage.metadata.keys {
            var changed = DecibelImage.metadata
            changed[key] = nil
            #expect(throws: MelError.metadataMissing(key: key)) { try DecibelImage.validate(metadata: changed) }
            changed[key] = "1"
            let error = #expect(throws: MelError.self) { try DecibelImage.validate(metadata: changed) }
            try expectOneSentence(error, naming: key)
        }
        var more = DecibelImage.metadata
        more["frontend.power_floor"] = "0"
        let error = #expect(throws: MelError.self) { try DecibelImage.validate(metadata: more) }
        try expectOneSentence(error, naming: "frontend.power_floor")
        // Neither front end takes the other's.
        #expect(throws: MelError.self) { try MelParameters(metadata: DecibelImage.metadata) }
        #expect(throws: MelError.self) { try DecibelImage.validate(metadata: MelParameters.standard.metadata) }
    }
}
