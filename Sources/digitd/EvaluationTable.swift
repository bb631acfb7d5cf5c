import Foundation
import ResNetTraining

extension EvaluationMetrics {
    /// The figures for a person: accuracy, a line a class, the confusion matrix.
    var table: String {
        var lines = [
            "\(clips) clips, \(Self.percent(accuracy)) right, \(rejected) rejected", "",
            Self.row("class", ["precision", "recall", "F1", "clips"], width: 10),
        ]
        for figures in perClass where figures.clips > 0 {
            lines.append(
                Self.row(
                    figures.label,
                    [Self.percent(figures.precision), Self.percent(figures.recall), Self.percent(figures.f1)]
                        + ["\(figures.clips)"], width: 10))
        }
        lines.append(
            Self.row(
                "macro", [Self.percent(macro.precision), Self.percent(macro.recall), Self.percent(macro.f1)], width: 10)
        )

        let digits = 0..<LabelledClip.notADigit
        lines += ["", Self.row("said", digits.map(String.init) + ["rejected"], width: 6)]
        for label in 0..<confusion.labelCount where confusion.clips(of: label) > 0 {
            let counts = confusion.rows[label].map { $0 == 0 ? "." : "\($0)" }
            lines.append(Self.row(Self.name(of: label), counts, width: 6))
        }
        return lines.joined(separator: "\n")
    }

    private static func percent(_ value: Double) -> String { String(format: "%.2f %%", value * 100) }

    private static func row(_ name: String, _ cells: [String], width: Int) -> String {
        // At least one space between cells that are wider than their column.
        let padded = cells.map { " " + String(repeating: " ", count: max(0, width - 1 - $0.count)) + $0 }
        return name.padding(toLength: 11, withPad: " ", startingAt: 0) + padded.joined()
    }
}
