/// Why a data set cannot be used; the description is one sentence that says what to do.
public enum DataError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The path does not exist or is not a directory.
    case notADirectory(path: String)
    /// The directory exists but cannot be listed.
    case unreadable(path: String, reason: String)
    /// The directory has nothing in it.
    case empty(path: String)
    /// There are files, but no clip in either layout.
    case noClips(path: String)
    /// A directory's `text` does not say what its recordings hold.
    case transcript(path: String, problem: String)
    /// No directory was given.
    case noDirectories
    /// Every clip of the set was damaged; the first reason is given.
    case allDamaged(count: Int, first: String)
    /// A class has no clip to learn from.
    case missingClass(label: Int)
    /// No window can be made because the front end refused its numbers.
    case frontEnd(reason: String)

    /// One sentence for a person.
    public var description: String {
        switch self {
        case .notADirectory(let path):
            "\(path) is not a directory; give a data directory that holds labelled recordings."
        case .unreadable(let path, let reason):
            "Cannot read the directory \(path) (\(reason)); check its permissions."
        case .empty(let path):
            "The data directory \(path) is empty; put recordings in \(path)/<0-9>/<speaker>_<n>.wav or give another."
        case .noClips(let path):
            "No recordings found in \(path); it needs recordings/<digit>_<speaker>_<n>.wav or "
                + "<0-9>/<speaker>_<n>.wav, .flac or .ogg, or recordings with a file text that says their words."
        case .transcript(let path, let problem):
            "\(path) is not usable: \(problem); it needs a line for each recording, its name without ending, then its words."
        case .noDirectories:
            "No data directory was given; name at least one with --data."
        case .allDamaged(let count, let first):
            "None of the \(count) recordings can be read (the first: \(first)); check that they are audio files."
        case .missingClass(let label):
            "There is no recording of \(label == 10 ? "anything but digits" : "the digit \(label)") to train on; "
                + "add a data directory that has some."
        case .frontEnd(let reason):
            "The front end cannot be set up: \(reason)"
        }
    }
}
