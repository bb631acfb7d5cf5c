import Foundation
import MelSpectrogram
import Testing

@testable import ResNetTraining

@Suite struct WindowMakerTests {
    static let store = SyntheticClips.store()

    static func batches(threads: Int, seed: UInt64 = 5, epochs: Range<Int> = 0..<2) throws -> [Batch] {
        let sampler = try Sampler(store: store, seed: seed)
        let plan = BatchPlan(batchSize: 4, batchesPerEpoch: 3, epochs: epochs, seed: seed)
        let loader = try BatchLoader(store: store, sampler: sampler, plan: plan, capacity: 2, threads: threads)
        var batches: [Batch] = []
        while let batch = loader.next() { batches.append(batch) }
        return batches
    }

    @Test func windowsDoNotDependOnThreads() throws {
        let one = try Self.batches(threads: 1)
        let three = try Self.batches(threads: 3)
        #expect(one.map(\.epoch) == [0, 0, 0, 1, 1, 1] && one.map(\.index) == [0, 1, 2, 0, 1, 2])
        #expect(one.map(\.windows) == three.map(\.windows))
        #expect(one.map(\.labels) == three.map(\.labels))
        #expect(one[0].windows != one[3].windows, "epochs must differ")
    }

    @Test func resumedEpochIsTheSameAsInOneRun() throws {
        let whole = try Self.batches(threads: 1)
        let resumed = try Self.batches(threads: 2, epochs: 1..<2)
        #expect(whole.suffix(3).map(\.windows) == resumed.map(\.windows))
    }

    @Test func seedChangesWindows() throws {
        let first = try Self.batches(threads: 1, epochs: 0..<1)
        let other = try Self.batches(threads: 1, seed: 6, epochs: 0..<1)
        #expect(first[0].windows != other[0].windows)
    }

    @Test func cancelledLoaderEnds() throws {
        let sampler = try Sampler(store: Self.store, seed: 1)
        let plan = BatchPlan(batchSize: 2, batchesPerEpoch: 1_000, epochs: 0..<1_000, seed: 1)
        let loader = try BatchLoader(store: Self.store, sampler: sampler, plan: plan, threads: 2)
        #expect(loader.next() != nil)
        loader.cancel()
        #expect(loader.next() == nil)
    }

    @Test func everyRecipeGivesFiniteNormalisedWindows() throws {
        var maker = try WindowMaker(store: Self.store)
        var window = [Float](repeating: .nan, count: WindowShape.count)
        for recipe in [Draw.Recipe.plain, .inRun] + Draw.Recipe.made {
            for position in 0..<5 {
                let draw = Draw(clip: position % 10, recipe: recipe, partner: 10 + position % 9, label: 10)
                var output = window.mutableSpan
                maker.makeWindow(draw, seed: 1, epoch: 0, position: position, into: &output)
                let mean = window.reduce(0, +) / Float(window.count)
                #expect(window.allSatisfy { $0.isFinite && abs($0) < 30 }, "\(recipe) \(position)")
                // Masks write the mean, so it moves little.
                #expect(abs(mean) < 0.35, "\(recipe) \(position): \(mean)")
                #expect((window.max() ?? 0) - (window.min() ?? 0) > 0.5, "\(recipe) \(position)")
            }
        }
    }

    @Test func extremeClipsDoNotCrash() throws {
        let odd: [[Float]] = [
            Array(repeating: 0, count: 8_000), Array(repeating: 1, count: 300),
            (0..<80_000).map { $0 % 2 == 0 ? 1 : -1 }, [Float](repeating: .nan, count: 4_000),
            SyntheticClips.word(1, speaker: 1, silence: 0, length: 8),
        ]
        let clips = odd.enumerated().map { i, samples in
            (clip: LabelledClip(path: "\(i)", label: 10, speaker: "s", set: "odd"), samples: samples)
        }
        let store = ClipStore(clips: clips)
        var maker = try WindowMaker(store: store)
        var window = [Float](repeating: 0, count: WindowShape.count)
        for clip in store.clips.indices {
            for recipe in [Draw.Recipe.plain, .inRun] + Draw.Recipe.made {
                for position in 0..<2 {
                    let draw = Draw(clip: clip, recipe: recipe, partner: 0, label: 10)
                    var output = window.mutableSpan
                    maker.makeWindow(draw, seed: 2, epoch: 0, position: position, into: &output)
                    #expect(window.allSatisfy { $0.isFinite }, "clip \(clip), \(recipe), \(position)")
                }
            }
        }
    }

