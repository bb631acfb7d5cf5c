/// What stands out of an utterance.
extension SpeechSegment {
    /// How far under the utterance's loudest frame the sound around a part may lie, in dB.
    private static var ranges: [Float] { [20, 14, 8] }
    /// Frames of a gap inside a part. A closure inside a digit is longer, but then the levels before and after it differ little.
    private static var gapMaximum: Int { 6 }
    /// A part with so few frames less than the utterance would be the same once more.
    private static var trimMinimum: Int { 8 }
    /// Parts of one utterance, at most.
    private static var countMaximum: Int { 16 }

    /// Parts of this utterance that may be a digit of their own: the runs of frames near the loudest one, at several levels.
    ///
    /// Where something else is heard just before or after a digit (music, a tick, a child), all of it is one utterance.
    ///
    /// - Parameters:
    ///   - energies: of each of `frames`, in dB.
    ///   - parameters: of the segmenter that cut the utterance.
    /// - Returns: at most 16 parts, none of them twice, each with its own pre-roll and post-roll inside of `frames`.
    public func loudParts(energies: [Float], parameters: SegmenterParameters) -> [SpeechSegment] {
        precondition(energies.count == frames.count, "an energy for each frame")
        guard let peak = energies.max() else { return [] }
        let longest = min(parameters.lengthMaximum, frames.count - Self.trimMinimum)
        var parts: [SpeechSegment] = []
        for range in Self.ranges {
            for run in Self.runs(of: energies, over: peak - range) where run.count >= parameters.lengthMinimum {
                let speech = frames.lowerBound + run.lowerBound..<frames.lowerBound + run.upperBound
                let part = SpeechSegment(
                    frames: (speech.lowerBound - parameters.preRollFrames..<speech.upperBound
                        + parameters.postRollFrames).clamped(to: frames),
                    speech: speech)
                guard part.frames.count <= longest, parts.count < Self.countMaximum,
                    !parts.contains(where: { $0.frames == part.frames })
                else { continue }
                parts.append(part)
            }
        }
        return parts
    }

    /// The runs of frames of at least a level, short gaps bridged.
    private static func runs(of energies: [Float], over level: Float) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        for (frame, energy) in energies.enumerated() where energy >= level {
            if let last = runs.last, frame - last.upperBound <= gapMaximum {
                runs[runs.count - 1] = last.lowerBound..<frame + 1
            } else {
                runs.append(frame..<frame + 1)
            }
        }
        return runs
    }
}
