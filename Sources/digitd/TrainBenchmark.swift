import ArgumentParser
import ResNetTraining

/// Training throughput, for Tools/compare-training.sh.
struct TrainBenchmark: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train-benchmark", abstract: "Measures how many windows a second this machine trains.",
        shouldDisplay: false)

    @Option(help: "Windows a step.") var batchSize = 64
    @Option(help: "Threads.") var threads = 2
    @Option(help: "Arithmetic: f32 or bf16.") var precision = "f32"
    @Option(help: "Steps to take the median of.") var steps = 5

    func validate() throws {
        guard (2...4096).contains(batchSize), (1...1024).contains(threads), (1...10_000).contains(steps) else {
            throw ValidationError("Give 2 to 4096 windows a step, 1 to 1024 threads and 1 to 10000 steps.")
        }
        guard TrainingPrecision(rawValue: precision) != nil else {
            throw ValidationError("--precision is f32 or bf16.")
        }
    }

    func run() throws {
        let rate = try TrainingBenchmark.run(
            batchSize: batchSize, threads: threads, precision: TrainingPrecision(rawValue: precision)!, steps: steps)
        print(Double((rate * 100).rounded()) / 100)
    }
}
