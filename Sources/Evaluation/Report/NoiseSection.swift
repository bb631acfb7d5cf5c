import ResNetTraining

/// The page's part about digits in noise: a curve and a table for each way to cut.
struct NoiseSection {
    var noise: [NoiseFigures]

    var html: String {
        guard !noise.isEmpty else { return "" }
        let parts = NoiseFigures.Cut.allCases.map { cut in
            let rows = noise.filter { $0.cut == cut }
            return plot(rows, cut)
                + HTML.table(
                    ["SNR", "Digits", "Right", "Wrong", "Rejected", "Always right", "Other words", "Taken"],
                    rows.map { [$0.name] + EvaluationReport.cells($0.tally) })
        }
        return HTML.heading("In noise")
            + HTML.paragraph(
                "Recorded noise is mixed with each clip; the ratio is of the utterance's level to the noise's. Clean is the "
                    + "recording as it is.")
            + parts.joined(separator: "\n")
    }

    private func plot(_ rows: [NoiseFigures], _ cut: NoiseFigures.Cut) -> String {
        guard rows.contains(where: { $0.tally.digits > 0 }) else { return "" }
        // From clean on the left to the noisiest on the right, evenly: the ratios are few.
        let order = rows.sorted { ($0.ratio ?? .infinity) > ($1.ratio ?? .infinity) }
        func series(_ name: String, _ count: KeyPath<DigitTally, Int>) -> LinePlot.Series {
            LinePlot.Series(
                name: name, points: order.enumerated().map { (Double($0), $1.tally.share(count) * 100) })
        }
        var plot = LinePlot(
            title: cut == .clip ? "Cut as clips" : "Cut by the live segmenter",
            xLabel: "signal to noise ratio (dB)", yLabel: "of the digits (%)",
            series: [
                series("right", \.right), series("wrong", \.wrong), series("rejected", \.rejected),
                series("always answering", \.alwaysRight),
            ], yRange: 0...100)
        plot.xRange = -0.2...Double(max(order.count - 1, 1)) + 0.2
        plot.xTicks = order.enumerated().map { (Double($0), $1.ratio == nil ? "clean" : $1.level) }
        plot.hasDots = true
        return SVG.plot(plot)
    }
}
