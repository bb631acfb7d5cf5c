import Foundation
import Testing

@testable import MelSpectrogram

@Suite("Resizing as Pillow does")
struct GreyImageResizingTests {
    private func golden(_ name: String, rows: Int) throws -> GreyImage {
        let folder = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
        return try GreyImage(contentsOf: folder.appendingPathComponent(name).path, rows: rows, madeBy: "Pillow")
    }

    @Test(arguments: [(1, 128), (7, 128), (128, 16), (129, 40), (300, 128), (5, 3)])
    func everyPixelIsPillows(width: Int, height: Int) throws {
        // The pattern of Golden/make_golden_images.py.
        var state: UInt32 = 1
        let pixels = (0..<width * height).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        let resized = GreyImage(width: width, height: height, pixels: pixels).resized(width: 128, height: 16)
        let expected = try golden("resized-\(width)x\(height).png", rows: 16)
        let different = zip(resized.pixels, expected.pixels).count { $0 != $1 }
        #expect(resized.width == expected.width && different == 0)
    }

    @Test(arguments: ["voice", "hard"])
    func pictureBecomesTheNetworksInput(name: String) throws {
        let folder = try #require(Bundle.module.url(forResource: "Golden", withExtension: nil))
        let image = try DecibelImage(contentsOf: folder.appendingPathComponent("\(name).png").path)
        let expected = try golden("\(name)-16x128.png", rows: 16)
        let different = zip(image.window, expected.pixels).count { $0 != Float($1) / 255 }
        #expect(image.window.count == expected.pixels.count && different == 0)
    }

    @Test func sameSizeIsTheSamePicture() {
        let image = GreyImage(width: 3, height: 2, pixels: [0, 1, 2, 253, 254, 255])
        #expect(image.resized(width: 3, height: 2) == image)
    }
}
