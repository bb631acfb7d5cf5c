import DigitDecoder
import Foundation
import ResNetTraining

/// The page's part about utterances of several words.
struct StringSection {
    let figures: StringFigures?
    let worst: [WorstString]

    var html: String {
        guard let figures else { return "" }
        let groups = [StringGroup(name: "all", tally: figures.tally)] + figures.sets + figures.oh + figures.noise
        let rows = groups.map { [$0.name] + Self.cells($0.tally) }
        let pairs = figures.tally.confusedPairs.prefix(8).map { "\($0.said) as \($0.heard) (\($0.count))" }
        return HTML.heading("Numbers said in one breath")
            + HTML.table(
                [
                    "Utterances", "Count", "Exact", "Digits", "Errors", "Substituted", "Lost", "Inserted",
                    "Other words", "Heard as digits",
                ], rows)
            + HTML.paragraph(
                "Expected calibration error of the given digits: \(Markup.percent(figures.reliability.expectedError))."
                    + (pairs.isEmpty ? "" : " Digits heard as others: \(pairs.joined(separator: ", "))."))
            + worstHTML
    }

    private static func cells(_ tally: StringTally) -> [String] {
        [
            "\(tally.strings)", Markup.percent(tally.exactShare), "\(tally.digits)", Markup.percent(tally.errorShare),
            "\(tally.substituted)", "\(tally.lost)", "\(tally.inserted)", "\(tally.others)", "\(tally.othersHeard)",
        ]
    }

    private var worstHTML: String {
        guard !worst.isEmpty else { return "" }
        let figures = worst.compactMap { string -> String? in
            guard let picture = try? string.picture() else { return nil }
            let total = Double(max(string.frames.count / WindowShape.bands, 1))
            let marks = string.parts.map { part in
                let left = Double(part.frames.lowerBound) / total * 100
                let name = part.digit.map { part.isSpokenOh ? "oh" : "\($0)" } ?? "·"
                let style = part.accepted ? "" : ";opacity:.5"
                return "<span style=\"left:\(String(format: "%.1f", left))%\(style)\" "
                    + "title=\"\(Markup.percent(part.confidence, decimals: 1))\">\(name)</span>"
            }
            return "<figure><div class=\"marks\">\(marks.joined())</div><img alt=\"mel spectrogram\" "
                + "src=\"data:image/png;base64,\(Data(picture).base64EncodedString())\"/><figcaption>"
                + "<b>\(Markup.escape(string.words.joined(separator: " ")))</b>: \(string.errors) wrong<br/>"
                + "<small>\(Markup.escape(string.path))</small></figcaption></figure>"
        }
        return HTML.heading("Worst utterances")
            + HTML.paragraph(
                "The pictures are the network's input; above them stands what was heard, where it begins. A point is a word that "
                    + "is no digit; what is pale was not accepted.")
            + "<div class=\"clips\">\(figures.joined(separator: "\n"))</div>"
    }
}
