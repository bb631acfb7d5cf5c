/// A PNG of a pattern, made without libpng: stored (not compressed) deflate blocks, checksums included.
struct TestPNG {
    enum Kind: UInt8, Sendable {
        case grey = 0
        case colour = 2
        case colourAlpha = 6

        var channels: Int { self == .grey ? 1 : self == .colour ? 3 : 4 }
    }

    let greys: [UInt8]
    let bytes: [UInt8]

    init(width: Int, height: Int, kind: Kind) {
        let greys = (0..<width * height).map { UInt8(truncatingIfNeeded: $0 &* 37 &+ $0 / 7) }
        var rows: [UInt8] = []
        for row in 0..<height {
            rows.append(0)
            for grey in greys[row * width..<(row + 1) * width] {
                rows += Array(repeating: grey, count: min(kind.channels, 3))
                if kind == .colourAlpha { rows.append(255) }
            }
        }
        self.greys = greys
        bytes =
            Self.header(width: width, height: height, kind: kind) + Self.chunk("IDAT", Self.stored(rows))
            + Self.chunk("IEND", [])
    }

    /// A grey PNG's beginning that promises a size, with a few bytes of data.
    static func headerOnly(width: Int, height: Int) -> [UInt8] {
        header(width: width, height: height, kind: .grey) + chunk("IDAT", stored([0, 1, 2, 3])) + chunk("IEND", [])
    }

    private static func header(width: Int, height: Int, kind: Kind) -> [UInt8] {
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
            + chunk("IHDR", big(UInt32(width)) + big(UInt32(height)) + [8, kind.rawValue, 0, 0, 0])
    }

    private static func stored(_ data: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = [0x78, 0x01]
        var position = 0
        repeat {
            let count = min(65_535, data.count - position)
            let (low, high) = (UInt8(count & 255), UInt8(count >> 8))
            bytes += [position + count == data.count ? 1 : 0, low, high, ~low, ~high]
            bytes += data[position..<position + count]
            position += count
        } while position < data.count
        var (a, b): (UInt32, UInt32) = (1, 0)
        for byte in data {
            a = (a + UInt32(byte)) % 65_521
            b = (b + a) % 65_521
        }
        return bytes + big(b << 16 | a)
    }

    private static func chunk(_ name: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(name.utf8) + data
        var crc: UInt32 = .max
        for byte in body {
            crc ^= UInt32(byte)
            for _ in 0..<8 { crc = crc >> 1 ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
        }
        return big(UInt32(data.count)) + body + big(~crc)
    }

    private static func big(_ value: UInt32) -> [UInt8] {
        [UInt8(value >> 24), UInt8(value >> 16 & 255), UInt8(value >> 8 & 255), UInt8(value & 255)]
    }
}
