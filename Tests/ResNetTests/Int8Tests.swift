import Foundation
import Testing

@testable import ResNet

/// The network in 8-bit integers against the one in f32.
struct Int8Tests {
    private func logits(_ network: ResNet18, _ windows: [Float]) -> [[Float]] {
        let count = windows.count / ResNet18Topology.inputCount
        var result = [Float](repeating: .nan, count: count * ResNet18Topology.classCount)
        var span = result.mutableSpan
        network.logits(windows.span, into: &span)
        let classes = ResNet18Topology.classCount
        return (0..<count).map { Array(result[$0 * classes..<($0 + 1) * classes]) }
    }

    private func probabilities(_ logits: [Float]) -> [Float] {
        let largest = logits.max() ?? 0
        let powers = logits.map { expf($0 - largest) }
        return powers.map { $0 / powers.reduce(0, +) }
    }

    @Test func shippedNetworkAnswersAsInF32() throws {
        let weights = try shippedNetwork.get()
        let windows = try GoldenLogits(named: "shipped").inputs()
        let exact = logits(try ResNet18(weights: weights), windows)
        let found = logits(try ResNet18(weights: weights, precision: .int8), windows)
        for (exact, found) in zip(exact, found) {
            let (p, q) = (probabilities(exact), probabilities(found))
            let difference = zip(p, q).map { abs($0 - $1) }.max() ?? 1
            #expect(difference < 0.05, "\(p) and \(q)")
        }
        #expect(exact != found, "int8 is really used")
    }

    @Test(arguments: [(2, 1), (5, 2)])
    func answersDoNotDependOnBatchesAndThreads(batchSize: Int, threads: Int) throws {
        let weights = try shippedNetwork.get()
        let windows = try GoldenLogits(named: "shipped").inputs()
        let one = logits(try ResNet18(weights: weights, precision: .int8), windows)
        let many = logits(
            try ResNet18(weights: weights, batchSize: batchSize, threads: threads, precision: .int8), windows)
        // The stem's sums may be rounded otherwise, and so now and then an integer.
        for (one, many) in zip(one, many) {
            #expect((zip(one, many).map { abs($0 - $1) }.max() ?? 9) < 0.2)
        }
    }

    @Test func everyLayerHasAFastImplementation() throws {
        guard try InferencePrecision.fastest(for: shippedNetwork.get()) == .int8 else { return }
        let network = try ResNet18(weights: shippedNetwork.get(), precision: .int8)
        for operation in network.operations {
            #expect(!operation.implementation.hasPrefix("ref"), "\(operation.name): \(operation.implementation)")
        }
    }

    @Test func weightsWithoutRangesAreRefused_andComputedOtherwiseByDefault() throws {
        let error = #expect(throws: WeightsError.self) { try ResNet18(weights: goldenNetwork, precision: .int8) }
        #expect(error?.description.contains("int8.activation_maxima") == true)
        #expect(try InferencePrecision.fastest(for: goldenNetwork) != .int8)
    }

    @Test func bf16IsAsGoodAsItsDigits_orRefused() throws {
        let golden = try GoldenLogits(named: "lcg")
        do throws(WeightsError) {
            let found = logits(try ResNet18(weights: goldenNetwork, precision: .bf16), (try? golden.inputs()) ?? [])
            for (exact, found) in zip(golden.logits, found) {
                let scale = exact.map(abs).max() ?? 1
                #expect((zip(exact, found).map { abs($0 - $1) }.max() ?? 9) < 0.1 * max(scale, 1))
            }
        } catch {
            #expect(error == .unusablePrecision(.bf16, problem: "this CPU does not multiply bf16; use int8 or f32"))
        }
    }

    // MARK: - Ranges

    @Test func rangesSurviveTheMetadata() throws {
        let ranges = ActivationRanges(
            maxima: Dictionary(
                uniqueKeysWithValues: ActivationRanges.names.enumerated().map { ($1, Float($0) * 0.1 + 0.3) }))
        #expect(try ActivationRanges(metadata: ranges.metadata) == ranges)
        #expect(try ActivationRanges(metadata: ["labels": "0"]) == nil)
        #expect(ActivationRanges.names.count == 20, "the pooled stem, 16 convolutions and 3 shortcuts")
    }

