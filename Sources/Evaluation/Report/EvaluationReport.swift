import Foundation
import ResNetTraining

/// One self-contained HTML page about an evaluation, in the reader's light or dark colours. It loads nothing.
public struct EvaluationReport: Sendable {
    /// The page's heading.
    public var title: String
    /// The figures.
    public var figures: EvaluationFigures
    /// Clips with the least probability of their true label, worst first.
    public var worst: [WorstClip]
    /// Utterances of several words with the most errors, worst first.
    public var worstStrings: [WorstString] = []
    /// Lines about the run: model, data, operating point.
    public var notes: [(name: String, value: String)]

    /// A page.
    public init(
        title: String, figures: EvaluationFigures, worst: [WorstClip] = [],
        notes: [(name: String, value: String)] = []
    ) {
        self.title = title
        self.figures = figures
        self.worst = worst
        self.notes = notes
    }

    /// Writes the page, by rename.
    public func write(to path: String) throws(ReportError) {
        try writeReport(html, to: path)
    }

    /// The page, as XHTML.
    public var html: String {
        let sections = [
            summary, StringSection(figures: figures.strings, worst: worstStrings).html, confusion, classes, sets,
            calibration, tradeOff, NoiseSection(noise: figures.noise).html,
            figures.live.map { LiveSection(live: $0, inNoise: figures.liveInNoise).html } ?? "", worstSection,
        ]
        return """
            <!DOCTYPE html>
            <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>
            <title>\(Markup.escape(title))</title><style>\(Markup.style)
            \(HTML.style)</style></head>
            <body><h1>\(Markup.escape(title))</h1>
            \(sections.filter { !$0.isEmpty }.joined(separator: "\n"))
            </body></html>

            """
    }

    private var summary: String {
        let (metrics, tally) = (figures.metrics, figures.tally)
        var rows: [(String, String)] = [("Clips", "\(metrics.clips) (\(figures.selection))")]
        if tally.digits > 0 {
            rows += [
                ("Digits right, wrong, rejected", Self.shares(tally)),
                ("Digits right, always answering", Markup.percent(tally.share(\.alwaysRight))),
            ]
        }
        if tally.others > 0 {
            rows.append(("Other words taken for a digit", Markup.percent(tally.falseAcceptShare)))
        }
        rows += [
            ("Accuracy, a rejected digit counting as wrong", Markup.percent(metrics.accuracy)),
            (
                "Macro precision, recall, F1",
                [metrics.macro.precision, metrics.macro.recall, metrics.macro.f1].map { Markup.percent($0) }
                    .joined(separator: ", ")
            ),
            ("Expected calibration error of answered digits", Markup.percent(figures.calibration.expectedError)),
        ]
        if let live = figures.live {
            if !live.words.isEmpty {
                rows.append(
                    ("Other words taken for a digit, live", Markup.percent(LiveFigures.Others.sum(live.words).share)))
            }
            if !live.noises.isEmpty {
                let all = LiveFigures.Others.sum(live.noises)
                let rate = String(format: "%.1f (in %.2f h)", all.perHour, all.seconds / 3600)
                rows.append(("False digits an hour of noise, live", rate))
            }
        }
        rows += notes.map { ($0.name, $0.value) }
        return "<div class=\"summary\">\(HTML.table([], rows.map { [$0.0, $0.1] }))</div>"
    }

    private static func shares(_ tally: DigitTally) -> String {
        [tally.share(\.right), tally.share(\.wrong), tally.share(\.rejected)].map { Markup.percent($0) }
            .joined(separator: ", ")
    }

    private var confusion: String {
        HTML.heading("Confusion matrix") + ConfusionPlot(matrix: figures.metrics.confusion).svg
    }

    private var classes: String {
        let rows = figures.metrics.perClass.filter { $0.clips > 0 }.map {
            [$0.label, Markup.percent($0.precision), Markup.percent($0.recall), Markup.percent($0.f1), "\($0.clips)"]
        }
        return HTML.heading("Classes") + ClassPlot(classes: figures.metrics.perClass).svg
            + HTML.table(["Class", "Precision", "Recall", "F1", "Clips"], rows)
    }

    private var sets: String {
        let rows = figures.sets.map { set in
            [set.set, "\(set.speakers)"] + Self.cells(set.tally)
        }
        return HTML.heading("Sets")
            + HTML.table(
                ["Set", "Speakers", "Digits", "Right", "Wrong", "Rejected", "Always right", "Other words", "Taken"],
                rows)
    }

