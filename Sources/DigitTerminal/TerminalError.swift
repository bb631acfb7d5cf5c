import Glibc

/// Why a screen cannot be shown.
public enum TerminalError: Error, Equatable, CustomStringConvertible {
    /// The terminal cannot be read or written, an error number of the system.
    case unusable(code: CInt)
    /// The system lacks something else that is needed, an error number.
    case system(code: CInt)

    /// One sentence that says what to do.
    public var description: String {
        switch self {
        case .unusable(let code):
            "The terminal cannot be used (\(Self.reason(code))); run the command in another, or through cat for lines."
        case .system(let code): "The system refused (\(Self.reason(code))); end some programs and try again."
        }
    }

    private static func reason(_ code: CInt) -> String { String(cString: strerror(code)) }
}
