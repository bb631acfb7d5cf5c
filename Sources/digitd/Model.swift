import DigitRecognizer
import Foundation
import MelSpectrogram
import ResNet
import ResNetTraining

/// A weights file that this program can use, and its numbers.
struct ModelFile {
    let path: String
    let weights: WeightsFile
    /// What it takes for an input.
    let frontEnd: FrontEnd
    /// Divides the logits, so that a softmax of them is a probability.
    let temperature: Double
    /// A digit less probable than this is rejected.
    let acceptThreshold: Double
    /// What it is computed in.
    let precision: InferencePrecision

    /// Reads the file given on the command line, or else the installed one.
    ///
    /// - Parameters:
    ///   - given: the name on the command line.
    ///   - precision: what the command line asks for; nil for the fastest.
    ///   - allowsImages: whether a network of the reference recipe will do, which takes pictures of whole recordings.
    /// - Throws: `WeightsError`, `MelError` or a sentence for a file that this program cannot use.
    init(given: String?, precision: InferencePrecision? = nil, allowsImages: Bool = false) throws {
        path = try ModelLocation.path(given: given)
        weights = try WeightsFile(contentsOf: path)
        frontEnd = Self.frontEnd(weights.metadata)
        guard frontEnd != .decibelImage || allowsImages else {
            throw CommandFailure(
                .inputNotUsable,
                "The weights file \(path) is for pictures of whole recordings (digitd train --recipe seed) and cannot hear "
                    + "a stream; use one of the standard recipe.")
        }
        try ResNet18Topology.validate(weights, classCount: frontEnd.shape.classCount)
        try Self.check(weights.metadata, frontEnd, path)
        let isUtterance = frontEnd == .utterance
        temperature = try Self.number(
            ResNetClassifier.temperatureKey, weights.metadata, path, in: 0.01...100, absent: isUtterance ? 1 : nil)
        acceptThreshold = try Self.number(
            RecognizerParameters.acceptKey, weights.metadata, path, in: 0...1, absent: isUtterance ? 0.5 : nil)
        self.precision = if let precision { precision } else { try .fastest(for: weights) }
    }

    /// Told by what the outputs stand for, and of pictures by their own key.
    private static func frontEnd(_ metadata: [String: String]) -> FrontEnd {
        if metadata[DecibelImage.kindKey] == DecibelImage.kind { return .decibelImage }
        return metadata["labels"] == FrontEnd.utterance.labels.joined(separator: ",") ? .utterance : .logMel
    }

    /// Frames for each column of labels of a network for utterances.
    func framesPerColumn() throws -> Int {
        let key = UtteranceReader.framesPerColumnKey
        guard let text = weights.metadata[key], let frames = Int(text), [4, 8].contains(frames) else {
            throw Self.notUsable(path, "its \(key) is \(weights.metadata[key] ?? "missing")")
        }
        return frames
    }

    private static func check(_ metadata: [String: String], _ frontEnd: FrontEnd, _ path: String) throws {
        switch frontEnd {
        case .logMel:
            let found = try MelParameters(metadata: metadata).metadata
            let own = MelParameters.standard.metadata
            if let key = own.keys.sorted().first(where: { found[$0] != own[$0] }) {
                throw notUsable(path, "its \(key) is \(found[key] ?? "missing") and not \(own[key] ?? "")")
            }
            if let kind = metadata[DecibelImage.kindKey] { throw notUsable(path, "its front end is \(kind)") }
        case .decibelImage: try DecibelImage.validate(metadata: metadata)
        case .utterance:
            let own = frontEnd.metadata
            if let key = own.keys.sorted().first(where: { metadata[$0] != own[$0] }) {
                throw notUsable(path, "its \(key) is \(metadata[key] ?? "missing") and not \(own[key] ?? "")")
            }
        }
        let labels = frontEnd.labels.joined(separator: ",")
        guard metadata["labels"] == labels else {
            throw notUsable(path, "its labels are \(metadata["labels"] ?? "missing") and not \(labels)")
        }
    }

    private static func number(
        _ key: String, _ metadata: [String: String], _ path: String, in range: ClosedRange<Double>,
        absent: Double?
    ) throws -> Double {
        if let absent, metadata[key] == nil { return absent }
        guard let text = metadata[key], let value = Double(text), range.contains(value) else {
            throw notUsable(path, "its \(key) is \(metadata[key] ?? "missing")")
        }
        return value
    }

    fileprivate static func notUsable(_ path: String, _ reason: String) -> CommandFailure {
        CommandFailure(
            .inputNotUsable, "The weights file \(path) is not usable: \(reason); use one written by digitd train.")
    }
}

extension ModelFile {
    /// A reader of utterances, for a network that is one for them.
    func reader() throws -> UtteranceReader {
        try UtteranceReader(
            weights: weights, framesPerColumn: try framesPerColumn(), temperature: temperature,
            acceptPosterior: acceptThreshold, precision: precision)
    }
}

/// A network for clips, many at a time.
struct ClipModel {
    let file: ModelFile
    private let network: BatchClassifier

    /// A network for utterances is no such one: `ModelFile.reader`.
    ///
    /// - Parameters:
    ///   - given: the weights file of the command line.
    ///   - precision: what the command line asks for; nil for the fastest.
    ///   - batchSize: windows that the network computes together.
    init(given: String?, precision: InferencePrecision? = nil, batchSize: Int = 1, threads: Int = 1) throws {
        try self.init(
            ModelFile(given: given, precision: precision, allowsImages: true), batchSize: batchSize, threads: threads)
    }

    /// The same for a file that was read.
    init(_ file: ModelFile, batchSize: Int = 1, threads: Int = 1) throws {
        self.file = file
        network = BatchClassifier(
            try ResNet18(
                weights: file.weights, shape: file.frontEnd.shape, batchSize: batchSize, threads: threads,
                precision: file.precision),
            temperature: Float(file.temperature), parameters: file.frontEnd == .logMel ? .standard : nil)
    }

    /// What the network says of windows that stand one after the other, each heard as `digitd listen` would hear it, but for the
    /// rounding of `precision` where there are several; windows of pictures of the seed recipe are heard once.
    ///
    /// - Parameters:
    ///   - windows: as the file's front end makes them.
    ///   - labels: what they are, as far as anybody asks.
    /// - Throws: a sentence when the logits are not finite: weights that are may still overflow together.
    func judge(_ windows: [Float], labels: [Int32]) throws(CommandFailure) -> Judgements {
        let logits = network.logits(windows)
        guard logits.allSatisfy(\.isFinite) else {
            throw ModelFile.notUsable(file.path, "it computes numbers that are not finite")
        }
        return Judgements(logits: logits, labels: labels, classCount: file.frontEnd.shape.classCount)
    }
}

/// Threads for work that may take the whole machine.
var processorCount: Int { ProcessInfo.processInfo.activeProcessorCount }
