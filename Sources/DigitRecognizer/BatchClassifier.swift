import MelSpectrogram
import ResNet

/// A network for many windows at once, each heard as ``ResNetClassifier`` hears one: what is measured of a network, or said of a clip,
/// is what the daemon would say of the same window. (In int8 the first convolution of several windows at once, or on several
/// threads, rounds otherwise than that of one.)
///
/// For one thread at a time, like the network itself.
public struct BatchClassifier {
    private let network: ResNet18
    private let secondLook: SecondLook?

    /// - Parameters:
    ///   - network: of any batch size.
    ///   - temperature: what its logits are divided by before the softmax; over 0.
    ///   - parameters: the front end that its windows come from; nil for one whose windows are no log mel frames: they are heard once.
    public init(_ network: ResNet18, temperature: Float, parameters: MelParameters?) {
        self.network = network
        secondLook = parameters.map { SecondLook(temperature: temperature, parameters: $0) }
    }

    /// The logits of windows that stand one after the other, a row of the network's classes for each: of those that were heard twice
    /// the mean.
    ///
    /// - Parameter windows: any number of whole windows, as `ResNet18.logits(_:into:)` takes them.
    public func logits(_ windows: [Float]) -> [Float] {
        let (size, classes) = (network.shape.inputCount, network.shape.classCount)
        var logits = heard(windows)
        guard let secondLook else { return logits }
        let again = (0..<windows.count / size).filter {
            secondLook.isWanted(after: logits.span.extracting($0 * classes..<($0 + 1) * classes))
        }
        var slower = [Float](repeating: 0, count: again.count * size)
        for (place, window) in again.enumerated() {
            var all = slower.mutableSpan
            var output = all.extracting(place * size..<(place + 1) * size)
            secondLook.apply(windows.span.extracting(window * size..<(window + 1) * size), into: &output)
        }
        let second = heard(slower)
        for (place, window) in again.enumerated() {
            for label in 0..<classes {
                let at = window * classes + label
                logits[at] = (logits[at] + second[place * classes + label]) / 2
            }
        }
        return logits
    }

    private func heard(_ windows: [Float]) -> [Float] {
        var logits = [Float](repeating: 0, count: windows.count / network.shape.inputCount * network.shape.classCount)
        var span = logits.mutableSpan
        network.logits(windows.span, into: &span)
        return logits
    }
}