    /// Two bursts in ten seconds of near silence: made noises must find them, blind stretches hardly ever would.
    @Test func eventsOfRecordedNoiseAreWhatTheSegmenterHears() throws {
        var random = SeededRandom(seed: 4)
        var noise = (0..<80_000).map { _ in random.gaussian() * 0.0005 }
        let bursts = [24_000..<27_200, 56_000..<59_200]
        for i in bursts.joined() { noise[i] += random.gaussian() * 0.2 }
        let quiet = (0..<8_000).map { _ in random.gaussian() * 0.0005 }
        let store = ClipStore(clips: [], noises: [quiet, noise])
        #expect(store.eventfulNoises == [1] && store.noises[0].events.isEmpty)
        let events = store.noises[1].events
        for burst in bursts {
            let own = events.filter { $0.overlaps(burst) }
            #expect(!own.isEmpty)
            // Pre-roll and post-roll are at most 0.25 s together.
            #expect(own.allSatisfy { $0.lowerBound <= burst.lowerBound && $0.count < burst.count + 2_000 }, "\(own)")
        }
        #expect(events.allSatisfy { event in bursts.contains(where: event.overlaps) })
    }

    /// 0.3 s of noise, coloured first, with 0.1 s of it 26 dB lower on either side: a gate at 20 dB takes the soft edges, one at
    /// 32 dB leaves them, and without soft edges it takes nothing.
    @Test func gateTakesSoftEdges() throws {
        var random = SeededRandom(seed: 1)
        let hiss = (0..<800).map { _ in random.gaussian() * 0.005 }
        var word = (0..<2_400).map { _ in random.gaussian() * 0.1 }
        for i in 0..<1_200 { word[i] = 0.75 * word[i] - 0.67 * word[i + 1] }
        func window(_ samples: [Float], gateLevel: Float?) throws -> [Float] {
            let clip = LabelledClip(path: "1", label: 1, speaker: "s", set: "a")
            var parameters = AugmentationParameters.validation(ratio: nil, live: false)
            parameters.noisyRatio = 60...60
            if let gateLevel {
                parameters.gateChance = 1
                parameters.gateLevel = gateLevel...gateLevel
            }
            var maker = try WindowMaker(store: ClipStore(clips: [(clip, samples)]), parameters: parameters)
            var window = [Float](repeating: 0, count: WindowShape.count)
            var output = window.mutableSpan
            let draw = Draw(clip: 0, recipe: .plain, partner: 0, label: 1)
            maker.makeWindow(draw, seed: 1, epoch: 0, position: 0, into: &output)
            return window
        }
        func distance(_ a: [Float], _ b: [Float]) -> Float {
            zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) } / Float(a.count)
        }
        let soft = hiss + word + hiss
        let (bare, open) = try (window(word, gateLevel: nil), window(soft, gateLevel: nil))
        let apart = distance(bare, open)
        #expect(apart > 0.3, "\(apart)")
        #expect(try distance(bare, window(soft, gateLevel: 20)) < 0.2 * apart)
        #expect(try distance(open, window(soft, gateLevel: 32)) < 0.2 * apart)
        #expect(try distance(bare, window(word, gateLevel: 20)) < 0.2 * apart)
    }

    @Test func evaluationWindowIsThatOfTheSpectrogram() throws {
        let samples = SyntheticClips.word(4, speaker: 1)
        let spectrogram = try MelSpectrogram(samples: samples, parameters: .standard)
        let window = try ClipWindow.window(samples: samples)
        #expect(window == ClipWindow.window(spectrogram: spectrogram))
        #expect(abs(window.reduce(0, +) / Float(window.count)) < 1e-3)
    }

    @Test(arguments: [EvaluationSet.Variant.clip, .noisy(ratio: 10), .live(ratio: 20)])
    func evaluationSetsAreFixed(variant: EvaluationSet.Variant) throws {
        let first = try EvaluationSet(store: Self.store, variant: variant)
        let second = try EvaluationSet(store: Self.store, variant: variant)
        #expect(first.windows == second.windows)
        #expect(first.windows.count == Self.store.clips.count * WindowShape.count)
        #expect(first.labels == Self.store.clips.map { Int32($0.label) })
    }

    @Test func resamplingKeepsASineAndMovesItsFrequency() {
        let resampler = VariableResampler()
        let input = (0..<4_000).map { sinf(2 * .pi * 500 * Float($0) / 8_000) }
        var output: [Float] = []
        var scratch: [Float] = []
        for speed in [0.82, 0.97, 1, 1.1, 1.22] as [Float] {
            resampler.resample(input, speed: speed, limit: 100_000, into: &output, scratch: &scratch)
            #expect(output.count == Int(4_000 / speed))
            let worst = output.indices.dropFirst(20).dropLast(20).reduce(Float(0)) { worst, i in
                max(worst, abs(output[i] - sinf(2 * .pi * 500 * Float(i) * speed / 8_000)))
            }
            #expect(worst < 0.01, "speed \(speed): \(worst)")
        }
        // 3.9 kHz at 1.22 would fold to 3.24 kHz: it must be gone.
        let high = (0..<4_000).map { sinf(2 * .pi * 3_900 * Float($0) / 8_000) }
        resampler.resample(high, speed: 1.22, limit: 100_000, into: &output, scratch: &scratch)
        #expect(NoiseSource.rootMeanSquare(output, 100..<output.count - 100) < 0.02)
    }
}