    @Test(arguments: ["", "maxpool", "maxpool=x", "maxpool=0", "maxpool=-1", "maxpool=inf", "maxpool=nan", "maxpool=1"])
    func rangesThatAreNoneAreRefused(text: String) {
        #expect(throws: WeightsError.self) { try ActivationRanges(metadata: [ActivationRanges.metadataKey: text]) }
    }

    @Test func measuredRangesMakeTheNetworkRun() throws {
        let golden = try GoldenLogits(named: "lcg")
        let windows = try golden.inputs()
        var weights = goldenNetwork
        let ranges = try ActivationRanges.measured(on: windows.span, weights: weights)
        #expect(Set(ranges.maxima.keys) == Set(ActivationRanges.names))
        weights.metadata.merge(ranges.metadata) { $1 }
        let found = logits(try ResNet18(weights: weights, precision: .int8), windows)
        // Weights of noise are the worst case: nothing in them is redundant.
        for (exact, found) in zip(golden.logits, found) {
            let scale = exact.map(abs).max() ?? 1
            #expect((zip(exact, found).map { abs($0 - $1) }.max() ?? 9) < 0.2 * scale, "\(exact) and \(found)")
        }
    }

    @Test func rangeOfFewLargeValuesCutsThemOff_andOfEvenValuesDoesNot() {
        var even = MagnitudeHistogram()
        var skewed = MagnitudeHistogram()
        let values = (1...10_000).map { Float($0) * 0.001 }
        values.withUnsafeBufferPointer { even.add($0) }
        (values.map { $0 * 0.1 } + [-2]).withUnsafeBufferPointer { skewed.add($0) }
        #expect(abs(even.bestMaximum(steps: 255) - 10) < 0.2)
        #expect((0.9..<1.9).contains(skewed.bestMaximum(steps: 15)))
        #expect(MagnitudeHistogram().bestMaximum(steps: 255) == 1, "nothing but zeros")
        var broken = MagnitudeHistogram()
        [.nan, 2, -.infinity, 0].withUnsafeBufferPointer { broken.add($0) }
        #expect(abs(broken.bestMaximum(steps: 255) - 2) < 0.01)
    }

    // MARK: - Weights

    @Test func integersFitPairsOf16Bits_andStandForTheirWeights() {
        var generator = LCG(seed: 5)
        let shape = [6, 8, 3, 3]
        var kernel = (0..<shape.reduce(1, *)).map { _ in generator.next() }
        // A channel of zeros, and one whose neighbours are all at the limit with one sign.
        for i in 0..<72 { kernel[72 + i] = 0 }
        for i in 0..<72 { kernel[144 + i] = 0.5 }
        let folded = FoldedConvolution(shape: shape, weights: kernel, bias: [Float](repeating: 1, count: 6))
        let input = QuantizedRange.positive(2)
        let output = QuantizedRange.positive(4)
        let quantized = QuantizedConvolution(folded, input: input, output: output)
        for channel in 0..<6 {
            let step = quantized.scales[channel] * output.step / input.step
            for i in 0..<72 {
                let value = Float(quantized.weights[channel * 72 + i]) * step
                #expect(abs(value - kernel[channel * 72 + i]) <= step * 0.501)
            }
            for pair in stride(from: 0, to: 8, by: 2) {
                for i in 0..<9 {
                    let a = Int(quantized.weights[channel * 72 + pair * 9 + i])
                    let b = Int(quantized.weights[channel * 72 + (pair + 1) * 9 + i])
                    let largest = max(max(a, 0) + max(b, 0), max(-a, 0) + max(-b, 0))
                    #expect(largest * 255 <= Int(Int16.max))
                }
            }
        }
        #expect(quantized.bias.allSatisfy { abs($0 - 255 / 4) < 1e-3 })
    }
}
