import MelSpectrogram
import SpeechSegmenter

/// The network's input for a whole labelled clip, unaugmented: what `evaluate` and `classify` use.
///
/// Everything is computed from the mel spectrogram, so a clip and the picture of it give the same window up to the
/// picture's 8 bits.
public enum ClipWindow {
    /// A clip's spectrogram and where its one utterance is.
    public struct Frames {
        /// All frames of the clip.
        public var spectrogram: MelSpectrogram
        /// Frame indices of the utterance; empty only when there is no frame.
        public var speech: Range<Int>
    }

    /// The spectrogram and utterance of samples (8 kHz mono, -1...1); `keepsRest` as of `ClipSegmenter`.
    public static func frames(of samples: [Float], keepsRest: Bool = true) throws(MelError) -> Frames {
        frames(of: try MelSpectrogram(samples: samples, parameters: .standard), keepsRest: keepsRest)
    }

    /// The utterance of a spectrogram, found by `ClipSegmenter`.
    public static func frames(of spectrogram: MelSpectrogram, keepsRest: Bool = true) -> Frames {
        let energy = SpeechBandEnergy(.standard)
        let bands = spectrogram.bandCount
        let values = spectrogram.values.span
        let energies = (0..<spectrogram.frameCount).map { frame in
            energy.decibels(values.extracting(frame * bands..<(frame + 1) * bands))
        }
        return Frames(
            spectrogram: spectrogram,
            speech: ClipSegmenter.mainUtterance(
                energies: energies, parameters: .standard, keepsRest: keepsRest))
    }

    /// Writes the window (bands x frames, row = band) of a clip's samples; 8 kHz mono, -1...1.
    public static func fill(_ output: inout MutableSpan<Float>, samples: [Float]) throws(MelError) {
        fill(&output, frames(of: try MelSpectrogram(samples: samples, parameters: .standard)))
    }

    /// Writes the window of a spectrogram, from audio or from a picture.
    public static func fill(_ output: inout MutableSpan<Float>, spectrogram: MelSpectrogram) {
        fill(&output, frames(of: spectrogram))
    }

    /// The window of a clip's samples as an array of `WindowShape.count` values.
    public static func window(samples: [Float]) throws(MelError) -> [Float] {
        window(spectrogram: try MelSpectrogram(samples: samples, parameters: .standard))
    }

    /// The window of a spectrogram as an array of `WindowShape.count` values.
    public static func window(spectrogram: MelSpectrogram) -> [Float] {
        var window = [Float](repeating: 0, count: WindowShape.count)
        var span = window.mutableSpan
        fill(&span, spectrogram: spectrogram)
        return window
    }

    private static func fill(_ output: inout MutableSpan<Float>, _ frames: Frames) {
        let spectrogram = frames.spectrogram
        let background = UtteranceWindow.estimateBackground(spectrogram, excluding: frames.speech)
        let bands = spectrogram.bandCount
        let utterance = spectrogram.values.span.extracting(
            frames.speech.lowerBound * bands..<frames.speech.upperBound * bands)
        UtteranceWindow.fill(&output, utterance: utterance, background: background.span, parameters: .standard)
    }

    /// The samples that a range of frames covers, clipped to a clip of `count` samples.
    static func samples(ofFrames frames: Range<Int>, count: Int) -> Range<Int> {
        let hop = MelParameters.standard.hopLength
        guard !frames.isEmpty else { return 0..<count }
        // Frame i is centred on sample 80 i + 100; half a hop on either side belongs to it.
        let margin = (MelParameters.standard.windowLength - hop) / 2
        let start = frames.lowerBound == 0 ? 0 : min(frames.lowerBound * hop + margin, count - 1)
        let end = min(frames.upperBound * hop + margin, count)
        return start..<max(end, start + 1)
    }
}

/// The shape of the network's input.
public enum WindowShape {
    /// Rows: mel bands, lowest first.
    public static let bands = MelParameters.standard.bandCount
    /// Columns: frames of 10 ms.
    public static let frames = MelParameters.standard.windowFrames
    /// Values of one window, row by row.
    public static let count = bands * frames
}
