import CSmallConvolution
import Testing

@testable import ResNet

extension UtteranceNetwork {
    /// The logits of frames [T][40], a row for each column.
    func logits(_ frames: [Float]) -> [[Float]] {
        let count = Self.columnCount(frames: frames.count / 40, framesPerColumn: framesPerColumn)
        var result = [Float](repeating: .nan, count: count * classCount)
        var span = result.mutableSpan
        logits(frames.span, into: &span)
        return (0..<count).map { Array(result[$0 * classCount..<($0 + 1) * classCount]) }
    }
}

/// The largest difference of two tables of logits, infinite where their extents differ or one is not a number.
func largestDifference(_ a: [[Float]], _ b: [[Float]]) -> Float {
    guard a.map(\.count) == b.map(\.count) else { return .infinity }
    return zip(a.joined(), b.joined()).map { abs($0 - $1) }.reduce(0) { $1 <= $0 ? $0 : $1 }
}

/// What this CPU can compute with.
func vectorsHere(_ numbers: drc_numbers) -> [drc_vectors] {
    [drc_plain, drc_avx2, drc_avx_vnni, drc_avx512].filter { drc_supports(numbers, $0) }
}

struct UtteranceNetworkTests {
    static let halves = sparseNetwork(inHalves: true)
    static let singles = sparseNetwork(inHalves: false)

    private func frames(_ count: Int, seed: UInt32 = 41) -> [Float] {
        var generator = LCG(seed: seed)
        return generator.values(40 * count).map { 1.75 * $0 }
    }

    private func scale(_ logits: [[Float]]) -> Float { logits.joined().map(abs).max() ?? 0 }

    @Test(arguments: [4, 8], [false, true])
    func logitsAreThoseOfPlainLoops(framesPerColumn: Int, inHalves: Bool) throws {
        let weights = inHalves ? Self.halves : Self.singles
        let reference = UtteranceReference(weights: weights, framesPerColumn: framesPerColumn)
        let networks = try vectorsHere(drc_f32).map {
            ($0, try UtteranceNetwork(weights: weights, framesPerColumn: framesPerColumn, vectors: $0))
        }
        for frameCount in [257, 1, 2, 7, 8, 9, 33, 96, 100] {
            let utterance = frames(frameCount)
            let expected = reference.logits(utterance)
            // Nothing in the logits may be a matter of course.
            #expect(scale(expected) > 0.1)
            for (vectors, network) in networks where frameCount < 40 || vectors != drc_plain {
                let found = network.logits(utterance)
                #expect(found.count == (frameCount + framesPerColumn - 1) / framesPerColumn)
                #expect(
                    largestDifference(found, expected) < 2e-5 * scale(expected),
                    "\(frameCount) frames, \(framesPerColumn) a column, vectors \(vectors.rawValue), halves \(inHalves)"
                )
            }
        }
    }

    @Test func logitsArePyTorchs() throws {
        let weights = lcgNetwork(classCount: 13)
        let golden = try GoldenUtterance.all()
        #expect(golden.count == 8)
        for framesPerColumn in [4, 8] {
            let network = try UtteranceNetwork(weights: weights, framesPerColumn: framesPerColumn)
            for utterance in golden where utterance.framesPerColumn == framesPerColumn {
                let difference = largestDifference(network.logits(utterance.input), utterance.logits)
                #expect(difference < 1e-3, "\(utterance.frames) frames, \(framesPerColumn) a column")
            }
        }
    }

    @Test(arguments: InferencePrecision.allCases)
    func logitsDoNotDependOnEarlierCallsAndThreads(precision: InferencePrecision) throws {
        if precision == .bf16, !Engine.hasBFloat16 { return }
        var weights = Self.halves
        let ranges = try ActivationRanges.measured(
            onUtterances: [frames(50)], weights: weights, framesPerColumn: 8)
        weights.metadata.merge(ranges.metadata) { $1 }
        for framesPerColumn in [4, 8] {
            let used = try UtteranceNetwork(weights: weights, framesPerColumn: framesPerColumn, precision: precision)
            let threaded = try UtteranceNetwork(
                weights: weights, framesPerColumn: framesPerColumn, threads: 3, precision: precision)
            for count in [150, 3, 61, 400] {
                let fresh = try UtteranceNetwork(
                    weights: weights, framesPerColumn: framesPerColumn, precision: precision)
                let expected = fresh.logits(frames(count, seed: UInt32(count)))
                let context = "\(count) frames, \(framesPerColumn) a column, \(precision)"
                #expect(used.logits(frames(count, seed: UInt32(count))) == expected, "\(context)")
                #expect(threaded.logits(frames(count, seed: UInt32(count))) == expected, "threads, \(context)")
            }
        }
    }

    @Test func silenceBehindAnUtteranceChangesNoColumnFarFromIt() throws {
        let network = try UtteranceNetwork(weights: Self.singles)
        let short = frames(240)
        let long = short + [Float](repeating: 0, count: 40 * 60)
        let (a, b) = (network.logits(short), network.logits(long))
        // A column sees 435 ms before and behind it with its centre: the receptive field of ResNet18 without strides in
        // time.
        #expect(largestDifference(Array(a.prefix(10)), Array(b.prefix(10))) < 1e-4)
        #expect(largestDifference(Array(a.suffix(3)), Array(b[57..<60])) > 1e-3)
    }

    @Test func weightsThatDoNotFitAreRefused() {
        #expect(throws: WeightsError.wrongShape(name: "fc.weight", expected: [11, 512], found: [13, 512])) {
            try UtteranceNetwork(weights: Self.halves, classCount: 11)
        }
        let error = #expect(throws: WeightsError.self) {
            try UtteranceNetwork(weights: Self.halves, precision: .int8)
        }
        #expect(error?.description.contains("int8.activation_maxima") == true)
    }

    @Test func columnsAreRoundedUp() {
        #expect(UtteranceNetwork.columnCount(frames: 1, framesPerColumn: 4) == 1)
        #expect(UtteranceNetwork.columnCount(frames: 8, framesPerColumn: 8) == 1)
        #expect(UtteranceNetwork.columnCount(frames: 9, framesPerColumn: 8) == 2)
        #expect(UtteranceNetwork.columnCount(frames: 100, framesPerColumn: 4) == 25)
    }
}