@Suite struct RunWindowTests {
    /// A digit cut out of a run is that digit with little around it: its window is that of the digit for the most part.
    @Test func aDigitInARunIsTheDigit() throws {
        let (alone, inRun, together) = try (windows(.plain), windows(.inRun), windows(.runTogether))
        var nearer = 0
        for i in alone.indices where distance(alone[i], inRun[i]) < distance(alone[i], together[i]) { nearer += 1 }
        #expect(nearer * 10 >= alone.count * 8, "\(nearer) of \(alone.count)")
    }

    private func windows(_ recipe: Draw.Recipe) throws -> [[Float]] {
        var parameters = AugmentationParameters.validation(ratio: 40, live: false)
        parameters.noiseWeights = [1, 0, 0, 0, 0, 0]
        var maker = try WindowMaker(store: WindowMakerTests.store, parameters: parameters)
        var window = [Float](repeating: 0, count: WindowShape.count)
        return (0..<40).map { position in
            let draw = Draw(clip: position % 10, recipe: recipe, partner: (position * 3 + 1) % 10, label: position % 10)
            var output = window.mutableSpan
            maker.makeWindow(draw, seed: 1, epoch: 0, position: position, into: &output)
            return window
        }
    }

    private func distance(_ a: [Float], _ b: [Float]) -> Float {
        zip(a, b).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
    }
}

@Suite struct SamplerTests {
    /// A spectrum comes from a recording of the same digit, or of any digit in the share of windows that is asked for.
    @Test(arguments: [0, 0.5])
    func spectraComeFromOtherDigitsWhereAsked(fraction: Double) throws {
        var parameters = SamplerParameters()
        parameters.otherModelFraction = fraction
        let sampler = try Sampler(store: WindowMakerTests.store, seed: 4, parameters: parameters)
        let clips = WindowMakerTests.store.clips
        var (digits, others) = (0, 0)
        for position in 0..<4_000 {
            let draw = sampler.draw(epoch: 1, position: position)
            guard draw.label < 10, let model = draw.model else { continue }
            digits += 1
            if clips[model].label != draw.label { others += 1 }
            #expect(clips[model].label < 10)
        }
        // One in ten of those drawn anew is the same digit again.
        #expect(abs(Double(others) / Double(digits) - 0.9 * fraction) < 0.04, "\(others) of \(digits)")
    }

    @Test func labelsFollowTheRecipeAndTheClip() throws {
        let sampler = try Sampler(store: WindowMakerTests.store, seed: 4)
        var counts = [Int](repeating: 0, count: 11)
        var inRuns = 0
        for position in 0..<4_000 {
            let draw = sampler.draw(epoch: 1, position: position)
            counts[draw.label] += 1
            let (a, b) = (WindowMakerTests.store.clips[draw.clip], WindowMakerTests.store.clips[draw.partner])
            switch draw.recipe {
            case .plain: #expect(draw.label == a.label)
            case .inRun:
                inRuns += 1
                #expect(draw.label == a.label && a.label < 10 && b.label < 10)
            default:
                #expect(draw.label == LabelledClip.notADigit)
                #expect(a.label < 10 && b.label < 10)
                // Two halves of one digit are that digit.
                #expect(a.label != b.label || draw.recipe == .runTogether)
            }
        }
        #expect(abs(counts[10] - 1_200) < 120, "\(counts)")
        for digit in 0...9 { #expect(abs(counts[digit] - 280) < 70, "\(counts)") }
        #expect(abs(inRuns - 420) < 80, "\(inRuns)")
    }

    @Test func missingDigitIsNamed() throws {
        let clips = (0...8).map { digit in
            (
                clip: LabelledClip(path: "\(digit)", label: digit, speaker: "s", set: "a"),
                samples: SyntheticClips.word(digit, speaker: 0, silence: 0.02, length: 0.1)
            )
        }
        let store = ClipStore(clips: clips)
        #expect(throws: DataError.missingClass(label: 9)) { try Sampler(store: store, seed: 1) }
    }

    @Test func randomNumbersHaveTheirMoments() {
        var random = SeededRandom(seed: 1)
        let values = (0..<20_000).map { _ in random.gaussian() }
        let mean = values.reduce(0, +) / 20_000
        let variance = values.reduce(0) { $0 + $1 * $1 } / 20_000
        #expect(abs(mean) < 0.03 && abs(variance - 1) < 0.05)
        #expect((0..<1_000).allSatisfy { _ in (0..<1).contains(random.uniform()) })
        #expect((0..<1_000).allSatisfy { _ in (3...5).contains(random.integer(in: 3...5)) })
    }
}
