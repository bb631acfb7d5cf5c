import DigitRecognizer
import MelSpectrogram
import ResNet
import Testing

/// Many windows at once get the answers that each gets alone from the classifier of `digitd listen`.
@Suite struct BatchClassifierTests {
    private typealias Alone = ResNetClassifierTests

    /// The bars of `ResNetClassifierTests`, which are not certain, paler and paler, and between them windows of one level, which are.
    private static let windows: [[Float]] = (0..<7).map { index in
        index.isMultiple(of: 3) ? Alone.bars.map { $0 * (1 - Float(index) / 12) } : .init(repeating: 0, count: 3840)
    }

    @Test(arguments: [1, 4]) func aWindowAmongOthersIsHeardAsAlone(_ batchSize: Int) throws {
        let weights = try Alone.shippedWeights()
        let classifier = try ResNetClassifier(weights: weights, precision: .f32)
        let batch = BatchClassifier(
            try ResNet18(weights: weights, batchSize: batchSize), temperature: 1, parameters: .standard)
        let logits = batch.logits(Self.windows.flatMap { $0 })
        try #require(logits.count == 11 * Self.windows.count)
        var heardTwice = 0
        for (index, window) in Self.windows.enumerated() {
            let alone = Alone.probabilities(classifier, window)
            let among = Alone.softmax(Array(logits[index * 11..<(index + 1) * 11]))
            #expect((0..<11).allSatisfy { abs(alone[$0] - among[$0]) < 1e-4 }, "\(index): \(among) is not \(alone)")
            let once = Alone.softmax(try Alone.logits(weights, window))
            if (0..<11).contains(where: { abs(once[$0] - among[$0]) > 1e-3 }) { heardTwice += 1 }
        }
        #expect((1..<7).contains(heardTwice), "some windows are heard twice, others once")
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
