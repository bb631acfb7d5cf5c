/// What may reach a terminal or a log: names of files and devices, and what a daemon sends, come from strangers.
///
/// A terminal obeys control characters, C0 and C1 alike, and the marks that turn the direction of writing around show
/// another text than there is.
public enum PrintableText {
    /// The text with `?` for every character that is an order instead of a sign.
    public static func of(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { !isPrintable($0) }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { isPrintable($0) ? $0 : "?" }))
    }

    /// A line of JSON with escapes for such characters, which are the same text to whoever reads JSON; between its
    /// tokens they can only be white space, and become spaces.
    public static func ofJSON(_ line: String) -> String {
        guard line.unicodeScalars.contains(where: { !isPrintable($0) }) else { return line }
        var result = ""
        for scalar in line.unicodeScalars {
            if isPrintable(scalar) {
                result.unicodeScalars.append(scalar)
            } else if scalar.value < 0x20 {
                result.append(" ")
            } else {
                for unit in UTF16.encode(scalar)! { result.append(escape(unit)) }
            }
        }
        return result
    }

    /// Whether a character is a sign and no order.
    static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        if scalar.value < 0x7F { return scalar.value >= 0x20 }
        if scalar.value < 0xA0 { return false }
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: return false
        // Some marks of this kind join letters; those of direction, the byte order mark and the invisible tags only
        // hide.
        case .format: return !scalar.properties.isBidiControl && scalar != "\u{FEFF}" && scalar.value < 0xE0000
        default: return true
        }
    }

    private static func escape(_ unit: UInt16) -> String {
        let digits = String(unit, radix: 16)
        return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
    }
}
