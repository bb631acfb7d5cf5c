import Foundation
import ResNetTraining

/// One self-contained HTML page about an evaluation: figures, confusion matrix, classes, calibration, worst clips.
public struct EvaluationReport: Sendable {
    /// A clip the network did badly on.
    public struct WorstClip: Sendable, Equatable {
        /// Its file.
        public var path: String
        /// What it is.
        public var label: Int
        /// What was answered; 10 for a rejection.
        public var answer: Int
        /// The probability given to the true label, 0...1.
        public var trueProbability: Double

        /// Describes a clip.
        public init(path: String, label: Int, answer: Int, trueProbability: Double) {
            self.path = path
            self.label = label
            self.answer = answer
            self.trueProbability = trueProbability
        }
    }

    /// The page's heading.
    public var title: String
    /// The figures.
    public var metrics: EvaluationMetrics
    /// Reliability of confidences, where logits were kept.
    public var calibration: Calibration?
    /// Clips with the least probability of their true label, worst first.
    public var worst: [WorstClip]
    /// Lines about the run: model, data, operating point.
    public var notes: [(name: String, value: String)]

    /// A page.
    public init(
        title: String, metrics: EvaluationMetrics, calibration: Calibration? = nil, worst: [WorstClip] = [],
        notes: [(name: String, value: String)] = []
    ) {
        self.title = title
        self.metrics = metrics
        self.calibration = calibration
        self.worst = worst
        self.notes = notes
    }

    /// The `count` clips with the least probability of their true label, worst first; ties by path.
    public static func worstClips(
        _ judgements: Judgements, paths: [String], temperature: Double, threshold: Double, count: Int = 30
    ) -> [WorstClip] {
        let all = judgements.labels.indices.map { clip in
            let label = Int(judgements.labels[clip])
            return WorstClip(
                path: paths[clip], label: label,
                answer: judgements.answer(clip, temperature: temperature, threshold: threshold),
                trueProbability: judgements.probabilities(clip, temperature: temperature)[label])
        }
        return Array(all.sorted { ($0.trueProbability, $0.path) < ($1.trueProbability, $1.path) }.prefix(count))
    }

    /// Writes the page, by rename.
    public func write(to path: String) throws(ReportError) {
        try writeReport(html, to: path)
    }

    /// The page.
    public var html: String {
        """
        <!DOCTYPE html>
        <html lang="en"><head><meta charset="utf-8"/><meta name="viewport" content="width=device-width"/>
        <title>\(Markup.escape(title))</title><style>\(Markup.style)
        body{font:15px/1.45 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}
        table{border-collapse:collapse}th,td{padding:.2em .7em;text-align:right;border-bottom:1px solid #8886}
        td.name,th.name{text-align:left}svg{max-width:100%;height:auto}</style></head>
        <body><h1>\(Markup.escape(title))</h1>
        \(summary)
        <h2>Confusion matrix</h2>
        \(ConfusionPlot(matrix: metrics.confusion).svg)
        <h2>Classes</h2>
        \(classTable)
        \(calibrationSection)
        \(worstSection)
        </body></html>

        """
    }

    private var summary: String {
        var rows = [
            ("Clips", String(metrics.clips)), ("Accuracy", Markup.percent(metrics.accuracy)),
            ("Rejected", String(metrics.rejected)), ("Macro precision", Markup.percent(metrics.macro.precision)),
            ("Macro recall", Markup.percent(metrics.macro.recall)), ("Macro F1", Markup.percent(metrics.macro.f1)),
        ]
        if let calibration { rows.append(("Expected calibration error", Markup.percent(calibration.expectedError))) }
        rows += notes.map { ($0.name, $0.value) }
        let lines = rows.map {
            "<tr><th class=\"name\">\(Markup.escape($0.0))</th><td>\(Markup.escape($0.1))</td></tr>"
        }
        return "<table>\(lines.joined())</table>"
    }

