import Foundation

/// Curves over a common axis as an SVG picture, with axes, ticks, a grid and a legend; readable on light and dark.
public struct LinePlot: Sendable {
    /// One curve.
    public struct Series: Sendable {
        /// Its name in the legend.
        public var name: String
        /// Points from left to right; points that are not finite are left out.
        public var points: [(x: Double, y: Double)]

        /// A named curve.
        public init(name: String, points: [(x: Double, y: Double)]) {
            self.name = name
            self.points = points
        }
    }

    /// A point that is pointed out.
    public struct Mark: Sendable {
        /// What it is, in the legend.
        public var name: String
        /// Where it is.
        public var point: (x: Double, y: Double)

        /// A named point.
        public init(name: String, point: (x: Double, y: Double)) {
            self.name = name
            self.point = point
        }
    }

    /// Above the plot.
    public var title: String
    /// Under the horizontal axis.
    public var xLabel: String
    /// Beside the vertical axis.
    public var yLabel: String
    /// The curves; colours repeat after five.
    public var series: [Series]
    /// The vertical range; nil fits the points.
    public var yRange: ClosedRange<Double>?
    /// The horizontal range; nil fits the points, in whole numbers.
    public var xRange: ClosedRange<Double>?
    /// Ticks of the horizontal axis with words of their own; nil has round numbers.
    public var xTicks: [(x: Double, name: String)]?
    /// Points that are pointed out.
    public var marks: [Mark] = []
    /// Whether each point of a curve has a dot, for measurements at a few places.
    public var hasDots = false

    package static let width = 720.0
    package static let height = 320.0
    private static let left = 64.0
    private static let right = 160.0
    private static let top = 36.0
    private static let bottom = 48.0

    /// A plot.
    public init(
        title: String, xLabel: String, yLabel: String, series: [Series], yRange: ClosedRange<Double>? = nil
    ) {
        self.title = title
        self.xLabel = xLabel
        self.yLabel = yLabel
        self.series = series.map { s in
            Series(name: s.name, points: s.points.filter { $0.x.isFinite && $0.y.isFinite })
        }
        self.yRange = yRange
    }

    /// A picture file of its own.
    public var svg: String { Self.document([self]) }

    /// Plots one above the other in one picture file.
    public static func document(_ plots: [LinePlot]) -> String {
        let total = height * Double(plots.count)
        let parts = plots.enumerated().map { i, plot in
            "<g transform=\"translate(0 \(Markup.coordinate(Double(i) * height)))\">\(plot.content)</g>"
        }
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(Int(width)) \(Int(total))\" role=\"img\" "
            + "font-family=\"sans-serif\" font-size=\"12\"><style>\(Markup.style)</style>"
            + "<rect class=\"paper\" width=\"\(Int(width))\" height=\"\(Int(total))\"/>"
            + parts.joined() + "</svg>\n"
    }

    /// Writes a picture of plots one above the other, by rename.
    public static func write(_ plots: [LinePlot], to path: String) throws(ReportError) {
        try writeReport(document(plots), to: path)
    }

    /// The drawing without the `svg` element around it.
    package var content: String {
        let x =
            xRange.map(Axis.init(range:)) ?? Axis(series.flatMap { $0.points.map(\.x) }, wholeNumbers: true)
        let y = yRange.map(Axis.init(range:)) ?? Axis(series.flatMap { $0.points.map(\.y) }, wholeNumbers: false)
        let (plotWidth, plotHeight) = (Self.width - Self.left - Self.right, Self.height - Self.top - Self.bottom)
        func px(_ value: Double) -> Double { Self.left + x.fraction(value) * plotWidth }
        func py(_ value: Double) -> Double { Self.top + (1 - y.fraction(value)) * plotHeight }
        let (xEnd, yEnd) = (Self.left + plotWidth, Self.top + plotHeight)

        var parts = [text(title, Self.left + plotWidth / 2, 20, size: 14)]
        for tick in y.ticks {
            parts.append(line("grid", Self.left, py(tick), xEnd, py(tick)))
            parts.append(text(y.label(tick), Self.left - 6, py(tick) + 4, anchor: "end", style: "faint"))
        }
        for tick in xTicks ?? x.ticks.map({ ($0, x.label($0)) }) {
            parts.append(line("grid", px(tick.x), Self.top, px(tick.x), yEnd))
            parts.append(text(tick.name, px(tick.x), yEnd + 16, style: "faint"))
        }
        parts.append(line("line", Self.left, yEnd, xEnd, yEnd))
        parts.append(line("line", Self.left, Self.top, Self.left, yEnd))
        parts.append(text(xLabel, Self.left + plotWidth / 2, yEnd + 36))
        let middle = Self.top + plotHeight / 2
        parts.append(
            "<text class=\"ink\" text-anchor=\"middle\" transform=\"translate(16 \(Markup.coordinate(middle))) "
                + "rotate(-90)\">\(Markup.escape(yLabel))</text>")
        for (i, one) in series.enumerated() {
            let places = one.points.filter { xRange?.contains($0.x) ?? true }.map { point in
                (Markup.coordinate(px(point.x)), Markup.coordinate(py(y.clamped(point.y))))
            }
            let points = places.map { "\($0),\($1)" }
            if hasDots {
                parts += places.map { "<circle class=\"f\(i % 5)\" cx=\"\($0)\" cy=\"\($1)\" r=\"3.5\"/>" }
            }
            if points.count == 1, let point = points.first?.split(separator: ",") {
                parts.append("<circle class=\"f\(i % 5)\" cx=\"\(point[0])\" cy=\"\(point[1])\" r=\"3\"/>")
            } else if !points.isEmpty {
                parts.append(
                    "<polyline class=\"s\(i % 5)\" fill=\"none\" stroke-width=\"2\" points=\""
                        + points.joined(separator: " ") + "\"/>")
            }
            let row = Self.top + 8 + Double(i) * 18
            parts.append("<g stroke-width=\"2\">\(line("s\(i % 5)", xEnd + 12, row, xEnd + 32, row))</g>")
            parts.append(text(one.name, xEnd + 38, row + 4, anchor: "start"))
        }
        return parts.joined() + marks(from: Self.top + 8 + Double(series.count) * 18, x: px) { py(y.clamped($0)) }
    }

