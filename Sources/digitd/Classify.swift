import ArgumentParser
import AudioInput
import DigitDecoder
import DigitRecognizer
import Foundation
import Glibc
import MelSpectrogram
import ResNet
import ResNetTraining

/// `digitd classify`: one label a file.
struct Classify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says which digit each recording, or mel-spectrogram picture, holds.",
        discussion: """
            Prints one line a file, in the order given: "Prediction: 7 (Confidence: 0.9987)", or not_a_digit for anything \
            else. A recording is WAV, FLAC or Ogg of one word; a picture is a PNG made by digitd mel (for a network of \
            digitd train --recipe seed, by digitd mel --recipe seed). Which of the two a file is, is told by its content.

            With --json each line is an object with file, label, confidence, digit (unless it is none) and probabilities, \
            which has the ten digits and then "not a digit".

            A file that cannot be used gets a sentence on standard error; the others are classified all the same.
            """)

    @Argument(help: ArgumentHelp("Recordings or pictures.", valueName: "file"), completion: .file())
    var files: [String]
    @Flag(help: "Print one JSON object a line.")
    var json = false
    @Option(
        help: ArgumentHelp("Weights file to use instead of the installed one.", valueName: "file"),
        completion: .file(extensions: ["safetensors"]))
    var model: String?

    @OptionGroup var precision: PrecisionOption

    func run() throws {
        let weights = try ModelFile(given: model, precision: precision.chosen, allowsImages: true)
        if weights.frontEnd == .utterance { return try classifyUtterances(weights) }
        let model = try ClipModel(weights)
        var failure = FirstFailure()
        for file in files {
            do {
                let judgement = try model.judge(Self.window(of: file, for: model.file.frontEnd), labels: [0])
                let result = Classification(file: file, judgement, temperature: model.file.temperature)
                try StandardOutput.line(json ? result.json() : result.text)
            } catch let exit as ExitCode {
                throw exit
            } catch {
                failure.report(error)
            }
        }
        try failure.end()
    }

    /// By a network for utterances.
    private func classifyUtterances(_ model: ModelFile) throws {
        var reader = try model.reader()
        var failure = FirstFailure()
        for file in files {
            do {
                let frames = UtteranceInput.frames(of: try Self.spectrogram(of: file)).values
                let judgement = Judgements(
                    logits: reader.clipLogits(of: frames, bands: MelParameters.standard.bandCount), labels: [0])
                let utterance = reader.read(frames, bands: MelParameters.standard.bandCount)
                // What is less sure than the network's threshold is no digit.
                var result = Classification(file: file, judgement, temperature: 1)
                result.reject(below: model.acceptThreshold)
                try StandardOutput.line(json ? result.json(utterance) : result.text)
            } catch let exit as ExitCode {
                throw exit
            } catch {
                failure.report(error)
            }
        }
        try failure.end()
    }

    /// All frames of a picture or a recording.
    private static func spectrogram(of file: String) throws -> MelSpectrogram {
        if isPNG(file) { return try MelImage(contentsOf: file).spectrogram }
        let samples = try AudioFile.readMono(file, rate: MelParameters.standard.sampleRate)
        let spectrogram = try MelSpectrogram(samples: samples, parameters: .standard)
        guard spectrogram.frameCount > 0 else {
            throw CommandFailure(.inputNotUsable, "\(file) is shorter than one frame of 25 ms; record a whole word.")
        }
        return spectrogram
    }

    /// The network's input for a picture or a recording.
    private static func window(of file: String, for frontEnd: FrontEnd) throws -> [Float] {
        let isPicture = isPNG(file)
        if frontEnd == .decibelImage {
            return try isPicture
                ? DecibelImage(contentsOf: file).window : DecibelImage(contentsOfRecording: file).window
        }
        return ClipWindow.window(spectrogram: try spectrogram(of: file))
    }

    /// Whether a file begins as every PNG does; false for one that cannot be read, which the reader of sound then says.
    private static func isPNG(_ file: String) -> Bool {
        // A pipe can be opened once only, and what is taken out of it here the reader of sound would lack.
        var status = stat()
        guard stat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return false }
        let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        guard let stream = fopen(file, "rbe") else { return false }
        defer { fclose(stream) }
        var start = [UInt8](repeating: 0, count: signature.count)
        return fread(&start, 1, start.count, stream) == start.count && start == signature
    }
}

/// The answer for one file.
struct Classification {
    let file: String
    private(set) var label: String
    let probabilities: [Double]

    /// Softmax of the first clip's logits over a temperature.
    init(file: String, _ judgement: Judgements, temperature: Double) {
        self.file = file
        probabilities = judgement.probabilities(0, temperature: temperature)
        label = ResNet18Topology.labels[judgement.best(0, temperature: temperature).label]
    }

    var confidence: Double { probabilities.max() ?? 0 }

    /// Makes a digit that is less probable than this none.
    mutating func reject(below threshold: Double) {
        if Int(label) != nil, confidence < threshold { label = ResNet18Topology.labels[LabelledClip.notADigit] }
    }

    /// The contract's line.
    var text: String { "Prediction: \(label) (Confidence: \(String(format: "%.4f", confidence)))" }

    /// - Parameter utterance: all that was said, where the network hears more than one word.
    func json(_ utterance: DecodedUtterance? = nil) throws -> String {
        struct Object: Encodable {
            let file: String
            let label: String
            let digit: Int?
            let confidence: Double
            let probabilities: [Double]
            let string: String?
            let parts: [Part]?
        }
        struct Part: Encodable {
            let digit: Int?
            let spoken: String?
            let accepted: Bool
            let confidence: Double
            let start: Double
            let end: Double
        }
        func rounded(_ value: Double) -> Double { (value * 1e6).rounded() / 1e6 }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let object = Object(
            file: file, label: label, digit: Int(label), confidence: rounded(confidence),
            probabilities: probabilities.map(rounded), string: utterance.map { $0.digits.map(String.init).joined() },
            parts: utterance?.parts.map { part in
                Part(
                    digit: part.digit, spoken: part.isSpokenOh ? "oh" : nil, accepted: part.accepted,
                    confidence: rounded(part.confidence), start: Double(part.frames.lowerBound) / 100,
                    end: Double(part.frames.upperBound) / 100)
            })
        return String(decoding: try encoder.encode(object), as: UTF8.self)
    }
}
