import Dispatch
import MelSpectrogram
import Synchronization

/// Windows prepared once, to judge the network by after every epoch.
public struct EvaluationSet: Sendable {
    /// A way to present the same clips.
    public enum Variant: Sendable, Hashable, CustomStringConvertible {
        /// The clip as it is, cut by `ClipSegmenter`: what `evaluate` and `classify` see.
        case clip
        /// Noise at a ratio in dB added to the clip.
        case noisy(ratio: Float)
        /// Cut by the live segmenter out of a stream with noise at a ratio in dB.
        case live(ratio: Float)

        /// A short name, such as `live 20 dB`.
        public var description: String {
            switch self {
            case .clip: "clip"
            case .noisy(let ratio): "noisy \(Int(ratio.rounded())) dB"
            case .live(let ratio): "live \(Int(ratio.rounded())) dB"
            }
        }
    }

    /// What is mixed in where the variant asks for noise.
    public enum Noise: Sendable, Hashable {
        /// Mostly recordings, some pink and white noise: what training validates with.
        case varied
        /// Recordings only; pink noise where the store has none.
        case recorded
    }

    /// How the clips are presented.
    public var variant: Variant
    /// `labels.count` windows of `WindowShape.count` values each, in the order of `clips`.
    public var windows: [Float]
    /// Labels, 0...10.
    public var labels: [Int32]
    /// The clips behind the windows.
    public var clips: [LabelledClip]

    /// Prepares every clip of `store`, over all cores; the same seed gives the same windows.
    ///
    /// The noise comes from the store's own noises, so give a store that holds only held-out ones.
    public init(
        store: ClipStore, variant: Variant = .clip, seed: UInt64 = 1, noise: Noise = .varied
    ) throws(DataError) {
        self.variant = variant
        clips = store.clips
        labels = store.clips.map { Int32($0.label) }
        let count = store.clips.count
        var parameters: AugmentationParameters? =
            switch variant {
            case .clip: nil
            case .noisy(let ratio): .validation(ratio: ratio, live: false)
            case .live(let ratio): .validation(ratio: ratio, live: true)
            }
        var source = store
        if noise == .recorded, parameters != nil {
            parameters?.noiseWeights = [0, 0, 0, 0, 1, 0]
            source = ClipStore(withoutSilentNoise: store)
        }
        let chunk = 64
        let (prepared, heard) = (parameters, source)
        let parts = Mutex<[Int: [Float]]>([:])
        let failure = Mutex<DataError?>(nil)
        DispatchQueue.concurrentPerform(iterations: (count + chunk - 1) / chunk) { part in
            do throws(DataError) {
                let range = part * chunk..<min((part + 1) * chunk, count)
                let windows = try Self.prepare(heard, range, parameters: prepared, seed: seed)
                parts.withLock { $0[part] = windows }
            } catch {
                failure.withLock { $0 = error }
            }
        }
        if let error = failure.withLock({ $0 }) { throw error }
        windows = parts.withLock { parts in parts.keys.sorted().flatMap { parts[$0]! } }
    }

    private static func prepare(
        _ store: ClipStore, _ range: Range<Int>, parameters: AugmentationParameters?, seed: UInt64
    ) throws(DataError) -> [Float] {
        var windows: [Float] = []
        windows.reserveCapacity(range.count * WindowShape.count)
        var window = [Float](repeating: 0, count: WindowShape.count)
        var maker = try WindowMaker(store: store, parameters: parameters ?? .standard)
        for clip in range {
            var output = window.mutableSpan
            if parameters != nil {
                let draw = Draw(clip: clip, label: store.clips[clip].label)
                maker.makeWindow(draw, seed: seed, epoch: 0, position: clip, into: &output)
            } else {
                do {
                    try ClipWindow.fill(&output, samples: store.samples(of: clip))
                } catch {
                    throw .frontEnd(reason: error.description)
                }
            }
            windows.append(contentsOf: window)
        }
        return windows
    }
}
