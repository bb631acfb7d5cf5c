import DigitRecognizer
import MelSpectrogram
import ResNet
import Testing

@Suite struct ResNetClassifierTests {
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

        func probabilities(_ classifier: ResNetClassifier) -> [Float] {
            var result = Array(repeating: Float(0), count: 11)
            var span = result.mutableSpan
            classifier.classify(window.span, into: &span)
            return result
        }
        let (cold, mild) = (probabilities(plain), probabilities(warm))
        #expect(abs(cold.reduce(0, +) - 1) < 1e-5 && abs(mild.reduce(0, +) - 1) < 1e-5)
        // p2 is proportional to the square root of p1.
        let roots = cold.map { $0.squareRoot() }
        let sum = roots.reduce(0, +)
        for index in 0..<11 { #expect(abs(mild[index] - roots[index] / sum) < 1e-4) }
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
