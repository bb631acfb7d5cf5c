import DigitDecoder
import MelSpectrogram
import ResNet

/// What hears words in an utterance. The network is one; tests bring their own.
public protocol UtteranceScorer: AnyObject {
    /// Frames (10 ms each) from one column of logits to the next.
    var framesPerColumn: Int { get }
    /// Divides the logits, so that a softmax of them is a probability; over 0.
    var temperature: Double { get }

    /// Scores an utterance.
    ///
    /// - Parameters:
    ///   - frames: normalised log-mel frames one after the other, [frames][40], lowest band first; at least one frame,
    ///     at most ``UtteranceRecognizer/framesMax``.
    ///   - logits: filled with [columns][13], a column each `framesPerColumn` frames begun; the labels are
    ///     `UtteranceLabel`'s.
    func score(_ frames: Span<Float>, into logits: inout MutableSpan<Float>)
}

/// The ResNet18 for utterances as a scorer.
///
/// For one thread at a time, like the network itself. A call takes about a millisecond a second of sound in int8.
public final class NetworkScorer: UtteranceScorer {
    /// The metadata key of the frames of a column.
    public static let framesPerColumnKey = "network.frames_per_column"
    /// The metadata key of the temperature.
    public static let temperatureKey = "calibration.temperature"

    /// Frames from one column of logits to the next, 4 or 8.
    public let framesPerColumn: Int
    /// Divides the logits.
    public let temperature: Double
    /// The front end that the network was trained with.
    public let frontEnd: MelParameters
    private let network: UtteranceNetwork

    /// Whether a weights file is of such a network: its labels say so.
    public static func isFor(_ weights: WeightsFile) -> Bool {
        weights.metadata["labels"] == UtteranceLabel.allCases.map(\.name).joined(separator: ",")
    }

    /// Builds the network of a weights file. Without a temperature in the metadata, 1 is used.
    ///
    /// - Parameter precision: what to compute in; nil for the fastest that the CPU and the weights allow.
    public init(
        weights: WeightsFile, threads: Int = 1, precision: InferencePrecision? = nil
    ) throws(RecognizerError) {
        // Frames are those of windows; what becomes of them is this kind's own.
        var metadata = weights.metadata
        for (key, value) in UtteranceFrames.metadata {
            guard metadata[key] == value else {
                throw .metadata(key: key, value: metadata[key] ?? "", allowed: value)
            }
            metadata[key] = MelParameters.standard.metadata[key]
        }
        do { frontEnd = try MelParameters(metadata: metadata) } catch { throw .frontEnd(error) }
        let frames = try weights.number(Self.framesPerColumnKey, in: 4...8) ?? 4
        guard frames == 4 || frames == 8 else {
            throw .metadata(key: Self.framesPerColumnKey, value: "\(frames)", allowed: "4 or 8")
        }
        framesPerColumn = Int(frames)
        temperature = Double(try weights.number(Self.temperatureKey, in: 0.01...100) ?? 1)
        do throws(WeightsError) {
            let precision = if let precision { precision } else { try InferencePrecision.fastest(for: weights) }
            network = try UtteranceNetwork(
                weights: weights, framesPerColumn: framesPerColumn, classCount: UtteranceLabel.labelCount,
                framesMax: UtteranceRecognizer.framesMax, threads: threads, precision: precision)
        } catch {
            throw .weights(error)
        }
    }

    /// Scores an utterance.
    public func score(_ frames: Span<Float>, into logits: inout MutableSpan<Float>) {
        network.logits(frames, into: &logits)
    }
}
