import MelSpectrogram
import SpeechSegmenter

/// A recording as the network for utterances hears it, unaugmented: what `evaluate` and `classify` use.
public enum UtteranceInput {
    /// Frames around the speech: what the live path has heard before it, and what it waits behind it.
    public static let marginFrames = 12
    /// The longest utterance, in frames (10 s); more is left out at its end.
    public static let framesMax = 1_000

    /// Where the speech of a recording is, in samples; 8 kHz mono, -1...1.
    static func speech(in samples: [Float]) throws(MelError) -> Range<Int> {
        let spectrogram = try MelSpectrogram(samples: samples, parameters: .standard)
        return ClipWindow.samples(ofFrames: speech(of: spectrogram), count: samples.count)
    }

    /// Where the speech of a spectrogram is, in frames.
    public static func speech(of spectrogram: MelSpectrogram) -> Range<Int> {
        let energy = SpeechBandEnergy(.standard)
        let bands = spectrogram.bandCount
        let values = spectrogram.values.span
        let energies = (0..<spectrogram.frameCount).map { frame in
            energy.decibels(values.extracting(frame * bands..<(frame + 1) * bands))
        }
        return ClipSegmenter.speechExtent(energies: energies)
    }

    /// The network's input, [frames][bands]: the speech with `marginFrames` on both sides, normalised.
    ///
    /// A recording that was trimmed to its words has no such margins: there the background's estimate stands in, since
    /// the network has heard nothing but microphones that were open before somebody spoke.
    ///
    /// - Returns: the values, and which frame of the spectrogram is the first; below 0 where background was put before.
    public static func frames(of spectrogram: MelSpectrogram) -> (values: [Float], firstFrame: Int) {
        let speech = speech(of: spectrogram)
        let bands = spectrogram.bandCount
        let background = UtteranceWindow.estimateBackground(spectrogram, excluding: speech)
        let start = speech.lowerBound - marginFrames
        let end = min(speech.upperBound + marginFrames, start + framesMax)
        var values: [Float] = []
        values.reserveCapacity((end - start) * bands)
        for frame in start..<end {
            if (0..<spectrogram.frameCount).contains(frame) {
                values += spectrogram.values[frame * bands..<(frame + 1) * bands]
            } else {
                values += background
            }
        }
        var span = values.mutableSpan
        UtteranceFrames.normalise(&span)
        return (values, start)
    }

    /// The same for samples; 8 kHz mono, -1...1.
    public static func frames(of samples: [Float]) throws(MelError) -> [Float] {
        frames(of: try MelSpectrogram(samples: samples, parameters: .standard)).values
    }
}
