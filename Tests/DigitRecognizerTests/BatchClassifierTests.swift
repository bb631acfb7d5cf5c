import DigitRecognizer
import MelSpectrogram
import ResNet
import Testing

/// Many windows at once get the answers that each gets alone from the classifier of `digitd listen`.
@Suite struct BatchClassifierTests {
    private typealias Alone = ResNetClassifierTests

    /// The bars of `ResNetClassifierTests`, which are not certain, paler and paler, and between them windows of one level, which are.
    private static let windows: [[Float]] = (0..<7).map { index in
        isCertain(index) ? .init(repeating: 0, count: 3840) : Alone.bars.map { $0 * (1 - Float(index) / 12) }
    }

    private static func isCertain(_ index: Int) -> Bool { !index.isMultiple(of: 3) }

    @Test(arguments: [1, 4]) func aWindowAmongOthersIsHeardAsAlone(_ batchSize: Int) throws {
        let temperature: Float = 0.6
        func probabilities(_ logits: some Sequence<Float>) -> [Float] { Alone.softmax(logits.map { $0 / temperature }) }
        var weights = try Alone.shippedWeights()
        weights.metadata[ResNetClassifier.temperatureKey] = "\(temperature)"
        let classifier = try ResNetClassifier(weights: weights, precision: .f32)
        let batch = BatchClassifier(
            try ResNet18(weights: weights, batchSize: batchSize), temperature: temperature, parameters: .standard)
        let logits = batch.logits(Self.windows.flatMap { $0 })
        try #require(logits.count == 11 * Self.windows.count)
        for (index, window) in Self.windows.enumerated() {
            let once = probabilities(try Alone.logits(weights, window))
            try #require((once.max()! >= ResNetClassifier.certainty) == Self.isCertain(index), "\(index): \(once)")
            let alone = Alone.probabilities(classifier, window)
            let among = probabilities(logits[index * 11..<(index + 1) * 11])
            #expect((0..<11).allSatisfy { abs(alone[$0] - among[$0]) < 1e-4 }, "\(index): \(among) is not \(alone)")
            let isOnce = (0..<11).allSatisfy { abs(once[$0] - among[$0]) < 1e-3 }
            #expect(isOnce == Self.isCertain(index), "\(index): \(among) after \(once)")
        }
    }

    /// The temperature decides what is certain.
    @Test func theTemperatureDecidesWhatIsHeardAgain() throws {
        let weights = try Alone.shippedWeights()
        let network = try ResNet18(weights: weights)
        let once = try Alone.logits(weights, Alone.bars)
        let certain = BatchClassifier(network, temperature: 0.01, parameters: .standard).logits(Alone.bars)
        #expect((0..<11).allSatisfy { abs(certain[$0] - once[$0]) < 1e-4 })
        let doubtful = BatchClassifier(network, temperature: 1, parameters: .standard).logits(Alone.bars)
        #expect((0..<11).contains { abs(doubtful[$0] - once[$0]) > 0.01 })
    }

    @Test func windowsOfNoLogMelFramesAreHeardOnce() throws {
        let weights = try Alone.shippedWeights()
        let batch = BatchClassifier(try ResNet18(weights: weights), temperature: 1, parameters: nil)
        let once = try Alone.logits(weights, Alone.bars)
        let found = batch.logits(Alone.bars)
        #expect((0..<11).allSatisfy { abs(found[$0] - once[$0]) < 1e-4 })
    }

    @Test func noWindowsHaveNoLogits() throws {
        let batch = BatchClassifier(
            try ResNet18(weights: try Alone.shippedWeights()), temperature: 1, parameters: .standard)
        #expect(batch.logits([]).isEmpty)
    }
}
