/// Text from elsewhere, such as names of devices, made fit for a terminal.
///
/// A name may hold anything: escape sequences, which a terminal obeys, and marks that turn the direction of the text.
public enum TerminalText {
    /// The text with everything that could do more than stand in its place replaced by `?`.
    ///
    /// - Parameter isASCII: whether all that is not ASCII is replaced too.
    public static func printable(_ text: String, isASCII: Bool = false) -> String {
        var scalars = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            scalars.append(isPrintable(scalar) && (!isASCII || scalar.isASCII) ? scalar : "?")
        }
        return String(scalars)
    }

    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        // Variation selectors change the width of what they follow, or not, as the terminal likes.
        if (0xFE00...0xFE0F).contains(scalar.value) { return false }
        switch scalar.properties.generalCategory {
        // Format characters turn text around and join what follows; what is not assigned has no width to count on.
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned: return false
        default: return true
        }
    }

    /// As much of the text as fits into so many columns.
    public static func fitted(_ text: String, columns: Int) -> String {
        ScreenLine(text).cut(to: columns).text
    }

    /// The columns that a character takes: 0, 1 or 2.
    ///
    /// After Unicode's East Asian Width, whose wide ranges are merged where nothing but unassigned lies between them, and
    /// with emoji, as terminals show them.
    static func columns(_ character: Character) -> Int {
        guard let scalar = character.unicodeScalars.first else { return 0 }
        switch scalar.properties.generalCategory {
        // On its own, with nothing before it to stand on.
        case .nonspacingMark, .enclosingMark: return 0
        default: return isWide(scalar.value) ? 2 : 1
        }
    }

    private static func isWide(_ value: UInt32) -> Bool {
        switch value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE10...0xFE19, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1_6FE0...0x1_B2FF,
            0x1_F300...0x1_F64F, 0x1_F680...0x1_F6FF, 0x1_F900...0x1_FAFF, 0x2_0000...0x3_FFFD:
            true
        default: false
        }
    }
}
