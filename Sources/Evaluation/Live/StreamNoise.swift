import ResNetTraining

/// Recorded noise without end, to speak in: pieces of recordings in random order, each at the same level.
///
/// Levels are root mean squares of whole pieces, so what stands out of one (a bark, a drum) is much louder than that.
struct StreamNoise: Sendable {
    private let store: ClipStore
    private let level: Float
    private var random: SeededRandom
    private var piece: ArraySlice<Float> = []

    /// The longest piece, in samples: 12 s.
    private static var pieceMaximum: Int { 12 * ClipStore.sampleRate }
    /// Recordings in a row that may be silent before silence is all there is.
    private static var triesMaximum: Int { 100 }

    /// - Parameters:
    ///   - store: has at least one recording of noise.
    ///   - level: root mean square of each piece.
    init(_ store: ClipStore, level: Float, seed: UInt64) {
        precondition(!store.noises.isEmpty, "a recording of noise")
        self.store = store
        self.level = level
        random = SeededRandom(seed: seed, epoch: -11)
    }

    /// Adds the next of the noise to samples.
    mutating func add(to samples: inout [Float]) {
        for index in samples.indices {
            if piece.isEmpty { piece = nextPiece()[...] }
            samples[index] += piece.popFirst() ?? 0
        }
    }

    private mutating func nextPiece() -> [Float] {
        for _ in 0..<Self.triesMaximum {
            let samples = store.noises[random.index(below: store.noises.count)].samples
            let count = min(samples.count, Self.pieceMaximum)
            let start = random.index(below: samples.count - count + 1)
            var piece = samples[start..<start + count].map { Float($0) * 0x1p-15 }
            let power = piece.reduce(Float(0)) { $0 + $1 * $1 } / Float(max(1, count))
            guard power > 1e-10 else { continue }
            let gain = level / power.squareRoot()
            for index in piece.indices { piece[index] *= gain }
            return piece
        }
        return [Float](repeating: 0, count: Self.pieceMaximum)
    }
}
