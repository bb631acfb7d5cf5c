import DigitDecoder
import ResNet

/// A network for utterances with its decoder: normalised frames in, what was said out.
///
/// Holds the network's buffers and the decoder's, so make one a thread and keep it.
public struct UtteranceReader {
    /// Where a weights file says how many frames a column of labels stands for.
    public static let framesPerColumnKey = "network.frames_per_column"
    /// How it decodes.
    public let parameters: DecoderParameters
    /// The numbers that the network is computed in.
    public let precision: InferencePrecision
    private let network: UtteranceNetwork
    private var decoder: UtteranceDecoder
    private var posteriors = ColumnPosteriors()
    private var logits: [Float] = []

    /// A reader for a weights file.
    ///
    /// - Parameters:
    ///   - weights: of the recipe for numbers.
    ///   - framesPerColumn: as the file's metadata says, 4 or 8.
    ///   - temperature: divides the logits.
    ///   - acceptPosterior: a digit less sure is not accepted, 0...1.
    ///   - framesMax: the longest utterance, in frames.
    /// - Throws: `WeightsError` for weights that do not fit, or a precision that this CPU or the file lacks.
    public init(
        weights: WeightsFile, framesPerColumn: Int = 4, temperature: Double = 1, acceptPosterior: Double = 0.5,
        framesMax: Int = 1_024, threads: Int = 1, precision: InferencePrecision = .f32
    ) throws(WeightsError) {
        network = try UtteranceNetwork(
            weights: weights, framesPerColumn: framesPerColumn, classCount: UtteranceLabel.labelCount,
            framesMax: framesMax, threads: threads, precision: precision)
        parameters = DecoderParameters(
            temperature: temperature, framesPerColumn: framesPerColumn, acceptPosterior: acceptPosterior)
        self.precision = precision
        decoder = UtteranceDecoder(parameters)
    }

    /// The network's logits, [columns][13], of normalised frames, [frames][bands].
    public mutating func logits(of frames: [Float], bands: Int) -> [Float] {
        compute(frames, bands)
        return logits
    }

    /// What was said in normalised frames, [frames][bands].
    public mutating func read(_ frames: [Float], bands: Int) -> DecodedUtterance {
        compute(frames, bands)
        return decoder.decode(logits, frameCount: frames.count / bands)
    }

    /// The log probabilities that exactly one digit was said, 0...9 ("oh" is 0), and at last that anything else was: a
    /// word that is no digit, several, or nothing.
    public mutating func clipLogits(of frames: [Float], bands: Int) -> [Float] {
        compute(frames, bands)
        let heard = logits
        posteriors.assign(logits: heard.span, temperature: parameters.temperature)
        return CTCSingleLabel.clipLogits(posteriors)
    }

    private mutating func compute(_ frames: [Float], _ bands: Int) {
        let columns = UtteranceNetwork.columnCount(
            frames: frames.count / bands, framesPerColumn: parameters.framesPerColumn)
        let count = columns * UtteranceLabel.labelCount
        // Taken out while the network, which is part of self too, fills it.
        var filled: [Float] = []
        swap(&filled, &logits)
        if filled.count != count { filled = [Float](repeating: 0, count: count) }
        var span = filled.mutableSpan
        network.logits(frames.span, into: &span)
        swap(&filled, &logits)
    }
}
