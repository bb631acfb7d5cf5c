/// Finds the one word of a labelled clip, with the whole clip at hand.
///
/// Clips come trimmed to the word with no silence around it, or with a second of silence, hum, breath and clicks. The
/// threshold therefore lies between the clip's own quiet level and its peak, and the word is the stretch of speech
/// (gaps of a closure bridged) that holds most energy over the threshold, not the loudest frame: a click is loud but
/// short.
public enum ClipSegmenter {
    /// No more frames than this behind a word are no silence but what was left of it when the clip was trimmed: the
    /// closure of "six" or "eight", and a release that is too weak to be found.
    static let restFrames = 16

    /// The word's frames, with the same pre-roll and post-roll as a live segment has.
    ///
    /// - Parameters:
    ///   - energies: speech-band energy of every frame, in dB; NaN counts as silence.
    ///   - keepsRest: whether what little a clip has left behind its word belongs to it, as in a clip trimmed to its
    ///     word; false for the word alone, to join it to others.
    /// - Returns: a range inside `energies.indices`, of at most `lengthMaximum` frames; empty only if `energies` is.
    public static func mainUtterance(
        energies: [Float], parameters: SegmenterParameters = .standard, keepsRest: Bool = true
    ) -> Range<Int> {
        guard !energies.isEmpty else { return 0..<0 }
        let energies = energies.map { $0.isNaN ? -100 : min(max($0, -100), 100) }
        let threshold = enterThreshold(energies, parameters)
        var runs = loudRuns(energies, over: threshold.enter)
        guard !runs.isEmpty else { return limited(0..<energies.count, energies, parameters) }
        for index in runs.indices {
            runs[index] = grown(runs[index], energies, over: threshold.leave)
        }

        let word = heaviest(bridged(runs, energies, parameters), energies, over: threshold.enter)
        let start = max(word.lowerBound - parameters.preRollFrames, 0)
        var end = min(word.upperBound + parameters.postRollFrames, energies.count)
        if keepsRest, energies.count - end <= restFrames { end = energies.count }
        return limited(start..<end, energies, parameters)
    }

    /// The frames from the first sound of speech to the last, with pre-roll and post-roll: all of an utterance of
    /// several words.
    ///
    /// - Parameter energies: speech-band energy of every frame, in dB; NaN counts as silence.
    /// - Returns: a range inside `energies.indices`; empty only if `energies` is.
    public static func speechExtent(
        energies: [Float], parameters: SegmenterParameters = .standard
    ) -> Range<Int> {
        let energies = energies.map { $0.isNaN ? -100 : min(max($0, -100), 100) }
        guard !energies.isEmpty else { return 0..<0 }
        let threshold = enterThreshold(energies, parameters)
        // A click of one frame is no word.
        let runs = loudRuns(energies, over: threshold.enter).filter { $0.count > 2 }
        guard let first = runs.first, let last = runs.last else { return 0..<energies.count }
        let start = grown(first, energies, over: threshold.leave).lowerBound - parameters.preRollFrames
        let end = grown(last, energies, over: threshold.leave).upperBound + parameters.postRollFrames
        return max(start, 0)..<min(end, energies.count)
    }

    /// Enter and leave thresholds in dB, from the clip's quiet level (tenth percentile) and its peak.
    private static func enterThreshold(
        _ energies: [Float], _ parameters: SegmenterParameters
    ) -> (enter: Float, leave: Float) {
        let sorted = energies.sorted()
        // The second loudest per cent: one broken frame is no peak.
        let peak = sorted[(sorted.count - 1) * 98 / 100]
        let quiet = max(sorted[(sorted.count - 1) / 10], parameters.floorMinimum)
        // A trimmed clip's quiet level is a weak consonant of the word: stay near it. A clip with silence has a range
        // of 30 dB and more, where a third of it is over hum and breath.
        let rise = min(max((peak - quiet) * 0.3, 3), 15)
        let enter = min(max(quiet + rise, peak - parameters.peakRangeDecibels), peak)
        return (enter, max(enter - 4, quiet + 2))
    }

    private static func loudRuns(_ energies: [Float], over threshold: Float) -> [Range<Int>] {
        var runs: [Range<Int>] = []
        var start: Int?
        for (frame, energy) in energies.enumerated() {
            if energy >= threshold {
                start = start ?? frame
            } else if let first = start {
                runs.append(first..<frame)
                start = nil
            }
        }
        if let first = start { runs.append(first..<energies.count) }
        return runs
    }

    /// Hysteresis: the run with its neighbours over the leave threshold.
    private static func grown(_ run: Range<Int>, _ energies: [Float], over threshold: Float) -> Range<Int> {
        var start = run.lowerBound
        var end = run.upperBound
        while start > 0, energies[start - 1] >= threshold { start -= 1 }
        while end < energies.count, energies[end] >= threshold { end += 1 }
        return start..<end
    }

    /// Joins runs over the gaps that a digit has inside.
    ///
    /// A short or weak run is the release of a final stop where it follows speech ("eight", "six"), but a click, a lip
    /// smack or breath where it comes before it: no digit begins with a burst and a closure.
    private static func bridged(
        _ runs: [Range<Int>], _ energies: [Float], _ parameters: SegmenterParameters
    ) -> [Range<Int>] {
        func peak(_ run: Range<Int>) -> Float { energies[run].max() ?? -100 }
        var words: [Range<Int>] = []
        for run in runs {
            if let last = words.last {
                let isLeadIn = last.count < parameters.onsetFrames || peak(last) < peak(run) - 15
                if run.lowerBound - last.upperBound <= (isLeadIn ? 3 : parameters.tailGapFrames) {
                    words[words.count - 1] = last.lowerBound..<max(run.upperBound, last.upperBound)
                    continue
                }
            }
            words.append(run)
        }
        return words
    }

    private static func heaviest(_ words: [Range<Int>], _ energies: [Float], over threshold: Float) -> Range<Int> {
        func weight(_ word: Range<Int>) -> Float {
            word.reduce(0) { $0 + max(energies[$1] - threshold, 0) + 1 }
        }
        return words.max { weight($0) < weight($1) } ?? 0..<energies.count
    }

    /// The loudest stretch of the permitted length.
    private static func limited(
        _ range: Range<Int>, _ energies: [Float], _ parameters: SegmenterParameters
    ) -> Range<Int> {
        let length = parameters.lengthMaximum
        guard range.count > length else { return range }
        var sum = energies[range.lowerBound..<range.lowerBound + length].reduce(0, +)
        var best = (sum: sum, start: range.lowerBound)
        for start in range.lowerBound + 1...range.upperBound - length {
            sum += energies[start + length - 1] - energies[start - 1]
            if sum > best.sum { best = (sum, start) }
        }
        return best.start..<best.start + length
    }
}
