/// Why a configuration file cannot be used.
public enum ConfigurationError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file is missing or may not be read, or is no file.
    case unreadable(path: String, reason: String)
    /// The file was read and says something wrong: every problem found in it, at least one, in the order of its lines.
    case invalid([ConfigurationProblem])

    /// One sentence: the first problem, and how to see the others.
    public var description: String {
        switch self {
        case .unreadable(let path, let reason):
            "The configuration file \(path) cannot be read (\(reason)); check its name and permissions."
        case .invalid(let problems):
            switch problems.count {
            case 0: "The configuration file is not valid."
            case 1: problems[0].description
            default:
                "\(problems[0].place): \(problems[0].message) "
                    + "(the first of \(problems.count) problems; digitd config check lists them)."
            }
        }
    }
}

/// One thing that is wrong in a configuration file.
public struct ConfigurationProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The file, as it was named.
    public var path: String
    /// The line in the file, from 1; nil where the whole file is meant.
    public var line: Int?
    /// For TOML that cannot be understood: the column in the line, in characters from 1.
    public var column: Int?
    /// The key in question, with its table: "segmenter.enter_db".
    public var key: String?
    /// What is wrong and what is allowed, without the full stop.
    public var message: String

    /// Creates a problem.
    public init(path: String, line: Int? = nil, column: Int? = nil, key: String? = nil, message: String) {
        self.path = path
        self.line = line
        self.column = column
        self.key = key
        self.message = message
    }

    /// The file with line and column, as far as they are known: "config/digitd.toml, line 12".
    public var place: String {
        let line = line.map { ", line \($0)" } ?? ""
        let column = column.map { ", column \($0)" } ?? ""
        return path + line + column
    }

    /// One sentence: `config/digitd.toml, line 12: segmenter.enter_db is 90, but must be a number of dB from 1 to 40.`
    public var description: String { "\(place): \(message)." }
}
