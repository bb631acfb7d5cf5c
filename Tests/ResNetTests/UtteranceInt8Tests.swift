import CSmallConvolution
import Foundation
import Testing

@testable import ResNet

/// The fully convolutional network in 8-bit integers and in bf16 against the one in f32.
struct UtteranceInt8Tests {
    private func utterances() throws -> [[Float]] {
        // The golden windows of real speech, [40][96], turned to frames: three in a row, each, and the beginning of
        // each.
        let windows = try GoldenLogits(named: "shipped").inputs()
        let frames: [[Float]] = (0..<windows.count / 3840).map { window in
            (0..<3840).map { (i: Int) -> Float in windows[window * 3840 + i % 40 * 96 + i / 40] }
        }
        let row: [Float] = Array(frames.prefix(3).joined())
        let beginnings: [[Float]] = frames.map { Array($0.prefix(40 * 37)) }
        return [row] + frames + beginnings
    }

    /// The shipped weights with ranges that fit the other strides.
    private func weights(_ framesPerColumn: Int) throws -> WeightsFile {
        var weights = try shippedNetwork.get()
        let ranges = try ActivationRanges.measured(
            onUtterances: utterances(), weights: weights, framesPerColumn: framesPerColumn)
        #expect(Set(ranges.maxima.keys) == Set(ActivationRanges.names))
        #expect(ranges.maxima.values.allSatisfy { $0 > 0.01 && $0 < 1000 })
        weights.metadata.merge(ranges.metadata) { $1 }
        return weights
    }

    private func classCount(_ weights: WeightsFile) -> Int { weights.tensors["fc.bias"]?.shape[0] ?? 0 }

    @Test(arguments: [4, 8])
    func logitsAreNearThoseOfF32_andTheSameOnAllVectors(framesPerColumn: Int) throws {
        let weights = try weights(framesPerColumn)
        let classCount = classCount(weights)
        let exact = try UtteranceNetwork(weights: weights, framesPerColumn: framesPerColumn, classCount: classCount)
        let vectors = vectorsHere(drc_s8).sorted { $0.rawValue > $1.rawValue }
        let networks = try vectors.map {
            try UtteranceNetwork(
                weights: weights, framesPerColumn: framesPerColumn, classCount: classCount, precision: .int8,
                vectors: $0)
        }
        var (square, power) = (Float(0), Float(0))
        for utterance in try utterances() {
            let expected = exact.logits(utterance)
            let found = networks.map { $0.logits(utterance) }
            for (vectors, logits) in zip(vectors, found) where logits != found[0] {
                // The last layer is in f32, whose sums are rounded in another order with other vectors.
                #expect(largestDifference(logits, found[0]) < 1e-4, "vectors \(vectors.rawValue)")
            }
            for (a, b) in zip(expected.joined(), found[0].joined()) {
                square += (a - b) * (a - b)
                power += a * a
            }
        }
        #expect(square > 0, "int8 is really used")
        #expect(square < 0.003 * power, "\(square / power)")
    }

    @Test(arguments: [4, 8])
    func bf16IsNearF32_orRefused(framesPerColumn: Int) throws {
        let weights = try shippedNetwork.get()
        let classCount = classCount(weights)
        let exact = try UtteranceNetwork(weights: weights, framesPerColumn: framesPerColumn, classCount: classCount)
        do throws(WeightsError) {
            let network = try UtteranceNetwork(
                weights: weights, framesPerColumn: framesPerColumn, classCount: classCount, precision: .bf16)
            for utterance in (try? utterances()) ?? [] {
                let (expected, found) = (exact.logits(utterance), network.logits(utterance))
                let scale = expected.joined().map(abs).max() ?? 0
                #expect(expected != found, "bf16 is really used")
                #expect(largestDifference(expected, found) < 0.03 * scale, "\(utterance.count / 40) frames")
            }
        } catch {
            #expect(error == .unusablePrecision(.bf16, problem: "this CPU does not multiply bf16; use int8 or f32"))
        }
    }

    @Test func silenceAndInfinityDoNotTrap() throws {
        let weights = try weights(4)
        let network = try UtteranceNetwork(
            weights: weights, classCount: classCount(weights), precision: .int8)
        for value: Float in [0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNonzeroMagnitude] {
            let found = network.logits([Float](repeating: value, count: 40 * 33))
            #expect(!found.joined().contains { !$0.isFinite }, "\(value)")
        }
    }
}
