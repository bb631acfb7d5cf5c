import DigitDaemon
import Foundation
import Testing

@Suite struct FileChecksumTests {
    @Test func isThatOfTheStandard() throws {
        let path = NSTemporaryDirectory() + "digitd-\(UUID()).txt"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try Data("abc".utf8).write(to: URL(fileURLWithPath: path))
        // FIPS 180-2, appendix B.1.
        #expect(sha256(ofFile: path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    }

    @Test func missingFileHasNone() {
        #expect(sha256(ofFile: "/nowhere/at/all") == nil)
    }
}
