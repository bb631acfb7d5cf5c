import Foundation
import ResNetTraining

/// The page's part about recordings through the recogniser of `digitd listen`.
struct LiveSection {
    var live: LiveFigures
    var inNoise: [LiveNoiseFigures]

    var html: String {
        HTML.heading("Through the live recogniser")
            + HTML.paragraph(
                "Recordings are played one after the other, 0.4 to 1.2 s apart, over white noise 40 dB below the speech, to "
                    + "the recogniser that digitd listen runs, at the network's threshold. "
                    + "Digits heard in the pauses: \(live.extras).")
            + [digits, words, noises, noisy].filter { !$0.isEmpty }.joined(separator: "\n")
    }

    private var digits: String {
        guard !live.digits.isEmpty else { return "" }
        let rows = live.digits + (live.digits.count > 1 ? [live.allDigits] : [])
        return HTML.table(
            ["Digits", "Spoken", "Right", "Wrong", "Rejected", "Missed"],
            rows.map { digits in
                let shares = [\LiveFigures.Digits.right, \.wrong, \.rejected, \.missed].map {
                    Markup.percent(digits.share($0))
                }
                return [digits.set, "\(digits.spoken)"] + shares
            })
    }

    private var words: String {
        guard !live.words.isEmpty else { return "" }
        let worst = live.worstWords(20)
        var html = Self.table("Other words", live.wordsBySet)
        if !worst.isEmpty {
            html += "<details><summary>Words most often taken for a digit</summary>"
            html += HTML.table(
                ["Word", "Set", "Recordings", "Taken"],
                worst.map { [$0.word, $0.set, "\($0.recordings)", Markup.percent($0.share)] })
            html += "</details>"
        }
        return html
    }

    private var noises: String {
        guard !live.noises.isEmpty else { return "" }
        var html = Self.table("Noise", live.noises)
        if !live.noiseHits.isEmpty {
            html += "<details><summary>Noise heard as digits</summary>"
            html += HTML.table(
                ["Recording", "Digits"],
                live.noiseHits.map { [$0.path, $0.digits.map(String.init).joined(separator: " ")] })
            html += "</details>"
        }
        return html
    }

    private var noisy: String {
        guard !inNoise.isEmpty else { return "" }
        return HTML.paragraph(
            "The same in recorded noise without end instead of silence, at a ratio of the speech's level to the noise's."
        )
            + HTML.table(
                ["SNR", "Right", "Wrong", "Rejected", "Missed", "Other words taken", "Extra digits"],
                inNoise.map { noise in
                    let digits = noise.figures.allDigits
                    let shares = [\LiveFigures.Digits.right, \.wrong, \.rejected, \.missed].map {
                        Markup.percent(digits.share($0))
                    }
                    let words = LiveFigures.Others.sum(noise.figures.words)
                    return [noise.name] + shares + [Markup.percent(words.share), "\(noise.figures.extras)"]
                })
    }

    private static func table(_ name: String, _ groups: [LiveFigures.Others]) -> String {
        let rows = groups + (groups.count > 1 ? [LiveFigures.Others.sum(groups)] : [])
        return HTML.table(
            [name, "Recordings", "Taken for a digit", "Hours", "False digits an hour"],
            rows.map { group in
                [
                    group.set, "\(group.recordings)", Markup.percent(group.share),
                    String(format: "%.3f", group.seconds / 3600), String(format: "%.1f", group.perHour),
                ]
            })
    }
}
