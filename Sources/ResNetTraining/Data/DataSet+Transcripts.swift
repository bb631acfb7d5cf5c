import Foundation

/// Directories of utterances: recordings of several words, and a file `text` that says which.
extension DataSet {
    /// The file with a line an utterance: the recording's name without its ending, then the words (Kaldi's convention).
    static let transcriptFile = "text"

    /// The utterances of a directory, in the order of `entries`; recordings that the file does not name are left out.
    ///
    /// - Throws: `DataError.transcript` for a line that names no recording or no word, or a file that is not text.
    static func scanTranscripts(
        _ path: String, entries: [String], set: String
    ) throws(DataError) -> [TranscribedClip] {
        let file = path + "/" + transcriptFile
        guard let data = FileManager.default.contents(atPath: file), let text = String(data: data, encoding: .utf8)
        else { throw .transcript(path: file, problem: "it is not UTF-8 text") }
        var words: [Substring: [String]] = [:]
        for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let fields = line.split(whereSeparator: \.isWhitespace)
            guard let name = fields.first else { continue }
            guard fields.count > 1 else {
                throw .transcript(path: file, problem: "line \(number + 1) has no words behind \(name)")
            }
            words[name] = fields.dropFirst().map { $0.lowercased() }
        }
        var utterances: [TranscribedClip] = []
        for entry in entries {
            guard let stem = audioStem(of: entry), let said = words.removeValue(forKey: stem) else { continue }
            utterances.append(
                TranscribedClip(
                    path: path + "/" + entry, speaker: speakerAndIndex(of: stem).0, set: set,
                    transcript: Transcript(words: said)))
        }
        if let name = words.keys.min() {
            throw .transcript(path: file, problem: "there is no recording for \(name)")
        }
        return utterances
    }
}
