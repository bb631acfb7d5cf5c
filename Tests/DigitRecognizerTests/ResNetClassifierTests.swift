import DigitRecognizer
import Foundation
import MelSpectrogram
import ResNet
import Testing

@Suite struct ResNetClassifierTests {
    /// The network that ships.
    private static let shipped = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Sources/digitd/Resources/digits.safetensors").path

    /// A network of small numbers without meaning.
    static func weights(_ metadata: [String: String]) -> WeightsFile {
        var weights = WeightsFile(metadata: metadata)
        var state: UInt32 = 1
        for (name, shape) in ResNet18Topology.parameters {
            let count = shape.reduce(1, *)
            let values: [Float] = (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                let unit = Float(state >> 8) / Float(1 << 24)
                return name.hasSuffix("running_var") ? 1 : (unit - 0.5) * (name.hasPrefix("fc") ? 1 : 0.1)
            }
            weights.tensors[name] = WeightTensor(shape: shape, values: values)
        }
        return weights
    }

    @Test func probabilitiesAreTheSoftmaxAtTheTemperature() throws {
        var metadata = MelParameters.standard.metadata
        let plain = try ResNetClassifier(weights: Self.weights(metadata))
        metadata[ResNetClassifier.temperatureKey] = "2"
        let warm = try ResNetClassifier(weights: Self.weights(metadata))
        #expect(plain.temperature == 1 && warm.temperature == 2)
        let window = (0..<3840).map { Float(($0 * 7919) % 97) / 48 - 1 }

        let (cold, mild) = (Self.probabilities(plain, window), Self.probabilities(warm, window))
        #expect(abs(cold.reduce(0, +) - 1) < 1e-5 && abs(mild.reduce(0, +) - 1) < 1e-5)
        // p2 is proportional to the square root of p1.
        let roots = cold.map { $0.squareRoot() }
        let sum = roots.reduce(0, +)
        for index in 0..<11 { #expect(abs(mild[index] - roots[index] / sum) < 1e-4) }
    }

    /// Two bars that rise, a word that is none of the ten: a window that the network hears otherwise when it is slower.
    static let bars = (0..<3840).map { index -> Float in
        let (band, frame) = (index / 96, index % 96)
        guard (30..<66).contains(frame) else { return -0.7 }
        return (band - frame / 3).magnitude < 3 || (band - frame / 6).magnitude < 2 ? 2.5 : -0.4
    }

    /// The bars' probabilities heard once, and heard at both speeds, by plain calls of the network.
    private static func heard(_ weights: WeightsFile) throws -> (once: [Float], twice: [Float]) {
        var slower = [Float](repeating: 0, count: bars.count)
        var output = slower.mutableSpan
        SpeedWarp(speed: ResNetClassifier.otherSpeed).apply(bars.span, into: &output)
        let (own, other) = try (logits(weights, bars), logits(weights, slower))
        return (softmax(own), softmax(zip(own, other).map { ($0 + $1) / 2 }))
    }

    /// The network that ships, at a temperature of 1.
    static func shippedWeights() throws -> WeightsFile {
        var weights = try WeightsFile(contentsOf: shipped)
        weights.metadata[ResNetClassifier.temperatureKey] = "1"
        return weights
    }

    /// A window is heard at two speeds: the softmax of the mean of the network's logits of it and of its slower self.
    @Test func windowsAreHeardAtTwoSpeeds() throws {
        let weights = try Self.shippedWeights()
        let (once, twice) = try Self.heard(weights)
        try #require(once.max()! < ResNetClassifier.certainty)
        try #require((0..<11).contains { abs(once[$0] - twice[$0]) > 0.01 }, "the other speed says something else")
        let found = try Self.probabilities(ResNetClassifier(weights: weights, precision: .f32), Self.bars)
        #expect((0..<11).allSatisfy { abs(found[$0] - twice[$0]) < 1e-5 }, "\(found) is not \(twice)")
    }

    /// What is certain at its own speed stays as it is, whatever it is at another.
    @Test(arguments: [3, 10]) func whatIsCertainIsHeardOnce(_ label: Int) throws {
        var weights = try Self.shippedWeights()
        // As much bias as makes it 0.995 certain of the label.
        let plain = Self.softmax(try Self.logits(weights, Self.bars))[label]
        weights.tensors["fc.bias"]?.values[label] += logf(199 * (1 - plain) / plain)
        let (once, twice) = try Self.heard(weights)
        try #require(once[label] > ResNetClassifier.certainty)
        try #require(abs(once[label] - twice[label]) > 1e-4, "the other speed says something else")
        let found = try Self.probabilities(ResNetClassifier(weights: weights, precision: .f32), Self.bars)
        #expect((0..<11).allSatisfy { abs(found[$0] - once[$0]) < 1e-6 }, "\(found) is not \(once)")
    }

    static func logits(_ weights: WeightsFile, _ window: [Float]) throws -> [Float] {
        var logits = [Float](repeating: 0, count: 11)
        var span = logits.mutableSpan
        try ResNet18(weights: weights, precision: .f32).logits(window.span, into: &span)
        return logits
    }

    static func softmax(_ logits: [Float]) -> [Float] {
        let powers = logits.map { expf($0 - (logits.max() ?? 0)) }
        let sum = powers.reduce(0, +)
        return powers.map { $0 / sum }
    }

    static func probabilities(_ classifier: ResNetClassifier, _ window: [Float]) -> [Float] {
        var result = Array(repeating: Float(0), count: 11)
        var span = result.mutableSpan
        classifier.classify(window.span, into: &span)
        return result
    }

    @Test func logitsThatAreNotFiniteMeanNotADigit() throws {
        var weights = Self.weights(MelParameters.standard.metadata)
        weights.tensors["fc.weight"]?.values = [Float](repeating: 3e38, count: 11 * 512)
        let classifier = try ResNetClassifier(weights: weights)
        let window = (0..<3840).map { Float(($0 * 7919) % 97) / 48 - 1 }
        var found = [Float](repeating: -1, count: 11)
        var span = found.mutableSpan
        classifier.classify(window.span, into: &span)
        #expect(found == [Float](repeating: 0, count: 10) + [1])
    }

    @Test func thresholdsComeFromTheMetadata() throws {
        #expect(try RecognizerParameters(weights: WeightsFile()).acceptPosterior == 0.85)
        let parameters = try RecognizerParameters(weights: WeightsFile(metadata: ["threshold.accept": "0.985"]))
        #expect(parameters.acceptPosterior == 0.985)
        #expect(parameters.earlyPosterior == 0.985)
    }

    @Test func numbersForRunsComeFromTheMetadata() throws {
        let metadata = ["runs.goodness_minimum": "0.75", "runs.member_minimum": "12", "runs.window_maximum": "0"]
        var expected = RunParameters()
        expected.goodnessMinimum = 0.75
        expected.memberMinimum = 12
        expected.windowMaximum = 0
        #expect(try RecognizerParameters(weights: WeightsFile(metadata: metadata)).runs == expected)
        #expect(try RecognizerParameters(weights: WeightsFile()).runs == RunParameters())
        #expect(throws: RecognizerError.self) {
            try RecognizerParameters(weights: WeightsFile(metadata: ["runs.goodness_minimum": "1.1"]))
        }
    }

    @Test(arguments: ["x", "", "nan", "-1", "1.5"]) func thresholdThatIsNoneIsRefused(_ text: String) {
        #expect(
            throws: RecognizerError.metadata(key: "threshold.accept", value: text, allowed: "a number from 0.0 to 1.0")
        ) {
            try RecognizerParameters(weights: WeightsFile(metadata: ["threshold.accept": text]))
        }
    }

    @Test func weightsWithoutFrontEndAreRefused() {
        #expect(throws: RecognizerError.self) { try ResNetClassifier(weights: Self.weights([:])) }
    }
}
