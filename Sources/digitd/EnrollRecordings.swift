import AtomicFile
import AudioInput
import Foundation

/// The recordings of `enroll --keep`, in the layout of labelled folders.
struct EnrollRecordings {
    /// Whose they are: the file name up to its last underscore.
    static let speaker = "person"

    let directory: String

    /// Makes the directory, before anything is said.
    func prepare() throws { try make(directory) }

    /// Writes each take beside those of earlier sessions.
    func write(_ takes: [EnrollDialogue.Take]) throws {
        for take in takes {
            let folder = "\(directory)/\(take.digit)"
            try make(folder)
            var number = 0
            while FileManager.default.fileExists(atPath: path(folder, number)) { number += 1 }
            do throws(AtomicFileError) {
                // A person's voice is theirs.
                try writeAtomically(
                    WaveFile.bytes(samples: take.samples, rate: AudioReader.rate), to: path(folder, number),
                    mode: 0o600)
            } catch {
                throw CommandFailure(.failed, "Cannot write \"\(path(folder, number))\": \(error.reason).")
            }
        }
    }

    private func path(_ folder: String, _ number: Int) -> String { "\(folder)/\(Self.speaker)_\(number).wav" }

    private func make(_ directory: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .failed, "The directory \(directory) cannot be made; check the name and permissions of --keep.")
        }
    }
}
