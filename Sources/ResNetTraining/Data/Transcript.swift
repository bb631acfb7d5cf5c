import DigitDecoder

/// What was said in a recording, word by word, and what the network is to say of it.
public struct Transcript: Sendable, Hashable {
    /// The words in lower case, first to last; a single letter is that letter spelled.
    public var words: [String]

    /// A transcript of words.
    public init(words: [String]) { self.words = words }

    private static let digits = [
        "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    ]

    /// The label of one word: a digit word's, `oh`, or `other`.
    public static func label(of word: String) -> UtteranceLabel {
        if let digit = digits[word] { return UtteranceLabel(digit: digit)! }
        return word == "oh" ? .oh : .other
    }

    /// A spelled "o", which sounds as "oh" does.
    private static func isLetterO(_ word: String) -> Bool { word == "o" }
    private static func isLetter(_ word: String) -> Bool { word.utf8.count == 1 }

    /// The digits said, in order: 0 for "oh" too.
    public var digits: [Int] { words.compactMap { Self.label(of: $0).digit } }
    /// Whether every word is a digit.
    public var isDigitsOnly: Bool { !words.isEmpty && words.allSatisfy { Self.label(of: $0).isDigit } }
    /// Whether zero is said "oh" in it.
    public var hasOh: Bool { words.contains("oh") }

    /// What the columns are to say.
    ///
    /// Several words in a row that are no digits are at least one `other`, not so many: how many they were is nothing
    /// that anybody asks. A spelled "o" beside another letter is `other` too; alone it may be either.
    public var target: CTCTarget {
        var target = CTCTarget(gap: .blank)
        var index = 0
        while index < words.count {
            let label = Self.label(of: words[index])
            guard label == .other else {
                target.append(OutputSet(label.rawValue), gap: .blank)
                index += 1
                continue
            }
            var end = index + 1
            while end < words.count, Self.label(of: words[end]) == .other { end += 1 }
            if end == index + 1 {
                target.append(Self.isLetterO(words[index]) ? [.other, .oh] : .other, gap: .blank)
            } else {
                target.appendTalk()
            }
            index = end
        }
        return target
    }
}

extension OutputSet {
    /// The set of CTC's blank alone.
    static let blank = OutputSet(UtteranceLabel.blank.rawValue)
    /// The set of `other` alone.
    static let other = OutputSet(UtteranceLabel.other.rawValue)
    /// The set of `oh` alone.
    static let oh = OutputSet(UtteranceLabel.oh.rawValue)
}

extension CTCTarget {
    /// Nothing is said.
    static let silence = CTCTarget(gap: .blank)

    /// One or more words that are no digits.
    static let talk: CTCTarget = {
        var target = CTCTarget.silence
        target.appendTalk()
        return target
    }()

    /// Adds one or more words that are no digits; to such words they add nothing.
    mutating func appendTalk() {
        if labels.last == .other, goesOnInGap(labels.count - 1) { return }
        append(.other, gap: [.blank, .other])
    }

    /// One label, as `UtteranceLabel` numbers them.
    init(_ label: UtteranceLabel) {
        self.init(gap: .blank)
        append(OutputSet(label.rawValue), gap: .blank)
    }

    /// The digits of it, `oh` among them, without what is no digit for certain.
    var digitLabels: [OutputSet] { labels.filter { !$0.contains(.other) } }
}

/// A recording of several words.
public struct TranscribedClip: Sendable, Hashable {
    /// The file.
    public var path: String
    /// Who speaks: the file name up to its last underscore.
    public var speaker: String
    /// The name of the data directory it came from.
    public var set: String
    /// What is said.
    public var transcript: Transcript

    /// Describes a recording.
    public init(path: String, speaker: String, set: String, transcript: Transcript) {
        self.path = path
        self.speaker = speaker
        self.set = set
        self.transcript = transcript
    }

    /// The person, by set.
    public var identity: SpeakerIdentity { SpeakerIdentity(set: set, speaker: speaker) }
}
