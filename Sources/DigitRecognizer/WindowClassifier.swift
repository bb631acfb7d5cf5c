import Glibc
import MelSpectrogram
import ResNet

/// What tells digits from windows. The network is one; tests bring their own.
public protocol WindowClassifier {
    /// Classifies one utterance.
    ///
    /// - Parameters:
    ///   - window: 40 x 96 numbers as ``UtteranceWindow`` fills them: row = band, lowest first; column = frame.
    ///   - probabilities: to be filled with 11 calibrated probabilities that add up to 1: digits 0 to 9, then "not a digit".
    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>)
}

/// Why a network cannot be used for recognition.
public enum RecognizerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The weights file's tensors.
    case weights(WeightsError)
    /// The weights file's front end.
    case frontEnd(MelError)
    /// A number of the weights file's metadata that is missing its range.
    case metadata(key: String, value: String, allowed: String)

    /// One sentence.
    public var description: String {
        switch self {
        case .weights(let error): error.description
        case .frontEnd(let error): error.description
        case .metadata(let key, let value, let allowed):
            "The weights file says \(key) = \"\(value)\", where \(allowed) is needed; use another weights file."
        }
    }
}

/// The ResNet18 as a classifier: softmax(logits / temperature) of a window as it is and, where that is not certain, said slower too.
///
/// For one thread at a time, like the network itself. A call takes one or two forward passes of the network (milliseconds).
public struct ResNetClassifier: WindowClassifier {
    /// The metadata key of the temperature.
    public static let temperatureKey = "calibration.temperature"
    /// The other speed that a window is heard at.
    public static let otherSpeed = SecondLook.speed
    /// From this probability of any label on a window is not heard again.
    public static let certainty = SecondLook.certainty

    private let network: ResNet18
    private let secondLook: SecondLook
    private let buffers: Buffers
    /// What the logits are divided by before the softmax, so that confidences come true; over 0.
    public var temperature: Float { secondLook.temperature }
    /// The front end that the network was trained with.
    public let parameters: MelParameters

    /// Room for the window at the other speed, so that a call allocates nothing.
    private final class Buffers {
        var window: [Float]
        var logits: [Float]

        init(_ windowCount: Int, _ classCount: Int) {
            window = Array(repeating: 0, count: windowCount)
            logits = Array(repeating: 0, count: classCount)
        }
    }

    /// Builds the network of a weights file; takes about 0.1 s. Without a temperature in the metadata, 1 is used.
    ///
    /// - Parameter precision: what to compute in; nil for the fastest that the CPU and the weights allow.
    public init(
        weights: WeightsFile, threads: Int = 1, precision: InferencePrecision? = nil
    ) throws(RecognizerError) {
        do { parameters = try MelParameters(metadata: weights.metadata) } catch { throw .frontEnd(error) }
        let temperature = try weights.number(Self.temperatureKey, in: 0.01...100) ?? 1
        do throws(WeightsError) {
            let precision = if let precision { precision } else { try InferencePrecision.fastest(for: weights) }
            network = try ResNet18(weights: weights, threads: threads, precision: precision)
        } catch {
            throw .weights(error)
        }
        secondLook = SecondLook(temperature: temperature, parameters: parameters)
        buffers = Buffers(parameters.bandCount * parameters.windowFrames, Posterior.classCount)
    }

    /// Classifies one utterance.
    public func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        network.logits(window, into: &probabilities)
        if secondLook.isWanted(after: probabilities.span) {
            for index in probabilities.indices { buffers.logits[index] = probabilities[index] }
            Self.hear(window, secondLook, network, &buffers.window, &probabilities)
            for index in probabilities.indices {
                probabilities[index] = (probabilities[index] + buffers.logits[index]) / 2
            }
        }
        softmax(&probabilities)
    }

    // Static, with the buffer for an argument: its spans would else outlive the access to the class.
    private static func hear(
        _ window: Span<Float>, _ secondLook: SecondLook, _ network: ResNet18, _ changed: inout [Float],
        _ logits: inout MutableSpan<Float>
    ) {
        var output = changed.mutableSpan
        secondLook.apply(window, into: &output)
        network.logits(changed.span, into: &logits)
    }

    /// Makes probabilities of logits.
    private func softmax(_ logits: inout MutableSpan<Float>) {
        let (largest, sum) = secondLook.softmaxTerms(logits.span)
        // Weights whose sums overflow say nothing about the word.
        guard sum.isFinite, sum > 0 else {
            for index in logits.indices { logits[index] = index == logits.count - 1 ? 1 : 0 }
            return
        }
        for index in logits.indices { logits[index] = expf((logits[index] - largest) / temperature) / sum }
    }
}

extension WeightsFile {
    /// A number of the metadata; nil where the key is absent.
    func number(_ key: String, in range: ClosedRange<Float>) throws(RecognizerError) -> Float? {
        guard let text = metadata[key] else { return nil }
        guard let value = Float(text), range.contains(value) else {
            throw .metadata(
                key: key, value: text, allowed: "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }
}
