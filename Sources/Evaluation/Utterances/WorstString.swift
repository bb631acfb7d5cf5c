import DigitDecoder
import MelSpectrogram
import ResNetTraining

/// An utterance that the network did badly on, with what it saw and where it heard what.
public struct WorstString: Sendable, Equatable {
    /// The recording.
    public var path: String
    /// The words said.
    public var words: [String]
    /// Digits substituted, lost and inserted.
    public var errors: Int
    /// What was heard, in order.
    public var parts: [DecodedPart]
    /// Its frames, normalised, [frames][bands].
    public var frames: [Float]

    /// How many are kept.
    private static let count = 24

    init(_ utterance: TranscribedClip, _ string: JudgedString, _ decoded: DecodedUtterance, frames: [Float]) {
        path = utterance.path
        words = utterance.transcript.words
        errors = DigitStringAlignment(said: string.said, heard: string.heard.map(\.digit)).errors
        parts = decoded.parts
        self.frames = frames
    }

    /// Errors, and between equals the doubt of what was heard.
    var cost: Double { Double(errors) + 0.5 * (1 - (parts.map(\.confidence).min() ?? 1)) }

    /// Adds one, and drops the best of too many.
    static func keep(_ string: WorstString, of worst: inout [WorstString]) {
        worst.append(string)
        guard worst.count > 4 * count else { return }
        worst.sort { ($0.cost, $1.path) > ($1.cost, $0.path) }
        worst.removeLast(worst.count - count)
    }

    /// The frames as a PNG: time from left to right, low frequencies at the bottom, dark is loud.
    func picture() throws(MelError) -> [UInt8] {
        let bands = WindowShape.bands
        let columns = frames.count / bands
        let low = frames.min() ?? 0
        let range = max((frames.max() ?? 1) - low, 1e-6)
        var pixels: [UInt8] = []
        pixels.reserveCapacity(frames.count)
        for band in (0..<bands).reversed() {
            for column in 0..<columns {
                pixels.append(UInt8(max(0, min(255, 255 - (frames[column * bands + band] - low) / range * 255))))
            }
        }
        return try GreyImage(width: columns, height: bands, pixels: pixels).pngBytes()
    }
}
