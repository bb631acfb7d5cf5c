import MelSpectrogram

/// A store's recordings as inputs of a network for utterances, as they are or in noise.
public struct UtteranceSource: ~Copyable {
    private let store: ClipStore
    /// Nil for recordings as they are.
    private var maker: WindowMaker?
    private let seed: UInt64

    /// Recordings of `store`; the noise comes from the store's own noises, so give one that holds only held-out ones.
    ///
    /// - Parameters:
    ///   - ratio: signal to noise ratio in dB; nil for the recordings as they are.
    ///   - seed: chooses the noise; the same gives the same.
    public init(store: ClipStore, ratio: Float? = nil, seed: UInt64 = 1) throws(DataError) {
        self.seed = seed
        guard let ratio else {
            self.store = store
            maker = nil
            return
        }
        var parameters = AugmentationParameters.validation(ratio: ratio, live: true)
        parameters.noiseWeights = [0, 0, 0, 0, 1, 0]
        self.store = ClipStore(withoutSilentNoise: store)
        maker = try WindowMaker(store: self.store, parameters: parameters)
    }

    /// Normalised frames, [frames][bands], of one of the store's clips.
    public mutating func clip(_ index: Int) throws(DataError) -> [Float] {
        let isDigit = store.clips[index].label < LabelledClip.notADigit
        if maker != nil {
            return made(.joined([isDigit ? .digit(index) : .talk(index)]), position: index)
        }
        return try frames(of: store.samples(of: index))
    }

    /// Normalised frames, [frames][bands], of one of the store's utterances.
    public mutating func utterance(_ index: Int) throws(DataError) -> [Float] {
        if maker != nil { return made(.recording(index), position: store.clips.count + index) }
        return try frames(of: store.utteranceAudio[index].samples.map { Float($0) * 0x1p-15 })
    }

    private mutating func made(_ source: UtteranceDraw.Source, position: Int) -> [Float] {
        maker?.makeUtterance(
            UtteranceDraw(source: source), framesMax: UtteranceInput.framesMax, framesPerColumn: 1, seed: seed,
            epoch: 0, position: position
        ).frames ?? []
    }

    private func frames(of samples: [Float]) throws(DataError) -> [Float] {
        do {
            return try UtteranceInput.frames(of: samples)
        } catch {
            throw .frontEnd(reason: error.description)
        }
    }
}
