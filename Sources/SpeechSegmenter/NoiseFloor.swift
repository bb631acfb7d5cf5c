/// The level of the background, followed frame by frame: fast down, slowly up, and frozen upwards during speech.
///
/// A step up in the background looks like speech, and freezing would keep the floor below it for ever. So the floor is also
/// never under the quietest frame of the last `memoryFrames` (minimum statistics): real speech has a quiet frame in any
/// such stretch, a fan has none. Costs a few comparisons a frame and no allocation.
struct NoiseFloor: Sendable {
    /// How it follows; the names and meanings are those of `SegmenterParameters`.
    struct Parameters: Sendable, Equatable {
        var minimum: Float
        var initialMaximum: Float
        var fall: Float
        var rise: Float
        var riseMaximum: Float
        var memoryFrames: Int
    }

    private(set) var decibels: Float?
    private var parameters: Parameters
    /// Minima of whole blocks of `blockLength` frames, in a ring; infinity where no block is complete yet.
    private var blockMinima: [Float]
    private var blockIndex = 0
    private var blockMinimum = Float.infinity
    private var blockFill = 0
    private static let blockLength = 10

    init(_ parameters: Parameters) {
        self.parameters = parameters
        blockMinima = Array(repeating: -.infinity, count: Self.blockCount(parameters))
    }

    private static func blockCount(_ parameters: Parameters) -> Int {
        max(1, parameters.memoryFrames / blockLength)
    }

    /// Goes on with other numbers. The level stays, and the recent frames too unless their number changes.
    mutating func change(to newParameters: Parameters) {
        parameters = newParameters
        let count = Self.blockCount(newParameters)
        guard count != blockMinima.count else { return }
        blockMinima = Array(repeating: -.infinity, count: count)
        forgetMinima()
    }

    mutating func reset() {
        decibels = nil
        forgetMinima()
    }

    /// Forgets the recent frames, not the level.
    mutating func forgetMinima() {
        for index in blockMinima.indices { blockMinima[index] = -.infinity }
        blockIndex = 0
        blockMinimum = .infinity
        blockFill = 0
    }

    /// Takes one frame (dB, finite).
    mutating func advance(_ energy: Float, isSpeech: Bool) {
        var floor = decibels ?? min(energy, parameters.initialMaximum)
        if energy < floor {
            floor += (energy - floor) * parameters.fall
        } else if !isSpeech {
            floor += min((energy - floor) * parameters.rise, parameters.riseMaximum)
        }

        blockMinimum = min(blockMinimum, energy)
        blockFill += 1
        if blockFill == Self.blockLength {
            blockMinima[blockIndex] = blockMinimum
            blockIndex = (blockIndex + 1) % blockMinima.count
            blockMinimum = .infinity
            blockFill = 0
            var quietest = Float.infinity
            for minimum in blockMinima { quietest = min(quietest, minimum) }
            floor = max(floor, quietest)
        }
        decibels = max(floor, parameters.minimum)
    }
}
