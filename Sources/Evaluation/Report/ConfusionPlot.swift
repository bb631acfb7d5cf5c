import ResNetTraining

/// A confusion matrix as a picture: rows are what clips are, columns what was answered, darker is a larger share of the row.
struct ConfusionPlot {
    var matrix: ConfusionMatrix

    private static let cell = 44.0
    private static let left = 100.0
    private static let top = 60.0

    var svg: String {
        let n = matrix.labelCount
        let side = Double(n) * Self.cell
        var parts = [
            SVG.text("answered", Self.left + side / 2, 16),
            "<text class=\"ink\" text-anchor=\"middle\" transform=\"translate(16 "
                + "\(Markup.coordinate(Self.top + side / 2))) rotate(-90)\">is</text>",
        ]
        for label in 0..<n {
            let isLast = label == LabelledClip.notADigit
            let middle = (Double(label) + 0.5) * Self.cell
            parts.append(SVG.text(isLast ? "rejected" : "\(label)", Self.left + middle, 46))
            parts.append(
                SVG.text(isLast ? "not a digit" : "\(label)", Self.left - 8, Self.top + middle + 4, anchor: "end"))
            let total = max(1, matrix.clips(of: label))
            for answer in 0..<n {
                let count = matrix[label: label, answer: answer]
                let (x, y) = (Self.left + Double(answer) * Self.cell, Self.top + Double(label) * Self.cell)
                // The square root makes a single error in a hundred visible.
                let shade = (Double(count) / Double(total)).squareRoot()
                parts.append(
                    "<rect class=\"cell\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" "
                        + "width=\"\(Int(Self.cell) - 1)\" height=\"\(Int(Self.cell) - 1)\"/>")
                guard count > 0 else { continue }
                parts.append(
                    "<rect class=\"\(answer == label ? "f2" : "f4")\" fill-opacity=\"\(Markup.coordinate(shade * 0.7))\" "
                        + "x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" width=\"\(Int(Self.cell) - 1)\" "
                        + "height=\"\(Int(Self.cell) - 1)\"/>")
                parts.append(SVG.text("\(count)", x + Self.cell / 2, y + Self.cell / 2 + 4))
            }
        }
        return SVG.embedded(parts.joined(), Self.left + side + 8, Self.top + side + 8)
    }
}

/// Pieces of pictures inside a page, which brings the style.
enum SVG {
    static func embedded(_ content: String, _ width: Double, _ height: Double) -> String {
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(height))\" width=\"\(Int(width))\" "
            + "role=\"img\" font-family=\"sans-serif\" font-size=\"12\">\(content)</svg>"
    }

    static func text(
        _ text: String, _ x: Double, _ y: Double, anchor: String = "middle", style: String = "ink"
    ) -> String {
        "<text class=\"\(style)\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" "
            + "text-anchor=\"\(anchor)\">\(Markup.escape(text))</text>"
    }

    static func plot(_ plot: LinePlot) -> String { embedded(plot.content, LinePlot.width, LinePlot.height) }
}
