import Benchmark
import DigitRecognizer
import Foundation
import MelSpectrogram
import ResNet
import SpeechSegmenter

// The parts of the live path one by one, and all of it. Run with
//
//     DIGITD_BENCHMARKS=1 swift package benchmark
//
// A figure says something only beside another of the same run: machines differ, and so do their days.

/// Noise that is the same in every run.
private func noise(_ count: Int, _ range: ClosedRange<Float>) -> [Float] {
    var state: UInt64 = 1
    return (0..<count).map { _ in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return range.lowerBound + Float(state >> 40) / Float(1 << 24) * (range.upperBound - range.lowerBound)
    }
}

/// The weights that the package ships.
private func shippedWeights() throws -> WeightsFile {
    let package = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..")
    return try WeightsFile(
        contentsOf: package.appending(path: "Sources/digitd/Resources/digits.safetensors").standardized.path)
}

/// Ten seconds: silence with a half second of loud noise in each.
private let stream: [Float] = (0..<10).flatMap { _ in
    noise(2000, -0.001...0.001) + noise(4000, -0.3...0.3) + noise(2000, -0.001...0.001)
}

let benchmarks: @Sendable () -> Void = {
    Benchmark.defaultConfiguration = .init(
        metrics: [.wallClock, .cpuTotal, .peakMemoryResident], warmupIterations: 3, maxDuration: .seconds(3))

    Benchmark("front end, 10 s of sound") { benchmark in
        var frames = try MelFrameStream()
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            frames.process(stream.span) { frame in blackHole(frame[0]) }
        }
    }

    Benchmark("segmenter, 10 s of energies") { benchmark in
        let energies = noise(1000, -60 ... -20)
        for _ in benchmark.scaledIterations {
            var segmenter = SpeechSegmenter(.standard)
            for energy in energies { blackHole(segmenter.advance(energy: energy)) }
        }
    }

    for precision in InferencePrecision.allCases {
        Benchmark("network, one window, \(precision.rawValue)") { benchmark in
            let network: ResNet18
            do throws(WeightsError) {
                network = try ResNet18(weights: try! shippedWeights(), precision: precision)
            } catch {
                return benchmark.error(error.description)
            }
            let window = noise(network.shape.inputCount, -2...2)
            var logits = [Float](repeating: 0, count: network.shape.classCount)
            benchmark.startMeasurement()
            for _ in benchmark.scaledIterations {
                var span = logits.mutableSpan
                network.logits(window.span, into: &span)
            }
            blackHole(logits)
        }
    }

    Benchmark("whole path, 10 s of stream") { benchmark in
        let weights = try shippedWeights()
        var recognizer = try StreamRecognizer(
            classifier: try ResNetClassifier(weights: weights), parameters: try RecognizerParameters(weights: weights))
        benchmark.startMeasurement()
        for _ in benchmark.scaledIterations {
            for start in Swift.stride(from: 0, to: stream.count, by: 800) {
                recognizer.process(stream.span.extracting(start..<start + 800)) { blackHole($0) }
            }
        }
    }
}