    /// Counts and shares of a tally, as its tables have them.
    static func cells(_ tally: DigitTally) -> [String] {
        let ofDigits = [\DigitTally.right, \.wrong, \.rejected, \.alwaysRight].map {
            tally.digits > 0 ? Markup.percent(tally.share($0)) : "–"
        }
        return ["\(tally.digits)"] + ofDigits
            + ["\(tally.others)", tally.others > 0 ? Markup.percent(tally.falseAcceptShare) : "–"]
    }

    private var calibration: String {
        let used = figures.calibration.bins.filter { $0.clips > 0 }
        guard !used.isEmpty else { return "" }
        let clips = figures.calibration.clips
        var plot = LinePlot(
            title: "Reliability of answered digits", xLabel: "confidence (%)", yLabel: "right, share of clips (%)",
            series: [
                LinePlot.Series(name: "measured", points: used.map { ($0.confidence * 100, $0.accuracy * 100) }),
                LinePlot.Series(name: "ideal", points: [(0, 0), (100, 100)]),
                LinePlot.Series(
                    name: "share of clips",
                    points: used.map { ($0.confidence * 100, Double($0.clips) / Double(clips) * 100) }),
            ], yRange: 0...100)
        plot.xRange = 0...100
        plot.hasDots = true
        let rows = used.map { [Markup.percent($0.confidence), Markup.percent($0.accuracy), "\($0.clips)"] }
        return HTML.heading("Calibration")
            + HTML.paragraph(
                "Digits whose most probable label is a digit, in 15 bins of that label's probability. Expected calibration "
                    + "error: \(Markup.percent(figures.calibration.expectedError)); of all clips and labels: "
                    + "\(Markup.percent(figures.calibrationOfAll.expectedError)).")
            + SVG.plot(plot)
            + "<details><summary>Bins</summary>"
            + HTML.table(["Mean confidence", "Right", "Clips"], rows) + "</details>"
    }

    private var tradeOff: String {
        let points = figures.tradeOff.points
        guard !points.isEmpty else { return "" }
        let mark = figures.tradeOff.operatingPoint
        var series = [
            LinePlot.Series(name: "wrong digits", points: points.map { ($0.rejected * 100, $0.wrong * 100) })
        ]
        var marks = [
            LinePlot.Mark(name: "operating point", point: (mark.rejected * 100, mark.wrong * 100))
        ]
        if figures.tally.others > 0 {
            series.append(
                LinePlot.Series(
                    name: "other words taken", points: points.map { ($0.rejected * 100, $0.falseAccepts * 100) }))
            marks.append(
                LinePlot.Mark(name: "operating point", point: (mark.rejected * 100, mark.falseAccepts * 100)))
        }
        let highest = series.flatMap { $0.points.map(\.y) }.max() ?? 1
        var plot = LinePlot(
            title: "Errors against rejections, over the threshold", xLabel: "digits rejected (%)",
            yLabel: "accepted (%)", series: series, yRange: 0...max(highest * 1.05, 0.5))
        // Far to the right nothing is left to trade.
        let widest = points.map { $0.rejected * 100 }.max() ?? 1
        plot.xRange = 0...min(max(widest, 1), max(25, mark.rejected * 150))
        plot.marks = marks
        return HTML.heading("Detection-error trade-off")
            + HTML.paragraph(
                "The network is used at a threshold of \(String(format: "%.3f", mark.threshold)), which is marked. Each "
                    + "point of the curves is another threshold, from 0 on the left to 0.999.")
            + SVG.plot(plot)
    }

    private var worstSection: String {
        guard !worst.isEmpty else { return "" }
        let clips = worst.map { worst in
            let picture = worst.picture.map { bytes in
                "<img alt=\"mel spectrogram\" src=\"data:image/png;base64,\(Data(bytes).base64EncodedString())\"/>"
            }
            let guess = EvaluationMetrics.name(of: worst.best)
            let answer =
                worst.answer == LabelledClip.notADigit && worst.best != LabelledClip.notADigit
                ? "rejected, likeliest \(guess)" : "answered \(guess)"
            let what = worst.clip.label == LabelledClip.notADigit ? worst.clip.folder : "\(worst.clip.label)"
            return "<figure>\(picture ?? "")<figcaption><b>\(Markup.escape(what))</b>: \(answer) "
                + "(\(Markup.percent(worst.confidence, decimals: 1))), what it is "
                + "\(Markup.percent(worst.trueProbability, decimals: 1))<br/>"
                + "<small>\(Markup.escape(worst.clip.path))</small></figcaption></figure>"
        }
        return HTML.heading("Worst clips")
            + HTML.paragraph(
                "Those with the least probability of what they are. The pictures are the network's input: 0.96 s from left "
                    + "to right, mel bands from the lowest at the bottom, dark is loud.")
            + "<div class=\"clips\">\(clips.joined(separator: "\n"))</div>"
    }
}