    /// Rings around the marks, and their names in the legend from a height on.
    private func marks(from top: Double, x: (Double) -> Double, y: (Double) -> Double) -> String {
        let legend = Self.width - Self.right
        return marks.filter { $0.point.x.isFinite && $0.point.y.isFinite }.enumerated().map { i, mark in
            let row = top + Double(i) * 18
            let rings = [(x(mark.point.x), y(mark.point.y)), (legend + 22, row)].map { x, y in
                "<circle class=\"mark\" fill=\"none\" stroke-width=\"2\" r=\"6\" cx=\"\(Markup.coordinate(x))\" "
                    + "cy=\"\(Markup.coordinate(y))\"/>"
            }
            return rings.joined() + text(mark.name, legend + 38, row + 4, anchor: "start")
        }.joined()
    }

    private func text(
        _ text: String, _ x: Double, _ y: Double, anchor: String = "middle", style: String = "ink", size: Int = 12
    ) -> String {
        "<text class=\"\(style)\" x=\"\(Markup.coordinate(x))\" y=\"\(Markup.coordinate(y))\" text-anchor=\"\(anchor)\" "
            + "font-size=\"\(size)\">\(Markup.escape(text))</text>"
    }

    private func line(_ style: String, _ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double) -> String {
        "<line class=\"\(style)\" x1=\"\(Markup.coordinate(x1))\" y1=\"\(Markup.coordinate(y1))\" "
            + "x2=\"\(Markup.coordinate(x2))\" y2=\"\(Markup.coordinate(y2))\"/>"
    }
}

/// A range with round ticks (1, 2 or 5 times a power of ten apart).
struct Axis: Sendable {
    var range: ClosedRange<Double>
    var ticks: [Double]
    private var decimals: Int

    /// An axis over a given range.
    init(range: ClosedRange<Double>) {
        self.init(range.lowerBound, range.upperBound, wholeNumbers: false)
    }

    /// An axis that holds all values, with a little room above and below unless they are whole numbers.
    init(_ values: [Double], wholeNumbers: Bool) {
        let low = values.min() ?? 0
        let high = values.max() ?? 1
        let room = wholeNumbers ? 0 : (high - low) * 0.05
        self.init(low - room, high + room, wholeNumbers: wholeNumbers)
    }

    private init(_ low: Double, _ high: Double, wholeNumbers: Bool) {
        // A single value gets a range around it that the number type can still tell apart.
        let isFlat = high - low <= abs(high) * 1e-9
        let (low, high) = isFlat ? (low - max(1, abs(low)) / 2, high + max(1, abs(high)) / 2) : (low, high)
        let raw = (high - low) / 6
        let power = pow(10, floor(log10(raw)))
        let multiple = [1.0, 2, 5, 10].first { $0 * power >= raw } ?? 10
        let step = wholeNumbers ? max(1, (multiple * power).rounded()) : multiple * power
        range = low...high
        let first = Int((low / step).rounded(.up))
        let last = Int((high / step).rounded(.down))
        ticks = first <= last ? (first...last).map { Double($0) * step } : []
        decimals = max(0, Int(-floor(log10(step) + 1e-9)))
    }

    /// Where a value lies, 0 at the low end and 1 at the high end.
    func fraction(_ value: Double) -> Double {
        (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    }

    /// The nearest value inside the range.
    func clamped(_ value: Double) -> Double { min(max(value, range.lowerBound), range.upperBound) }

    func label(_ value: Double) -> String { String(format: "%.\(decimals)f", value) }
}
