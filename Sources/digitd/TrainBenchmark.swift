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

    @Option(help: "Frames of a row of utterances; without it windows are measured.") var frames: Int?
    @Option(help: "Frames for each column of logits, 4 or 8.") var framesPerColumn = 4

    func validate() throws {
        guard (2...4096).contains(batchSize), (1...1024).contains(threads), (1...10_000).contains(steps) else {
            throw ValidationError("Give 2 to 4096 windows a step, 1 to 1024 threads and 1 to 10000 steps.")
        }
        guard (32...4096).contains(frames ?? 32), [4, 8].contains(framesPerColumn) else {
            throw ValidationError("Give 32 to 4096 frames a row, and 4 or 8 a column.")
        }
        guard TrainingPrecision(rawValue: precision) != nil else {
            throw ValidationError("--precision is f32 or bf16.")
        }
    }

    func run() throws {
        let arithmetic = TrainingPrecision(rawValue: precision)!
        let rate =
            if let frames {
                try TrainingBenchmark.run(
                    rows: batchSize, frames: frames, framesPerColumn: framesPerColumn, threads: threads,
                    precision: arithmetic, steps: steps)
            } else {
                try TrainingBenchmark.run(
                    batchSize: batchSize, threads: threads, precision: arithmetic, steps: steps)
            }
        print(Double((rate * 100).rounded()) / 100)
    }
}