    private var classTable: String {
        let lines = metrics.perClass.map {
            "<tr><td class=\"name\">\(Markup.escape($0.label))</td><td>\(Markup.percent($0.precision))</td>"
                + "<td>\(Markup.percent($0.recall))</td><td>\(Markup.percent($0.f1))</td><td>\($0.clips)</td></tr>"
        }
        return "<table><tr><th class=\"name\">Class</th><th>Precision</th><th>Recall</th><th>F1</th><th>Clips</th></tr>"
            + lines.joined() + "</table>"
    }

    private var calibrationSection: String {
        guard let calibration else { return "" }
        let used = calibration.bins.filter { $0.clips > 0 }
        let plot = LinePlot(
            title: "Reliability", xLabel: "confidence (%)", yLabel: "right (%)",
            series: [
                LinePlot.Series(name: "measured", points: used.map { ($0.confidence * 100, $0.accuracy * 100) }),
                LinePlot.Series(name: "ideal", points: [(0, 0), (100, 100)]),
            ], yRange: 0...100)
        return "<h2>Calibration</h2>\n" + ConfusionPlot.embedded(plot.content, LinePlot.width, LinePlot.height)
    }

    private var worstSection: String {
        guard !worst.isEmpty else { return "" }
        let lines = worst.map {
            "<tr><td class=\"name\">\(Markup.escape($0.path))</td><td>\(EvaluationMetrics.name(of: $0.label))</td>"
                + "<td>\(EvaluationMetrics.name(of: $0.answer))</td><td>\(Markup.percent($0.trueProbability))</td></tr>"
        }
        return "<h2>Worst clips</h2>\n<table><tr><th class=\"name\">File</th><th>Is</th><th>Answered</th>"
            + "<th>Probability of what it is</th></tr>\(lines.joined())</table>"
    }
}

/// A confusion matrix as a picture: rows are what clips are, columns what was answered, darker is a larger share of the row.
struct ConfusionPlot {
    var matrix: ConfusionMatrix

    private static let cell = 44.0
    private static let margin = 60.0

    var svg: String {
        let n = matrix.labelCount
        let size = Self.margin + Double(n) * Self.cell + 8
        var parts = [
            "<text class=\"ink\" x=\"\(Markup.coordinate(Self.margin + Double(n) * Self.cell / 2))\" y=\"16\" "
                + "text-anchor=\"middle\">answered</text>",
            "<text class=\"ink\" text-anchor=\"middle\" transform=\"translate(16 "
                + "\(Markup.coordinate(Self.margin + Double(n) * Self.cell / 2))) rotate(-90)\">is</text>",
        ]
        for label in 0..<n {
            let name = label == LabelledClip.notADigit ? "none" : String(label)
            let middle = Markup.coordinate(Self.margin + (Double(label) + 0.5) * Self.cell)
            parts.append("<text class=\"ink\" x=\"\(middle)\" y=\"46\" text-anchor=\"middle\">\(name)</text>")
            parts.append("<text class=\"ink\" x=\"50\" y=\"\(middle)\" text-anchor=\"end\" dy=\"4\">\(name)</text>")
            let total = max(1, matrix.clips(of: label))
            for answer in 0..<n {
                let count = matrix[label: label, answer: answer]
                let x = Self.margin + Double(answer) * Self.cell
                let y = Self.margin + Double(label) * Self.cell
                // The square root makes a single error in a hundred visible.
                let shade = (Double(count) / Double(total)).squareRoot()
                parts.append(
                    "<rect class=\"\(answer == label ? "f2" : "f4")\" fill-opacity=\"\(Markup.coordinate(shade * 0.7))\" "
                        + "x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" width=\"\(Int(Self.cell) - 1)\" "
                        + "height=\"\(Int(Self.cell) - 1)\"/>")
                guard count > 0 else { continue }
                parts.append(
                    "<text class=\"ink\" x=\"\(Markup.coordinate(x + Self.cell / 2))\" "
                        + "y=\"\(Markup.coordinate(y + Self.cell / 2 + 4))\" text-anchor=\"middle\">\(count)</text>")
            }
        }
        return Self.embedded(parts.joined(), size, size)
    }

    /// An `svg` element inside a page, which brings the style.
    static func embedded(_ content: String, _ width: Double, _ height: Double) -> String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" width=\"\(Int(width))\" "
            + "role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\(content)</svg>"
    }
}
