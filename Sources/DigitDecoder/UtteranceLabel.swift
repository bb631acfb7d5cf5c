/// What the network says of a column of an utterance.
///
/// The raw value is the index of the label's logit, 0...12. Utterances are written with the first twelve; the last one
/// is CTC's own, and stands for no new label (Graves et al., "Connectionist temporal classification", 2006).
public enum UtteranceLabel: Int, Sendable, Hashable, CaseIterable {
    /// The digit 0, said "zero".
    case zero
    /// The digit 1.
    case one
    /// The digit 2.
    case two
    /// The digit 3.
    case three
    /// The digit 4.
    case four
    /// The digit 5.
    case five
    /// The digit 6.
    case six
    /// The digit 7.
    case seven
    /// The digit 8.
    case eight
    /// The digit 9.
    case nine
    /// The digit 0, said "oh".
    case oh
    /// A word or a letter that is no digit.
    case other
    /// No label begins or goes on here.
    case blank

    /// Logits of a column.
    public static let labelCount = 13

    /// Digits that an event can have.
    public static let digitCount = 10

    /// The label of a digit said by its own name, 0...9; nil for any other number.
    public init?(digit: Int) {
        guard (0..<Self.digitCount).contains(digit) else { return nil }
        self.init(rawValue: digit)
    }

    /// The label with this name; nil where there is none.
    public init?(name: some StringProtocol) {
        guard let label = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = label
    }

    /// `0`...`9`, `oh`, `other` or `blank`, as the weights file lists them.
    public var name: String {
        switch self {
        case .oh: "oh"
        case .other: "other"
        case .blank: "blank"
        default: String(rawValue)
        }
    }

    /// The digit that an event has, 0...9; nil for `other` and `blank`.
    public var digit: Int? {
        switch self {
        case .oh: 0
        case .other, .blank: nil
        default: rawValue
        }
    }

    /// Whether it is a digit, said one way or another.
    public var isDigit: Bool { digit != nil }
}
