import Foundation

/// Text and numbers as SVG and HTML need them.
package enum Markup {
    /// Text for an element or a quoted attribute. Control characters, which XML forbids, become U+FFFD.
    package static func escape(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            case "\n", "\t": result.unicodeScalars.append(scalar)
            case "\u{0}"..."\u{1F}", "\u{FFFE}"..."\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A coordinate, to a hundredth.
    package static func coordinate(_ value: Double) -> String {
        let rounded = (value * 100).rounded() / 100
        return rounded == rounded.rounded() ? String(Int(rounded)) : "\(rounded)"
    }

    /// A fraction as a percentage with `decimals` places.
    package static func percent(_ value: Double, decimals: Int = 2) -> String {
        String(format: "%.\(decimals)f %%", value * 100)
    }

    /// Colours that follow the reader's light or dark setting; shared by plots and pages.
    package static let style = """
        :root{color-scheme:light dark}
        .ink{fill:#222}.faint{fill:#666}.line{stroke:#888}.grid{stroke:#ccc}.paper{fill:#fff}.mark{stroke:#222}
        .s0{stroke:#0b62a4}.s1{stroke:#c4570c}.s2{stroke:#2a7d2a}.s3{stroke:#8a3fa0}.s4{stroke:#a01c3c}
        .f0{fill:#0b62a4}.f1{fill:#c4570c}.f2{fill:#2a7d2a}.f3{fill:#8a3fa0}.f4{fill:#a01c3c}
        @media(prefers-color-scheme:dark){.ink{fill:#e6e6e6}.faint{fill:#aaa}.line{stroke:#888}.grid{stroke:#444}.paper{fill:#161616}.mark{stroke:#eee}
        .s0{stroke:#6db3f2}.s1{stroke:#f2a65e}.s2{stroke:#7fd07f}.s3{stroke:#cf9be0}.s4{stroke:#f28aa0}
        .f0{fill:#6db3f2}.f1{fill:#f2a65e}.f2{fill:#7fd07f}.f3{fill:#cf9be0}.f4{fill:#f28aa0}}
        """
}
