import Foundation
import MelSpectrogram
import Testing

@Suite("Reading pictures of any origin")
struct MelImageReadingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func read(_ bytes: [UInt8]) throws -> MelImage {
        try folder.write("in.png", bytes)
        return try MelImage(contentsOf: folder.path("in.png"))
    }

    private func expectNotUsable(_ bytes: [UInt8], because reason: String) throws {
        let error = #expect(throws: MelError.self) { try read(bytes) }
        guard case .notUsable = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        try expectOneSentence(error, naming: "in.png")
        #expect(error?.description.contains(reason) == true, "\(String(describing: error))")
    }

    @Test func whatIsNotAPNGIsRefused() throws {
        for text in ["RIFF....WAVEfmt ", String(repeating: "meow", count: 1000)] {
            try expectNotUsable(Array(text.utf8), because: "not a PNG")
        }
        for text in ["", "x"] { try expectNotUsable(Array(text.utf8), because: "ends too early") }
    }

    @Test(arguments: [(40, 39), (40, 41), (300, 200), (40, 1)])
    func anotherHeightIsRefusedAndNamed(width: Int, height: Int) throws {
        try expectNotUsable(TestPNG(width: width, height: height, kind: .grey).bytes, because: "\(width) x \(height)")
    }

    @Test func anAbsurdSizeIsRefusedFromTheHeaderAlone() throws {
        // The headers are all there is: reaching for 2^31 x 40 pixels would be seen.
        try expectNotUsable(TestPNG.headerOnly(width: 360_001, height: 40), because: "so ")
        try expectNotUsable(TestPNG.headerOnly(width: 0x7FFF_FFFF, height: 40), because: "so ")
        try expectNotUsable(TestPNG.headerOnly(width: 0x7FFF_FFFF, height: 0x7FFF_FFFF), because: "so ")
        try expectNotUsable(TestPNG.headerOnly(width: 0, height: 40), because: "so ")
    }

    /// libpng would take the memory first, 1.9 GB here (a fuzzer's find).
    @Test func aChunkThatClaimsMoreThanTheFileIsRefused() throws {
        let good = TestPNG(width: 50, height: 40, kind: .grey).bytes
        // Signature and header end at 33.
        let claims: [UInt8] = [0x71, 0x72, 0x00, 0x0D] + Array("zTXt".utf8) + [0, 0, 0, 0, 0x60, 0x82, 0]
        try expectNotUsable(Array(good.prefix(33)) + claims, because: "longer than the file")
        try expectNotUsable(good.prefix(33) + claims + good.dropFirst(33), because: "longer than the file")
        // Of the right length, however unknown it is, it does not matter.
        let harmless = [0, 0, 0, 2] + Array("quIt".utf8) + [1, 2, 0x02, 0x7F, 0x97, 0x2E]
        #expect(throws: Never.self) { try read(good.prefix(33) + harmless + good.dropFirst(33)) }
    }

    /// libpng takes 80 s for a gigabyte of empty ones.
    @Test func floodOfChunksIsRefused() throws {
        let good = TestPNG(width: 50, height: 40, kind: .grey).bytes
        let flood = [[UInt8]](repeating: [0, 0, 0, 0] + Array("quIt".utf8) + [1, 2, 3, 4], count: 70_000).flatMap { $0 }
        try expectNotUsable(good.prefix(33) + flood + good.dropFirst(33), because: "chunks")
        try expectNotUsable(good.dropLast(12) + flood + good.suffix(12), because: "chunks")
    }

    @Test func aDamagedPictureIsRefused() throws {
        let good = TestPNG(width: 50, height: 40, kind: .grey).bytes
        for length in stride(from: 8, to: good.count - 12, by: 97) {
            let error = #expect(throws: MelError.self, "cut to \(length)") { try read(Array(good.prefix(length))) }
            try expectOneSentence(error, naming: "in.png")
        }
        var flipped = good
        flipped[good.count / 2] ^= 0x55
        try expectNotUsable(flipped, because: "damaged")
    }

    @Test(arguments: [TestPNG.Kind.grey, .colour, .colourAlpha])
    func greyPixelsOfAnyPixelFormatGiveTheSamePicture(kind: TestPNG.Kind) throws {
        let source = TestPNG(width: 7, height: 40, kind: kind)
        let image = try read(source.bytes)
        #expect(image.width == 7 && image.height == 40)
        for (index, pair) in zip(image.pixels, source.greys).enumerated() {
            #expect(abs(Int(pair.0) - Int(pair.1)) <= 1, "pixel \(index)")
        }
        if kind == .grey { #expect(image.pixels == source.greys) }
    }

    @Test func aPathWithoutAReadableFileIsUnreadableAndNotUnusable() throws {
        for path in [folder.path("none.png"), folder.url.path, folder.path("none/a.png"), ""] {
            let error = #expect(throws: MelError.self) { try MelImage(contentsOf: path) }
            guard case .unreadable(path, _) = error else {
                Issue.record("\(String(describing: error))")
                continue
            }
            try expectOneSentence(error, naming: path)
        }
    }
}
