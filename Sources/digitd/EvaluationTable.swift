import Evaluation
import Foundation
import ResNetTraining

extension EvaluationFigures {
    /// The figures for a person.
    var table: String {
        var lines = metrics.table + [""] + setTable + [""] + confidenceLines
        if let strings { lines += [""] + strings.table }
        if !noise.isEmpty { lines += [""] + noiseTable }
        if let live { lines += live.table }
        if !liveInNoise.isEmpty { lines += [""] + liveInNoiseTable }
        return lines.joined(separator: "\n")
    }

    /// Digits and other words by set, and all together where there are several sets.
    private var setTable: [String] {
        let heading = TextTable.row(
            "by set", ["digits", "right", "wrong", "rejected", "always", "others", "taken"], first: 18, width: 11)
        var lines = [heading] + sets.map { Self.row($0.set, $0.tally) }
        if sets.count > 1 { lines.append(Self.row("all", tally)) }
        return lines
    }

    static func row(_ name: String, _ tally: DigitTally) -> String {
        let ofDigits = [\DigitTally.right, \.wrong, \.rejected, \.alwaysRight].map { count in
            tally.digits > 0 ? TextTable.percent(tally.share(count)) : "-"
        }
        let taken = tally.others > 0 ? TextTable.percent(tally.falseAcceptShare) : "-"
        return TextTable.row(
            name, ["\(tally.digits)"] + ofDigits + ["\(tally.others)", taken], first: 18, width: 11)
    }

    private var noiseTable: [String] {
        let columns = ["digits", "right", "wrong", "rejected", "always", "others", "taken"]
        return NoiseFigures.Cut.allCases.flatMap { cut in
            let rows = noise.filter { $0.cut == cut }.map { Self.row($0.name, $0.tally) }
            return [TextTable.row("in noise, \(cut)", columns, first: 18, width: 11)] + rows
        }
    }

    private var liveInNoiseTable: [String] {
        let columns = ["right", "wrong", "rejected", "missed", "taken", "extra"]
        let rows = liveInNoise.map { noise in
            let digits = noise.figures.allDigits
            let shares = [\LiveFigures.Digits.right, \.wrong, \.rejected, \.missed].map {
                TextTable.percent(digits.share($0))
            }
            let words = LiveFigures.Others.sum(noise.figures.words)
            let taken = words.recordings > 0 ? TextTable.percent(words.share) : "-"
            return TextTable.row(noise.name, shares + [taken, "\(noise.figures.extras)"], first: 18, width: 11)
        }
        return [TextTable.row("live, in noise", columns, first: 18, width: 11)] + rows
    }

    private var confidenceLines: [String] {
        let point = tradeOff.operatingPoint
        return [
            "always: the most probable digit, rejection not allowed; taken: other words accepted as a digit",
            "threshold \(String(format: "%.3f", point.threshold)); expected calibration error "
                + String(format: "%.4f", calibration.expectedError) + " over \(calibration.clips) answered digits, "
                + String(format: "%.4f", calibrationOfAll.expectedError) + " over all clips and labels",
        ]
    }
}

extension StringFigures {
    /// The figures for a person.
    fileprivate var table: [String] {
        let groups = [StringGroup(name: "all", tally: tally)] + sets + oh + (noise.count > 1 ? noise : [])
        let columns = ["utterances", "exact", "digits", "errors", "subst.", "lost", "inserted", "others", "heard"]
        let rows = groups.map { group in
            let tally = group.tally
            return TextTable.row(
                group.name,
                [
                    "\(tally.strings)", TextTable.percent(tally.exactShare), "\(tally.digits)",
                    TextTable.percent(tally.errorShare), "\(tally.substituted)", "\(tally.lost)", "\(tally.inserted)",
                    "\(tally.others)", "\(tally.othersHeard)",
                ], first: 18, width: 11)
        }
        let error = "expected calibration error of digits within utterances "
            + String(format: "%.4f", reliability.expectedError)
        return [TextTable.row("numbers", columns, first: 18, width: 11)] + rows + [error]
    }
}

