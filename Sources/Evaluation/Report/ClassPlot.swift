import ResNetTraining

/// Precision, recall and F1 of each class as bars beside each other.
struct ClassPlot {
    var classes: [EvaluationMetrics.PerClass]

    private static let (left, top, height) = (64.0, 40.0, 200.0)
    private static let group = 54.0
    private static let bar = 14.0

    var svg: String {
        let shown = classes.filter { $0.clips > 0 }
        let width = Double(max(shown.count, 1)) * Self.group
        let bottom = Self.top + Self.height
        var parts: [String] = []
        for tick in stride(from: 0, through: 100, by: 20) {
            let y = Markup.coordinate(bottom - Double(tick) / 100 * Self.height)
            parts.append(
                "<line class=\"grid\" x1=\"\(Int(Self.left))\" x2=\"\(Markup.coordinate(Self.left + width))\" "
                    + "y1=\"\(y)\" y2=\"\(y)\"/>")
            parts.append(
                SVG.text(
                    "\(tick)", Self.left - 6, bottom - Double(tick) / 100 * Self.height + 4, anchor: "end",
                    style: "faint"))
        }
        for (index, figures) in shown.enumerated() {
            let start = Self.left + Double(index) * Self.group + (Self.group - 3 * Self.bar) / 2
            for (bar, value) in [figures.precision, figures.recall, figures.f1].enumerated() {
                parts.append(
                    "<rect class=\"f\(bar)\" x=\"\(Markup.coordinate(start + Double(bar) * Self.bar))\" "
                        + "y=\"\(Markup.coordinate(bottom - value * Self.height))\" width=\"\(Int(Self.bar) - 1)\" "
                        + "height=\"\(Markup.coordinate(value * Self.height))\"/>")
            }
            let name = figures.label == "not_a_digit" ? "none" : figures.label
            parts.append(SVG.text(name, start + 1.5 * Self.bar, bottom + 18))
        }
        parts.append(SVG.text("class", Self.left + width / 2, bottom + 38))
        parts.append(
            "<text class=\"ink\" text-anchor=\"middle\" transform=\"translate(16 "
                + "\(Markup.coordinate(Self.top + Self.height / 2))) rotate(-90)\">share (%)</text>")
        for (index, name) in ["precision", "recall", "F1"].enumerated() {
            let x = Self.left + Double(index) * 100
            parts.append(
                "<rect class=\"f\(index)\" x=\"\(Markup.coordinate(x))\" y=\"10\" width=\"14\" height=\"14\"/>")
            parts.append(SVG.text(name, x + 20, 22, anchor: "start"))
        }
        return SVG.embedded(parts.joined(), Self.left + max(width, 300) + 8, bottom + 48)
    }
}
