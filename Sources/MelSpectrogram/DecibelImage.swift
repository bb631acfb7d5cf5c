import Foundation

/// The picture of a sound that the reference recipe learns from: a mel spectrogram in decibels under its own maximum.
///
/// Equal, within one grey level, to
/// `librosa.power_to_db(librosa.feature.melspectrogram(y=y, sr=16000), ref=numpy.max)` stretched to 0...255 and truncated to
/// 8 bits: FFT of 2,048 samples under a periodic Hann window, a frame every 512, the sound padded with zeros so that frame
/// `i` is centred on sample `512 i`, and 128 Slaney bands from 0 to 8,000 Hz. Row 0 is the lowest band.
///
/// Unlike `MelImage` it cannot be turned back into powers, since every sound is stretched to its own range.
public struct DecibelImage: Sendable, Equatable {
    /// Samples a second of the sound, in Hz.
    public static let sampleRate = parameters.sampleRate
    /// What lies further under the maximum is black, in dB.
    public static let decibelRange: Float = 80
    /// Rows of the network's input.
    public static let inputHeight = 16
    /// Columns of the network's input.
    public static let inputWidth = 128

    /// The front end under the picture. Its power floor does nothing: librosa adds none, and cuts at `powerMin`.
    static let parameters = MelParameters(
        sampleRate: 16_000, windowLength: 2048, fftLength: 2048, hopLength: 512, bandCount: 128, lowestFrequency: 0,
        highestFrequency: 8000, powerFloor: .leastNormalMagnitude)
    /// Weaker bands count as this power (librosa's `amin`).
    private static let powerMin: Float = 1e-10

    /// 128 rows, a column a frame.
    public let picture: GreyImage

    /// The picture of a sound.
    /// - Parameter samples: Mono, 16 kHz, -1 to 1; with none the picture has one black column.
    /// - Throws: `MelError.transformUnavailable` without memory.
    public init(samples: [Float]) throws(MelError) {
        let margin = [Float](repeating: 0, count: Self.parameters.fftLength / 2)
        let spectrogram = try MelSpectrogram(samples: margin + samples + margin, parameters: Self.parameters)
        self.init(spectrogram)
    }

    private init(_ s: MelSpectrogram) {
        let powerMin = 10 * log10f(Self.powerMin)
        // 10 log10(p) from ln(p).
        var decibels = s.values.map { max($0 * 10 / logf(10), powerMin) }
        let most = decibels.max() ?? 0
        for index in decibels.indices { decibels[index] = max(decibels[index] - most, -Self.decibelRange) }
        let least = decibels.min() ?? 0

        let (columns, rows) = (s.frameCount, s.bandCount)
        var pixels = [UInt8](repeating: 0, count: columns * rows)
        // A sound of one power throughout, such as digital silence, has no range to stretch: it is black.
        if least < 0 {
            for row in 0..<rows {
                for column in 0..<columns {
                    let share = (decibels[column * rows + row] - least) / -least
                    pixels[row * columns + column] = UInt8(share * 255)
                }
            }
        }
        picture = GreyImage(width: columns, height: rows, pixels: pixels)
    }

    /// Reads such a picture: a PNG of 128 rows and any number of columns up to `GreyImage.widthMax`.
    /// - Throws: `MelError.unreadable` for a path that cannot be read, `MelError.notUsable` for what is not such a PNG.
    public init(contentsOf path: String) throws(MelError) {
        picture = try GreyImage(
            contentsOf: path, rows: Self.parameters.bandCount, madeBy: "digitd mel --recipe seed")
    }

    /// Writes the picture as an 8-bit grey PNG. A file of that name is replaced at once or, on failure, left as it was.
    /// - Throws: `MelError.notWritten`.
    public func write(to path: String) throws(MelError) {
        try picture.write(to: path)
    }

    /// The network's input: the picture resized to 16 rows and 128 columns, 0 to 1, row by row.
    public var window: [Float] {
        picture.resized(width: Self.inputWidth, height: Self.inputHeight).pixels.map { Float($0) / 255 }
    }
}
