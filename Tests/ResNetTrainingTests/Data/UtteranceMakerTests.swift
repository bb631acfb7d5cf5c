import DigitDecoder
import ResNet
import Testing

@testable import ResNetTraining

/// Training utterances, and rows packed with them.
struct UtteranceMakerTests {
    private static let shape = NetworkShape(inputHeight: 40, inputWidth: 256, classCount: 13, framesPerColumn: 4)

    /// Two speakers' digits, two words, a noise, and utterances of two digits by a third.
    private static func store() -> ClipStore {
        let words = SyntheticClips.store(speakers: 2)
        let clips = words.clips.indices.map { (clip: words.clips[$0], samples: words.samples(of: $0)) }
        var utterances: [(utterance: TranscribedClip, samples: [Float])] = []
        for (number, said) in [["one", "two"], ["enter", "five"], ["oh", "nine"]].enumerated() {
            let clip = TranscribedClip(
                path: "u_\(number).wav", speaker: "u", set: "b", transcript: Transcript(words: said))
            let samples = SyntheticClips.word(number, speaker: 7) + SyntheticClips.word(number + 4, speaker: 7)
            utterances.append((clip, samples))
        }
        return ClipStore(clips: clips, noises: [[Float](repeating: 0.01, count: 8_000)], utterances: utterances)
    }

    private static func plan(_ epochs: Range<Int> = 0..<1) -> BatchPlan {
        BatchPlan(batchSize: 3, batchesPerEpoch: 4, epochs: epochs, seed: 5)
    }

    private static func batches(_ store: ClipStore, threads: Int) throws -> [Batch] {
        let sampler = try UtteranceSampler(store: store, seed: 5)
        let loader = try BatchLoader(plan: plan(), threads: threads) { () throws(DataError) in
            UtteranceRows(
                try WindowMaker(store: store, parameters: .utterances), sampler, shape: Self.shape, Self.plan())
        }
        var batches: [Batch] = []
        while let batch = loader.next() { batches.append(batch) }
        return batches
    }

    @Test func everyKindIsDrawn_andTheSameDrawIsTheSameUtterance() throws {
        let store = Self.store()
        let sampler = try UtteranceSampler(store: store, seed: 1)
        let draws = (0..<2_000).map { sampler.draw(epoch: 0, position: $0) }
        func share(_ isOne: (UtteranceDraw) -> Bool) -> Double { Double(draws.count(where: isOne)) / 2_000 }
        let recorded = share { if case .recording = $0.source { true } else { false } }
        let noise = share { $0.source == .joined([.noise]) }
        let fluent = share(\.isFluent)
        #expect(abs(recorded - 0.46) < 0.05 && noise > 0.005 && fluent > 0.1)
        var maker = try WindowMaker(store: store, parameters: .utterances)
        for position in [0, 3, 9] {
            func make() -> WindowMaker.Utterance {
                maker.makeUtterance(
                    draws[position], framesMax: 256, framesPerColumn: 4, seed: 2, epoch: 1, position: position)
            }
            let (first, second) = (make(), make())
            #expect(first.frames == second.frames && first.target == second.target)
        }
    }

    @Test func digitsOfAStringAreOneSpeakers() throws {
        let store = Self.store()
        let sampler = try UtteranceSampler(store: store, seed: 3)
        for position in 0..<500 {
            guard case .joined(let parts) = sampler.draw(epoch: 0, position: position).source else { continue }
            let speakers = parts.compactMap { part -> String? in
                if case .digit(let clip) = part { store.clips[clip].speaker } else { nil }
            }
            #expect(Set(speakers).count <= 1)
        }
    }

    @Test func utterancesFitTheirLimitAndCanBeSaid() throws {
        let store = Self.store()
        let sampler = try UtteranceSampler(store: store, seed: 4)
        var maker = try WindowMaker(store: store, parameters: .utterances)
        for position in 0..<300 {
            let draw = sampler.draw(epoch: 0, position: position)
            let made = maker.makeUtterance(
                draw, framesMax: 200, framesPerColumn: 4, seed: 1, epoch: 0, position: position)
            #expect(made.frameCount <= 200 && made.frameCount >= 4)
            #expect(made.frames.count == made.frameCount * 40)
            #expect((made.frameCount + 3) / 4 >= made.target.columnsMin, "\(draw)")
            #expect(made.frames.allSatisfy { $0.isFinite })
        }
    }

    @Test func joinedDigitsSayWhatWasJoined() throws {
        let store = Self.store()
        var maker = try WindowMaker(store: store, parameters: .utterances)
        func target(_ parts: [UtteranceDraw.Part], isFluent: Bool = false) -> CTCTarget {
            maker.makeUtterance(
                UtteranceDraw(source: .joined(parts), isFluent: isFluent), framesMax: 400, framesPerColumn: 4, seed: 1,
                epoch: 0, position: 0
            ).target
        }
        let (one, three) = (store.clips.firstIndex { $0.label == 1 }!, store.clips.firstIndex { $0.label == 3 }!)
        let word = store.clips.firstIndex { $0.label == 10 }!
        #expect(
            target([.digit(one), .digit(three), .digit(three)], isFluent: true).labels.map(\.outputs) == [
                [1], [3], [3],
            ])
        #expect(target([.talk(word), .digit(one), .noise]).labels == [.other, OutputSet(1)])
        #expect(target([.noise]) == .silence)
    }

    @Test func rowsHoldUtterancesApart_theSameOnAnyNumberOfThreads() throws {
        let store = Self.store()
        let batches = try Self.batches(store, threads: 1)
        let again = try Self.batches(store, threads: 2)
        #expect(batches.count == 4)
        var frames = 0
        for (batch, other) in zip(batches, again) {
            #expect(batch.windows == other.windows && batch.utterances == other.utterances)
            #expect(batch.windows.count == 3 * Self.shape.inputCount)
            for row in 0..<3 {
                let placed = batch.utterances.filter { $0.row == row }
                    .sorted { $0.columns.lowerBound < $1.columns.lowerBound }
                #expect((placed.last?.columns.upperBound ?? 0) <= 64)
                for (first, second) in zip(placed, placed.dropFirst()) {
                    #expect(second.columns.lowerBound - first.columns.upperBound >= 3)
                }
                frames += placed.reduce(0) { $0 + $1.columns.count * 4 }
                // Beyond an utterance stand zeros.
                let end = (placed.last?.columns.upperBound ?? 0) * 4
                var rest: [Float] = []
                for band in 0..<40 {
                    let start = (row * 40 + band) * 256
                    rest += batch.windows[start + min(end, 256)..<start + 256]
                }
                #expect(rest.allSatisfy { $0 == 0 })
            }
        }
        #expect(Double(frames) > 0.65 * Double(4 * 3 * 256))
    }
}
