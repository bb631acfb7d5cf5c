/// One row of the metrics file.
public struct EpochMetrics: Sendable, Equatable {
    /// From 1.
    public var epoch: Int
    /// Of the epoch's last step.
    public var learningRate: Float
    /// Mean over the epoch, in nats, against smoothed labels.
    public var trainingLoss: Double
    /// Share of augmented windows labelled right while training.
    public var trainingAccuracy: Double
    /// Mean cross-entropy over the validation windows, in nats.
    public var validationLoss: Double
    /// Share of all validation windows labelled right, other words included.
    public var validationAccuracy: Double
    /// Share of the digits among them labelled right.
    public var digitAccuracy: Double
    /// Training windows a second.
    public var windowsPerSecond: Double
    /// Seconds since the run (or its resumption) began.
    public var seconds: Double
}

extension EpochMetrics {
    /// Columns of the metrics file after the epoch.
    static let columns = [
        "learning_rate", "training_loss", "training_accuracy", "validation_loss", "validation_accuracy",
        "digit_accuracy", "windows_per_second", "seconds",
    ]

    var row: MetricsLog.Row {
        let values = [
            Double(learningRate), trainingLoss, trainingAccuracy, validationLoss, validationAccuracy, digitAccuracy,
            windowsPerSecond, seconds,
        ]
        return MetricsLog.Row(
            epoch: epoch, values: Dictionary(uniqueKeysWithValues: zip(EpochMetrics.columns, values)))
    }

    /// Loss above, accuracy below, over the epochs.
    ///
    /// - Parameter training: what the curves of training are called.
    static func plots(of log: MetricsLog, training: String) -> [LinePlot] {
        func series(_ pairs: [(name: String, column: String)]) -> [LinePlot.Series] {
            pairs.map { LinePlot.Series(name: $0.name, points: log.series($0.column)) }
        }
        return [
            LinePlot(
                title: "Loss", xLabel: "epoch", yLabel: "cross-entropy (nats)",
                series: series([(training, "training_loss"), ("validation", "validation_loss")])),
            LinePlot(
                title: "Accuracy", xLabel: "epoch", yLabel: "share right",
                series: series([
                    (training, "training_accuracy"), ("validation", "validation_accuracy"),
                    ("validation, digits only", "digit_accuracy"),
                ])),
        ]
    }
}
