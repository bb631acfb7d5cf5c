import Foundation
import ResNet
import ResNetTraining

/// The trainer's progress in words.
struct TrainingReport {
    private var progress = ProgressLine(plainSeconds: 10)
    /// What each line begins with.
    var prefix = ""

    /// A training run goes on when nobody reads its progress any more.
    mutating func show(_ event: TrainingProgress) {
        switch event {
        case .note(let text): try? progress.line(prefix + text)
        case .step(let epoch, let step, let steps, let loss, let rate, let left):
            try? progress.update(
                "\(prefix)epoch \(epoch) step \(step)/\(steps)  loss \(Self.decimal(loss))  \(Int(rate)) windows/s  "
                    + "\(ProgressLine.duration(left)) left")
        case .epoch(let metrics):
            try? progress.line(
                "\(prefix)epoch \(metrics.epoch)  loss \(Self.decimal(metrics.trainingLoss))  "
                    + "validation loss \(Self.decimal(metrics.validationLoss))  "
                    + "right \(Self.percent(metrics.validationAccuracy))  digits \(Self.percent(metrics.digitAccuracy))  "
                    + "\(Int(metrics.windowsPerSecond)) windows/s  \(ProgressLine.duration(metrics.seconds))")
        }
    }

    /// A line of its own.
    mutating func line(_ text: String) { try? progress.line(text) }

    mutating func clear() throws { try progress.clear() }

    mutating func finish(_ weights: WeightsFile, _ output: String) throws {
        func share(_ key: String) -> String { Self.percent(weights.metadata[key].flatMap(Double.init) ?? 0) }
        let result =
            weights.metadata["accuracy.validation_strings"] == nil
            ? "\(share("accuracy.validation")) of the validation windows right"
            : "\(share("accuracy.validation_strings")) of the validation utterances exactly right"
        try progress.line("\(output) written, \(result)")
    }

    private static func decimal(_ value: some CVarArg) -> String { String(format: "%.4f", value) }
    private static func percent(_ value: Double) -> String { String(format: "%.2f %%", value * 100) }
}
