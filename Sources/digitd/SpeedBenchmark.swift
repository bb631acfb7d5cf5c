import ArgumentParser
import Foundation
import MelSpectrogram
import ResNet

/// How fast the network and the front end are, for Tools/compare-inference.sh.
struct SpeedBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "speed-benchmark",
        abstract: "Measures the milliseconds of one window, or the speed of the front end.", shouldDisplay: false)

    enum Part: String, ExpressibleByArgument, CaseIterable {
        /// Milliseconds of one window.
        case network
        /// Seconds of sound whose mel frames are computed in a second.
        case frontEnd = "front-end"
    }

    @Argument(help: "network or front-end.") var part: Part
    @OptionGroup var precision: PrecisionOption
    @Option(help: "Threads of the network.") var threads = 1
    @Option(help: "Times to take the median of.") var count = 100
    @Option(help: "Weights file to use instead of the installed one.") var model: String?

    func validate() throws {
        guard (1...1024).contains(threads), (1...100_000).contains(count) else {
            throw ValidationError("Give 1 to 1024 threads and a count of 1 to 100000.")
        }
    }

    func run() throws {
        var noise = SystemRandomNumberGenerator()
        switch part {
        case .network:
            let file = try ModelFile(given: model, precision: precision.chosen)
            let network = try ResNet18(weights: file.weights, threads: threads, precision: file.precision)
            let window = (0..<network.shape.inputCount).map { _ in Float.random(in: -2...2, using: &noise) }
            var logits = [Float](repeating: 0, count: network.shape.classCount)
            let milliseconds = median {
                var span = logits.mutableSpan
                network.logits(window.span, into: &span)
            }
            try StandardOutput.line(String(format: "%.3f", milliseconds))
        case .frontEnd:
            let parameters = MelParameters.standard
            let samples = (0..<60 * parameters.sampleRate).map { _ in Float.random(in: -0.1...0.1, using: &noise) }
            var frames = 0
            let milliseconds = try median {
                frames = try MelSpectrogram(samples: samples, parameters: parameters).frameCount
            }
            guard frames > 0 else { throw CommandFailure(.failed, "The front end gave no frames.") }
            try StandardOutput.line(String(format: "%.1f", 60e3 / milliseconds))
        }
    }

    private func median(_ body: () throws -> Void) rethrows -> Double {
        for _ in 0..<5 { try body() }
        var times: [Double] = []
        for _ in 0..<count {
            let start = DispatchTime.now().uptimeNanoseconds
            try body()
            times.append(Double(DispatchTime.now().uptimeNanoseconds - start) * 1e-6)
        }
        return times.sorted()[count / 2]
    }
}
