/// What a terminal can show, as its environment says.
public struct TerminalStyle: Sendable, Equatable {
    /// Whether it shows more than ASCII.
    public var isUnicode: Bool
    /// Whether colours are wanted.
    public var hasColour: Bool
    /// Whether it obeys escape sequences: it can be written all over, not only line after line.
    public var hasCursor: Bool

    /// A style of one's own.
    public init(isUnicode: Bool, hasColour: Bool, hasCursor: Bool = true) {
        self.isUnicode = isUnicode
        self.hasColour = hasColour
        self.hasCursor = hasCursor
    }

    /// What the variables say: `LC_ALL`, `LC_CTYPE` and `LANG` in the order of locale(7), `NO_COLOR` (no-color.org) and
    /// `TERM`.
    public init(environment: [String: String]) {
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap { environment[$0] }.first { !$0.isEmpty } ?? "C"
        let codeset = locale.lowercased().filter { $0 != "-" }
        let terminal = environment["TERM"] ?? ""
        isUnicode = codeset.contains(".utf8")
        hasCursor = !terminal.isEmpty && terminal != "dumb"
        hasColour = hasCursor && (environment["NO_COLOR"] ?? "").isEmpty
    }
}