extension LiveFigures {
    /// The figures for a person, where nothing else was measured.
    var tableAlone: String { table.drop(while: \.isEmpty).joined(separator: "\n") }

    /// Digits, other words and noise through the recogniser.
    fileprivate var table: [String] {
        var lines: [String] = []
        if !digits.isEmpty {
            lines += [
                "",
                TextTable.row(
                    "live digits", ["spoken", "right", "wrong", "rejected", "missed"], first: 18, width: 11),
            ]
            let rows = digits + (digits.count > 1 ? [allDigits] : [])
            lines += rows.map { digits in
                let shares = [\Digits.right, \.wrong, \.rejected, \.missed].map {
                    TextTable.percent(digits.share($0))
                }
                return TextTable.row(digits.set, ["\(digits.spoken)"] + shares, first: 18, width: 11)
            }
        }
        lines += Self.table("live other words", wordsBySet, worst: worstWords(10))
        lines += Self.table("live noise", noises, worst: [])
        if !noiseHits.isEmpty {
            let files = noiseHits.prefix(10).map { hit in
                "\((hit.path as NSString).lastPathComponent) (\(hit.digits.map(String.init).joined(separator: " ")))"
            }
            lines.append("digits heard in: " + files.joined(separator: ", "))
        }
        return lines
    }

    private static func table(_ name: String, _ groups: [Others], worst: [Others]) -> [String] {
        guard !groups.isEmpty else { return [] }
        let columns = ["recordings", "taken", "hours", "an hour"]
        let rows = groups + (groups.count > 1 ? [Others.sum(groups)] : [])
        var lines = ["", TextTable.row(name, columns, first: 18, width: 11)]
        lines += rows.map { group in
            TextTable.row(
                group.set,
                [
                    "\(group.recordings)", TextTable.percent(group.share),
                    String(format: "%.3f", group.seconds / 3600), String(format: "%.1f", group.perHour),
                ], first: 18, width: 11)
        }
        if !worst.isEmpty {
            let words = worst.map { "\($0.word) (\($0.set)) \($0.taken) of \($0.recordings)" }
            lines.append("most often taken for a digit: " + words.joined(separator: ", "))
        }
        return lines
    }
}

extension EvaluationMetrics {
    /// Accuracy, a line a class, the confusion matrix.
    fileprivate var table: [String] {
        var lines = [
            "\(clips) clips, \(TextTable.percent(accuracy)) right, \(rejected) rejected", "",
            TextTable.row("class", ["precision", "recall", "F1", "clips"], width: 10),
        ]
        for figures in perClass where figures.clips > 0 {
            let shares = [figures.precision, figures.recall, figures.f1].map(TextTable.percent)
            lines.append(TextTable.row(figures.label, shares + ["\(figures.clips)"], width: 10))
        }
        let means = [macro.precision, macro.recall, macro.f1].map(TextTable.percent)
        lines.append(TextTable.row("macro", means, width: 10))

        let digits = 0..<LabelledClip.notADigit
        lines += ["", TextTable.row("said", digits.map(String.init) + ["rejected"], width: 6)]
        for label in 0..<confusion.labelCount where confusion.clips(of: label) > 0 {
            let counts = confusion.rows[label].map { $0 == 0 ? "." : "\($0)" }
            lines.append(TextTable.row(Self.name(of: label), counts, width: 6))
        }
        return lines
    }
}

/// Tables in plain text.
enum TextTable {
    static func percent(_ value: Double) -> String { String(format: "%.2f %%", value * 100) }

    /// A name and cells that are set to the right.
    static func row(_ name: String, _ cells: [String], first: Int = 11, width: Int) -> String {
        // At least one space between cells that are wider than their column.
        let padded = cells.map { " " + String(repeating: " ", count: max(0, width - 1 - $0.count)) + $0 }
        return name.padding(toLength: max(first, name.count), withPad: " ", startingAt: 0) + padded.joined()
    }
}
