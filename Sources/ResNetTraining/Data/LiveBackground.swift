import MelSpectrogram

/// The background of an utterance in a stream: what was heard just before it.
///
/// Live, nothing after the utterance is known yet. Where fewer than 5 frames lie before it (a trimmed clip), the frames
/// after it count too, and at last the quietest frames of all, as in `UtteranceWindow.estimateBackground`.
enum LiveBackground {
    /// Frames looked back over: 0.3 s.
    static let framesMax = 30

    static func estimate(_ background: inout [Float], frames: [Float], utterance: Range<Int>) {
        let bands = WindowShape.bands
        let start = max(0, utterance.lowerBound - framesMax)
        guard utterance.lowerBound - start >= UtteranceWindow.backgroundFramesMin else {
            let all = MelSpectrogram(bandCount: bands, values: frames)
            background = UtteranceWindow.estimateBackground(all, excluding: utterance)
            return
        }
        background.removeAll(keepingCapacity: true)
        background.append(contentsOf: repeatElement(0, count: bands))
        let scale = 1 / Float(utterance.lowerBound - start)
        for frame in start..<utterance.lowerBound {
            for band in 0..<bands { background[band] += scale * frames[frame * bands + band] }
        }
    }
}
