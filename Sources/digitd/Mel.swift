import ArgumentParser
import AudioInput
import Foundation
import MelSpectrogram
import ResNetTraining

/// `digitd mel`: recordings to mel-spectrogram pictures.
struct Mel: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Turns recordings into mel-spectrogram PNGs.",
        discussion: """
            A picture has 40 rows, low frequency at the bottom, and a column for each 10 ms; digitd classify reads it back.

            With a directory as input, every WAV, FLAC and Ogg file in it and in its folders becomes a PNG of the same \
            relative name under the output directory, which is made where missing. A recording that cannot be used is left \
            out with a sentence.

            With --recipe seed the pictures are those of the reference project: 128 rows, low frequency at the top, and a \
            column for each 32 ms, in decibels under the loudest. Only networks of digitd train --recipe seed take them.
            """)

    @Argument(help: "A recording, or a directory of them.", completion: .file())
    var input: String
    @Argument(help: "The PNG to write, or the directory to write PNGs into.", completion: .file())
    var output: String
    @Option(help: "What kind of picture: standard or seed.")
    var recipe: Recipe = .standard

    func run() throws {
        var progress = ProgressLine(plainSeconds: 5)
        guard Self.isDirectory(input) else {
            let target = Self.isDirectory(output) ? "\(output)/\(Self.pictureName(of: Self.baseName(input)))" : output
            let width = try convert(input, to: target)
            try progress.line("\(input) -> \(target) (\(width) frames)")
            return
        }
        let recordings = try Self.recordings(in: input)
        guard !recordings.isEmpty else {
            throw CommandFailure(
                .inputNotUsable, "\(input) holds no recordings; name a directory with WAV, FLAC or Ogg files.")
        }
        try convertAll(recordings, &progress)
    }

    private func convertAll(_ recordings: [String], _ progress: inout ProgressLine) throws {
        var failure = FirstFailure()
        var sourceOfPicture: [String: String] = [:]
        var written = 0
        for (index, name) in recordings.enumerated() {
            try progress.update("\(index)/\(recordings.count) \(name)")
            let picture = Self.pictureName(of: name)
            do {
                if let other = sourceOfPicture[picture] {
                    throw CommandFailure(
                        .failed,
                        "\(input)/\(name) is left out because \(other) gives \(picture) too; rename one of them.")
                }
                sourceOfPicture[picture] = name
                let target = "\(output)/\(picture)"
                try Self.makeDirectory((target as NSString).deletingLastPathComponent)
                _ = try convert("\(input)/\(name)", to: target)
                written += 1
            } catch {
                try progress.clear()
                failure.report(error)
            }
        }
        let leftOut = recordings.count - written
        try progress.line("\(written) pictures written\(leftOut > 0 ? ", \(leftOut) recordings left out" : "")")
        try failure.end()
    }

    /// - Returns: the picture's columns.
    private func convert(_ recording: String, to picture: String) throws -> Int {
        if recipe == .seed {
            let image = try DecibelImage(contentsOfRecording: recording)
            try image.write(to: picture)
            return image.picture.width
        }
        let samples = try AudioFile.readMono(recording, rate: MelParameters.standard.sampleRate)
        let image = MelImage(try MelSpectrogram(samples: samples, parameters: .standard))
        guard image.width > 0 else {
            throw CommandFailure(
                .inputNotUsable, "\(recording) is shorter than one frame of 25 ms; record a whole word.")
        }
        try image.write(to: picture)
        return image.width
    }

    /// Relative names of all recordings under a directory, sorted.
    private static func recordings(in directory: String) throws -> [String] {
        guard let names = FileManager.default.enumerator(atPath: directory),
            access(directory, R_OK | X_OK) == 0
        else {
            throw CommandFailure(.inputMissing, "\(directory) cannot be listed; allow this user to read it.")
        }
        return names.compactMap { $0 as? String }.filter {
            ["wav", "flac", "ogg"].contains(($0 as NSString).pathExtension.lowercased())
                && !isDirectory("\(directory)/\($0)")
        }.sorted()
    }

    private static func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw CommandFailure(
                .failed, "The directory \(path) cannot be made; check the output's name and permissions.")
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var isDirectory: ObjCBool = false
        return FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) && isDirectory.boolValue
    }

    private static func baseName(_ path: String) -> String { (path as NSString).lastPathComponent }

    private static func pictureName(of recording: String) -> String {
        (recording as NSString).deletingPathExtension + ".png"
    }
}
