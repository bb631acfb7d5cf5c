import Foundation

/// The recordings of one or more data directories, in a fixed order.
///
/// Two layouts are understood (DESIGN.md, "Command line"): FSDD's `recordings/{digit}_{speaker}_{index}.wav`, and
/// labelled folders `<0-9>/<speaker>_<n>.{wav,flac,ogg}`, where `_background_noise_/` is noise for mixing and every
/// other folder is speech that is not a digit. Recordings of several words have a layout of their own
/// (`scanTranscripts`). Only names are read here; `ClipStore` reads the audio.
public struct DataSet: Sendable {
    /// The labelled recordings, sorted by directory as given, then by path.
    public var clips: [LabelledClip]
    /// The noise recordings, in the same order.
    public var noises: [NoiseClip]
    /// The recordings of several words, in the same order.
    public var utterances: [TranscribedClip]

    /// The name of the folder that holds noise (Speech Commands' convention).
    public static let noiseFolder = "_background_noise_"
    /// File name endings of recordings, lower case.
    public static let audioExtensions: Set<String> = ["wav", "flac", "ogg"]

    /// A set of known recordings.
    public init(clips: [LabelledClip], noises: [NoiseClip] = [], utterances: [TranscribedClip] = []) {
        self.clips = clips
        self.noises = noises
        self.utterances = utterances
    }

    /// Scans data directories.
    public init(directories: [String]) throws(DataError) {
        guard !directories.isEmpty else { throw .noDirectories }
        var scanned = DataSet(clips: [])
        for (directory, name) in zip(directories, Self.names(ofDirectories: directories)) {
            let path = URL(fileURLWithPath: directory).standardizedFileURL.path
            let part = try Self.scan(path, given: directory, set: name)
            scanned.clips += part.clips
            scanned.noises += part.noises
            scanned.utterances += part.utterances
        }
        self = scanned
    }

    /// What the sets of data directories are called: after the directories' last names.
    ///
    /// Two directories may have the same name; their speakers are still different people, so the second is `name#2`.
    public static func names(ofDirectories directories: [String]) -> [String] {
        var counts: [String: Int] = [:]
        return directories.map { directory in
            let name = URL(fileURLWithPath: directory).standardizedFileURL.lastPathComponent
            counts[name, default: 0] += 1
            return counts[name] == 1 ? name : "\(name)#\(counts[name]!)"
        }
    }

    /// Whether a clip belongs to FSDD's official test: index 0 to 4 of every speaker and digit. Never trained on.
    public static func isOfficialTest(_ clip: LabelledClip) -> Bool {
        guard clip.isFSDD, let index = clip.index else { return false }
        return (0...4).contains(index)
    }

    /// The clips of FSDD's official test that this set holds.
    public var officialTest: [LabelledClip] { clips.filter(Self.isOfficialTest) }

    private static func scan(_ path: String, given: String, set: String) throws(DataError) -> DataSet {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            throw .notADirectory(path: given)
        }
        let entries = try list(path)
        guard !entries.isEmpty else { throw .empty(path: given) }
        var result = DataSet(clips: [])
        if entries.contains("recordings") {
            result.clips = try scanFSDD(path + "/recordings", set: set)
        } else if entries.contains(where: { fsddName(of: $0) != nil }) {
            result.clips = try scanFSDD(path, set: set)
        }
        if entries.contains(transcriptFile) {
            result.utterances = try scanTranscripts(path, entries: entries, set: set)
        }
        for folder in entries where folder != "recordings" {
            try result.appendFolder(path + "/" + folder, named: folder, set: set)
        }
        guard !result.clips.isEmpty || !result.noises.isEmpty || !result.utterances.isEmpty else {
            throw .noClips(path: given)
        }
        return result
    }

    private mutating func appendFolder(_ path: String, named folder: String, set: String) throws(DataError) {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory), isDirectory.boolValue else {
            return
        }
        for file in try Self.list(path) {
            guard let stem = Self.audioStem(of: file) else { continue }
            if folder == Self.noiseFolder {
                noises.append(NoiseClip(path: path + "/" + file, set: set))
                continue
            }
            let (speaker, index) = Self.speakerAndIndex(of: stem)
            clips.append(
                LabelledClip(
                    path: path + "/" + file, label: Self.label(ofFolder: folder), speaker: speaker, set: set,
                    folder: folder, index: index))
        }
    }

    private static func scanFSDD(_ path: String, set: String) throws(DataError) -> [LabelledClip] {
        try list(path).compactMap { file in
            guard let name = fsddName(of: file) else { return nil }
            return LabelledClip(
                path: path + "/" + file, label: name.digit, speaker: name.speaker, set: set, index: name.index,
                isFSDD: true)
        }
    }

    /// Names in a directory, sorted by their bytes so that no locale changes the order; hidden files left out.
    private static func list(_ path: String) throws(DataError) -> [String] {
        do {
            return try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") }
                .sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        } catch {
            throw .unreadable(path: path, reason: (error as NSError).localizedDescription)
        }
    }

    private static func label(ofFolder folder: String) -> Int {
        guard folder.utf8.count == 1, let digit = Int(folder), (0...9).contains(digit) else {
            return LabelledClip.notADigit
        }
        return digit
    }

    static func audioStem(of file: String) -> Substring? {
        guard let dot = file.lastIndex(of: "."), dot != file.startIndex,
            audioExtensions.contains(file[file.index(after: dot)...].lowercased())
        else { return nil }
        return file[..<dot]
    }

    /// The speaker is the file name up to its last underscore; without one, the whole name.
    static func speakerAndIndex(of stem: Substring) -> (String, Int?) {
        guard let bar = stem.lastIndex(of: "_"), bar != stem.startIndex else { return (String(stem), nil) }
        return (String(stem[..<bar]), Int(stem[stem.index(after: bar)...]))
    }

    /// `7_jackson_32.wav`: digit 7, speaker jackson, index 32.
    static func fsddName(of file: String) -> (digit: Int, speaker: String, index: Int)? {
        guard let stem = audioStem(of: file), let first = stem.firstIndex(of: "_"), let last = stem.lastIndex(of: "_"),
            first < last, stem.distance(from: stem.startIndex, to: first) == 1,
            let digit = Int(stem[..<first]), (0...9).contains(digit),
            let index = Int(stem[stem.index(after: last)...]), index >= 0
        else { return nil }
        let speaker = stem[stem.index(after: first)..<last]
        return speaker.isEmpty ? nil : (digit, String(speaker), index)
    }
}
