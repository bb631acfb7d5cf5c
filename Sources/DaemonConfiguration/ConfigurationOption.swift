/// One option of the configuration file: its name, what it may be, what it is by default, and when a change takes effect.
///
/// From the table of all options (``all``) follow the reader, its error messages, and the text of `config/digitd.toml`.
public struct ConfigurationOption: Sendable {
    /// The table that it stands in.
    public let table: String
    /// Its name in the table.
    public let name: String
    /// What it may be.
    public let kind: Kind
    /// Whether a running daemon can take a change; otherwise it needs a restart.
    public let isLive: Bool
    /// What it is for, in one or two sentences.
    public let comment: String

    let value: @Sendable (Configuration) -> Value
    let set: @Sendable (inout Configuration, Value) -> Void

    /// The name with the table: "segmenter.enter_db".
    public var key: String { "\(table).\(name)" }
    /// The default as TOML.
    public var defaultText: String { text(in: Configuration()) }

    /// The value in a configuration as TOML.
    public func text(in configuration: Configuration) -> String {
        value(configuration).toml
    }

    /// A value of an option, in the terms of the file.
    enum Value: Sendable, Equatable {
        case flag(Bool)
        case integer(Int)
        case number(Double)
        case text(String)

        var toml: String {
            switch self {
            case .flag(let flag): "\(flag)"
            case .integer(let integer): "\(integer)"
            case .number(let number): Self.text(number)
            case .text(let text): Self.quoted(text)
            }
        }

        /// The number, where it is one.
        var number: Double? {
            switch self {
            case .integer(let integer): Double(integer)
            case .number(let number): number
            case .flag, .text: nil
            }
        }

        /// The shortest text of a number: whole ones without a fraction.
        static func text(_ number: Double) -> String {
            let text = "\(number)"
            return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
        }

        /// A basic string of TOML.
        static func quoted(_ text: String) -> String {
            var quoted = "\""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "\"": quoted += "\\\""
                case "\\": quoted += "\\\\"
                case "\t": quoted += "\\t"
                case _ where scalar.value < 0x20 || scalar.value == 0x7F:
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                default: quoted.unicodeScalars.append(scalar)
                }
            }
            return quoted + "\""
        }
    }
}
