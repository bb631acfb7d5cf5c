import SpeechSegmenter

/// Entries of the table of options, by the type of what they set.
extension ConfigurationOption {
    /// A text with a meaning of its own. None of these can change in a running daemon.
    static func text(
        _ table: String, _ name: String, _ kind: Kind, _ comment: String,
        get: @escaping @Sendable (Configuration) -> String,
        set: @escaping @Sendable (inout Configuration, String) -> Void
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: kind, isLive: false, comment: comment,
            value: { .text(get($0)) },
            set: { configuration, value in
                if case .text(let text) = value { set(&configuration, text) }
            })
    }

    static func flag(
        _ table: String, _ name: String, _ path: any WritableKeyPath<Configuration, Bool> & Sendable, _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: .flag, isLive: true, comment: comment,
            value: { .flag($0[keyPath: path]) },
            set: { configuration, value in
                if case .flag(let flag) = value { configuration[keyPath: path] = flag }
            })
    }

    static func integer(
        _ table: String, _ name: String, _ path: any WritableKeyPath<Configuration, Int> & Sendable,
        _ range: ClosedRange<Int>, of unit: String, _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: .integer(range, of: unit), isLive: true, comment: comment,
            value: { .integer($0[keyPath: path]) },
            set: { configuration, value in
                if case .integer(let integer) = value { configuration[keyPath: path] = integer }
            })
    }

    /// A whole number or a word in place of none.
    static func integerOr(
        _ word: String, _ table: String, _ name: String,
        _ path: any WritableKeyPath<Configuration, Int?> & Sendable, _ range: ClosedRange<Int>, isLive: Bool,
        _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: .integerOr(range, word), isLive: isLive, comment: comment,
            value: { $0[keyPath: path].map(Value.integer) ?? .text(word) },
            set: { configuration, value in
                if case .integer(let integer) = value {
                    configuration[keyPath: path] = integer
                } else {
                    configuration[keyPath: path] = nil
                }
            })
    }

    static func number(
        _ table: String, _ name: String, _ path: any WritableKeyPath<Configuration, Double> & Sendable,
        _ range: ClosedRange<Double>, of unit: String, _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: .number(range, of: unit), isLive: true, comment: comment,
            value: { .number($0[keyPath: path]) },
            set: { configuration, value in
                if let number = value.number { configuration[keyPath: path] = number }
            })
    }

    static func probability(
        _ table: String, _ name: String, _ path: any WritableKeyPath<Configuration, Double?> & Sendable,
        _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: .probabilityOrAuto, isLive: true, comment: comment,
            value: { $0[keyPath: path].map(Value.number) ?? .text("auto") },
            set: { configuration, value in configuration[keyPath: path] = value.number })
    }

    static func words<Word: RawRepresentable<String> & CaseIterable & Sendable>(
        _ table: String, _ name: String, _ path: any WritableKeyPath<Configuration, Word> & Sendable, isLive: Bool,
        _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: table, name: name, kind: .words(Word.allCases.map(\.rawValue)), isLive: isLive, comment: comment,
            value: { .text($0[keyPath: path].rawValue) },
            set: { configuration, value in
                if case .text(let text) = value, let word = Word(rawValue: text) { configuration[keyPath: path] = word }
            })
    }

    static func decibels(
        _ name: String, _ path: any WritableKeyPath<SegmenterParameters, Float> & Sendable,
        _ range: ClosedRange<Double>,
        _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: "segmenter", name: name, kind: .number(range, of: "dB"), isLive: true, comment: comment,
            // Through the text, which is the same for both widths: 9.3, and not 9.300000190734863.
            value: { .number(Double("\($0.segmenter[keyPath: path])") ?? 0) },
            set: { configuration, value in
                if let number = value.number { configuration.segmenter[keyPath: path] = Float(number) }
            })
    }

    static func milliseconds(
        _ name: String, _ path: any WritableKeyPath<SegmenterParameters, Int> & Sendable, _ range: ClosedRange<Int>,
        _ comment: String
    ) -> ConfigurationOption {
        ConfigurationOption(
            table: "segmenter", name: name, kind: .milliseconds(range), isLive: true, comment: comment,
            value: { .integer($0.segmenter[keyPath: path] * 10) },
            set: { configuration, value in
                if case .integer(let integer) = value { configuration.segmenter[keyPath: path] = integer / 10 }
            })
    }
}
