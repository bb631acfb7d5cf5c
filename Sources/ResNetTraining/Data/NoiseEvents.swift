import MelSpectrogram
import SpeechSegmenter

/// What the live segmenter takes for utterances in a recording of noise: a bark, a sneeze, a slammed door.
///
/// Those are what a recogniser in a room is asked about. Stretches chosen blindly hardly ever are: most of a recording of
/// a dog is the silence between its barks.
enum NoiseEvents {
    /// The sample ranges of the segments that a recogniser classifies: at pauses, at the end, and where a sound is longer than a
    /// digit; and of what stands out of these. They may overlap. `samples` are 8 kHz mono, -1...1.
    static func ranges(in samples: [Float]) throws(MelError) -> [Range<Int>] {
        let spectrogram = try MelSpectrogram(samples: samples, parameters: .standard)
        let energy = SpeechBandEnergy(.standard)
        let bands = spectrogram.bandCount
        let values = spectrogram.values.span
        var segmenter = SpeechSegmenter(.standard)
        let energies = (0..<spectrogram.frameCount).map { frame in
            let decibels = energy.decibels(values.extracting(frame * bands..<(frame + 1) * bands))
            return decibels.isNaN ? -100 : min(max(decibels, -100), 100)
        }
        // Each once: a segment grows from pause to pause, and what stands out of it stays the same.
        var seen: Set<Range<Int>> = []
        var ranges: [Range<Int>] = []
        func add(_ segment: SpeechSegment) {
            if seen.insert(segment.frames).inserted {
                ranges.append(ClipWindow.samples(ofFrames: segment.frames, count: samples.count))
            }
        }
        for frame in 0...spectrogram.frameCount {
            let action =
                frame < spectrogram.frameCount
                ? segmenter.advance(energy: energies[frame]) : segmenter.finish()
            switch action {
            case .pause(let segment), .ended(let segment), .long(let segment):
                add(segment)
                segment.loudParts(energies: Array(energies[segment.frames]), parameters: segmenter.parameters)
                    .forEach(add)
            case .none, .speechStarted, .dropped, .tail, .tailEnded: break
            }
            if case .long = action { segmenter.giveUp() }
        }
        return ranges
    }
}
