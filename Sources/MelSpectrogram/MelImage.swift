/// A mel spectrogram as an 8-bit grey picture: one column a frame, one row a band, low frequency at the bottom.
///
/// The grey scale is fixed, so that a picture stands for powers and not for one recording's range: black is digital
/// silence, white is above what a signal of full scale reaches (4.5). A step is 0.114, half a dB, so a value read back is
/// off by at most 0.057.
public struct MelImage: Sendable, Equatable {
    /// The natural logarithm of power that is black (grey 0): the logarithm of 1e-10.
    public static let logPowerMin: Float = -23.025_85
    /// The natural logarithm of power that is white (grey 255).
    public static let logPowerMax: Float = 6
    /// Columns that a picture may have at most: an hour of sound.
    public static let widthMax = GreyImage.widthMax

    private let grey: GreyImage

    /// Columns: one a frame.
    public var width: Int { grey.width }
    /// Rows: one a band.
    public var height: Int { grey.height }
    /// Grey values, row after row from the top: `[(height - 1 - band) * width + frame]`.
    public var pixels: [UInt8] { grey.pixels }

    /// The picture of a spectrogram; powers beyond the grey scale get its ends.
    public init(_ s: MelSpectrogram) {
        let (columns, rows) = (s.frameCount, s.bandCount)
        var pixels = [UInt8](repeating: 0, count: columns * rows)
        for row in 0..<rows {
            for column in 0..<columns {
                pixels[row * columns + column] = Self.grey(logPower: s[frame: column, band: rows - 1 - row])
            }
        }
        grey = GreyImage(width: columns, height: rows, pixels: pixels)
    }

    /// Reads a mel-spectrogram PNG: 40 rows, any number of columns up to `widthMax`.
    ///
    /// Colour, palette, 16-bit and interlaced files become 8-bit grey; transparent parts become black. The size is checked
    /// before memory for the pixels is taken.
    /// - Throws: `MelError.unreadable` for a path that cannot be read, `MelError.notUsable` for what is not such a PNG.
    public init(contentsOf path: String) throws(MelError) {
        grey = try GreyImage(contentsOf: path, rows: MelParameters.standard.bandCount, madeBy: "digitd mel")
    }

    /// Writes the picture as an 8-bit grey PNG. A file of that name is replaced at once or, on failure, left as it was.
    /// - Throws: `MelError.notWritten`; also for a picture without columns or with more than `widthMax`.
    public func write(to path: String) throws(MelError) {
        try grey.write(to: path)
    }

    /// The spectrogram that the picture stands for: each grey value becomes the power in the middle of its step.
    public var spectrogram: MelSpectrogram {
        let pixels = grey.pixels
        var values: [Float] = []
        values.reserveCapacity(pixels.count)
        for column in 0..<width {
            for row in (0..<height).reversed() {
                values.append(Self.logPower(grey: pixels[row * width + column]))
            }
        }
        return MelSpectrogram(bandCount: height, values: values)
    }

    /// The grey value nearest to a natural logarithm of power; that of silence for one that is not a number.
    public static func grey(logPower: Float) -> UInt8 {
        let level = (logPower - logPowerMin) / (logPowerMax - logPowerMin) * 255
        return level > 0 ? UInt8(min(level.rounded(), 255)) : 0
    }

    /// The natural logarithm of power that a grey value stands for.
    public static func logPower(grey: UInt8) -> Float {
        logPowerMin + Float(grey) / 255 * (logPowerMax - logPowerMin)
    }
}
