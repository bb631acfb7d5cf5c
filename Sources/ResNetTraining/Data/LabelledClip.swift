/// One recording of a data set and what it is.
public struct LabelledClip: Sendable, Hashable {
    /// The label of everything that is not a digit.
    public static let notADigit = 10
    /// How many labels there are: ten digits and "not a digit".
    public static let labelCount = 11

    /// The file.
    public var path: String
    /// 0...9 the digit spoken, 10 not a digit.
    public var label: Int
    /// Who speaks: the file name up to its last underscore; in FSDD's layout the part between first and last.
    public var speaker: String
    /// The name of the data directory it came from.
    public var set: String
    /// The name of its folder (`7`, `marvin`, ...); in FSDD's layout the digit.
    public var folder: String
    /// The number after the last underscore, where there is one.
    public var index: Int?
    /// Whether it lies in FSDD's layout, `recordings/{digit}_{speaker}_{index}.wav`.
    public var isFSDD: Bool

    /// Describes a recording.
    public init(
        path: String, label: Int, speaker: String, set: String, folder: String? = nil, index: Int? = nil,
        isFSDD: Bool = false
    ) {
        self.path = path
        self.label = label
        self.speaker = speaker
        self.set = set
        self.folder = folder ?? String(label)
        self.index = index
        self.isFSDD = isFSDD
    }

    /// The person, by set: two sets may both call somebody "0".
    public var identity: SpeakerIdentity { SpeakerIdentity(set: set, speaker: speaker) }
}

/// A speaker of one set; what a split by speaker splits.
public struct SpeakerIdentity: Sendable, Hashable, Comparable {
    /// The data directory's name.
    public var set: String
    /// The speaker's name in it.
    public var speaker: String

    /// Names a speaker of a set.
    public init(set: String, speaker: String) {
        self.set = set
        self.speaker = speaker
    }

    /// By set, then by speaker.
    public static func < (a: SpeakerIdentity, b: SpeakerIdentity) -> Bool {
        (a.set, a.speaker) < (b.set, b.speaker)
    }
}

/// A recording of noise to mix in.
public struct NoiseClip: Sendable, Hashable {
    /// The file.
    public var path: String
    /// The name of the data directory it came from.
    public var set: String

    /// Names a noise recording of a set.
    public init(path: String, set: String) {
        self.path = path
        self.set = set
    }
}
