extension ActivationRanges {
    /// Measures the ranges of a fully convolutional network on utterances, which should be of the training data, some
    /// hundreds of them; as `measured(on:weights:shape:)` does it for windows.
    ///
    /// - Parameters:
    ///   - utterances: normalised log-mel frames, [T, 40] each, T at least 1, as `UtteranceNetwork.logits` takes them.
    ///   - weights: the network's.
    ///   - framesPerColumn: the network's, 4 or 8.
    /// - Throws: as `UtteranceNetwork.init`.
    public static func measured(
        onUtterances utterances: [[Float]], weights: WeightsFile, framesPerColumn: Int
    ) throws(WeightsError) -> ActivationRanges {
        let classCount = weights.tensors["fc.bias"]?.shape.first ?? 13
        let frameCounts = utterances.map { $0.count / UtteranceNetwork.bandCount }
        let network = try UtteranceNetwork(
            weights: weights, framesPerColumn: framesPerColumn, classCount: classCount,
            framesMax: frameCounts.max() ?? 1)
        var histograms = Dictionary(uniqueKeysWithValues: names.map { ($0, MagnitudeHistogram()) })
        for (utterance, frameCount) in zip(utterances, frameCounts) {
            let columnCount = UtteranceNetwork.columnCount(frames: frameCount, framesPerColumn: framesPerColumn)
            var logits = [Float](repeating: 0, count: columnCount * classCount)
            var span = logits.mutableSpan
            network.logits(utterance.span, into: &span, observing: { name, values in histograms[name]?.add(values) })
        }
        return ActivationRanges(histograms: histograms)
    }
}
