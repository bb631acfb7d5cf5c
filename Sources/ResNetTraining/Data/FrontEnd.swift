import AudioInput
import DigitDecoder
import Dispatch
import MelSpectrogram
import ResNet
import Synchronization

/// What becomes of a recording before a network sees it, and what the network's outputs stand for. It belongs to a
/// trained network and is named in its weights file.
public enum FrontEnd: Sendable, CaseIterable {
    /// `MelParameters.standard`: 40 bands by 96 frames; ten digits and "not a digit".
    case logMel
    /// `MelParameters.standard` and `UtteranceFrames`: 40 bands by any number of frames; `UtteranceLabel`'s 13 labels a
    /// column.
    case utterance
    /// `DecibelImage`, the reference recipe's: a picture of 16 by 128; ten digits and nothing else.
    case decibelImage

    /// The input and outputs of its networks.
    public var shape: NetworkShape {
        switch self {
        case .logMel: .standard
        case .utterance:
            NetworkShape(
                inputHeight: WindowShape.bands, inputWidth: UtteranceInput.framesMax,
                classCount: UtteranceLabel.labelCount, framesPerColumn: 4)
        case .decibelImage:
            NetworkShape(
                inputHeight: DecibelImage.inputHeight, inputWidth: DecibelImage.inputWidth,
                classCount: LabelledClip.notADigit)
        }
    }

    /// What the outputs stand for, in their order.
    public var labels: [String] {
        self == .utterance
            ? UtteranceLabel.allCases.map(\.name) : Array(ResNet18Topology.labels.prefix(shape.classCount))
    }

    /// The strings of a weights file's `__metadata__` that say so: front-end numbers and labels.
    public var metadata: [String: String] {
        var strings =
            switch self {
            case .logMel: MelParameters.standard.metadata
            case .utterance: MelParameters.standard.metadata.merging(UtteranceFrames.metadata) { $1 }
            case .decibelImage: DecibelImage.metadata
            }
        strings["labels"] = labels.joined(separator: ",")
        return strings
    }
}

/// Labelled clips as a network's inputs.
public struct ClipInputs: Sendable {
    /// `labels.count` windows one after the other, in the order of `clips`.
    public var windows: [Float] = []
    /// Labels, 0...10.
    public var labels: [Int32] = []
    /// The clips behind the windows.
    public var clips: [LabelledClip] = []
    /// What was left out.
    public var skipped: [ClipStore.Skipped] = []

    /// Reads clips and prepares them as `digitd classify` does, over all cores. Those that cannot be used are skipped.
    ///
    /// - Throws: `DataError.frontEnd`.
    public init(_ clips: [LabelledClip], frontEnd: FrontEnd) throws(DataError) {
        switch frontEnd {
        case .logMel:
            let store = try ClipStore(DataSet(clips: clips), allowsNone: true)
            let set = try EvaluationSet(store: store)
            (windows, labels, self.clips, skipped) = (set.windows, set.labels, set.clips, store.skipped)
        case .decibelImage: readImages(clips)
        case .utterance: throw .frontEnd(reason: "utterances have no windows.")
        }
    }

    private mutating func readImages(_ all: [LabelledClip]) {
        let results = Mutex<[Result<[Float], ClipStore.Skipped>?]>(Array(repeating: nil, count: all.count))
        DispatchQueue.concurrentPerform(iterations: all.count) { index in
            let result = Self.imageWindow(ofFile: all[index].path)
            results.withLock { $0[index] = result }
        }
        for (clip, result) in zip(all, results.withLock { $0 }) {
            switch result {
            case .success(let window):
                windows += window
                labels.append(Int32(clip.label))
                clips.append(clip)
            case .failure(let failure): skipped.append(failure)
            case nil: break
            }
        }
    }

    private static func imageWindow(ofFile path: String) -> Result<[Float], ClipStore.Skipped> {
        do {
            return .success(try DecibelImage(contentsOfRecording: path).window)
        } catch {
            return .failure(ClipStore.Skipped(path: path, reason: "\(error)"))
        }
    }
}

extension DecibelImage {
    /// The picture of a recording of any rate.
    /// - Throws: `AudioInputError` or `MelError`.
    public init(contentsOfRecording path: String) throws {
        try self.init(samples: try AudioFile.readMonoOffline(path, rate: Self.sampleRate))
    }
}
