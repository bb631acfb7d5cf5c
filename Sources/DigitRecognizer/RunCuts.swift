/// A place where one digit may end and the next begin.
struct RunCut: Equatable {
    /// The first frame after the cut.
    var frame: Int
    /// How far the energy falls here, in dB under the lower one of its two sides.
    var depth: Float
}

/// Finds the candidate cuts of an utterance: the minima of its energy.
enum RunCuts {
    /// The minima inside of `energies`, in order.
    ///
    /// The energies are smoothed over three frames, so that noise makes no minima, and nothing counts as quieter than `quiet`, so
    /// that a silence is one flat minimum, cut in its middle. A minimum's depth is how far one must climb to get out of it towards
    /// a quieter frame or the end, on the easier side. Quadratic in the number of frames at worst; 600 take under a millisecond.
    ///
    /// - Parameters:
    ///   - energies: one a frame, in dB, finite.
    ///   - quiet: the level under which there is silence, in dB.
    static func minima(_ energies: [Float], quiet: Float, parameters: RunParameters) -> [RunCut] {
        let levels = smoothed(energies, quiet: quiet)
        var cuts: [RunCut] = []
        var start = 0
        while start < levels.count {
            var end = start + 1
            while end < levels.count, levels[end] == levels[start] { end += 1 }
            if start > 0, end < levels.count, levels[start - 1] > levels[start], levels[end] > levels[start] {
                let depth = Swift.min(
                    climb(levels, from: start, by: -1), climb(levels, from: end - 1, by: 1))
                if depth >= parameters.cutDepthMinimum { cuts.append(RunCut(frame: (start + end) / 2, depth: depth)) }
            }
            start = end
        }
        guard cuts.count > parameters.cutMaximum else { return cuts }
        // Of equal depths the earlier stays: the same utterance always gives the same cuts.
        let kept = cuts.indices.sorted { (-cuts[$0].depth, $0) < (-cuts[$1].depth, $1) }.prefix(parameters.cutMaximum)
        return kept.sorted().map { cuts[$0] }
    }

    private static func smoothed(_ energies: [Float], quiet: Float) -> [Float] {
        energies.indices.map { index in
            let before = energies[max(index - 1, 0)]
            let after = energies[Swift.min(index + 1, energies.count - 1)]
            return max((before + energies[index] + after) / 3, quiet)
        }
    }

    private static func climb(_ levels: [Float], from start: Int, by step: Int) -> Float {
        var highest = levels[start]
        var index = start + step
        while levels.indices.contains(index), levels[index] >= levels[start] {
            highest = max(highest, levels[index])
            index += step
        }
        return highest - levels[start]
    }
}
