import Testing

@testable import ResNetTraining

@Suite struct RandomSplitTests {
    /// FSDD's shape: 6 speakers, 10 digits, 50 each; and some other words.
    private func data(words: Int = 0) -> DataSet {
        var clips: [LabelledClip] = []
        for digit in 0...9 {
            for (speaker, index) in (0..<6).flatMap({ speaker in (0..<50).map { (speaker, $0) } }) {
                clips.append(
                    LabelledClip(
                        path: "fsdd/recordings/\(digit)_s\(speaker)_\(index).wav", label: digit, speaker: "s\(speaker)",
                        set: "fsdd", index: index, isFSDD: true))
            }
        }
        for word in 0..<words {
            clips.append(LabelledClip(path: "w/tree/a_\(word).wav", label: 10, speaker: "a", set: "w", folder: "tree"))
        }
        return DataSet(clips: clips, noises: [NoiseClip(path: "rain.wav", set: "w")])
    }

    @Test func fourFifthsAndTheRest_everyClipOnce() {
        let split = data().randomSplit(seed: 1)
        #expect(split.training.clips.count == 2400 && split.validation.clips.count == 600)
        let paths = (split.training.clips + split.validation.clips).map(\.path)
        #expect(Set(paths) == Set(data().clips.map(\.path)))
        // Drawn, not cut off: every digit and speaker is in both, and so is FSDD's official test.
        for part in [split.training.clips, split.validation.clips] {
            #expect(Set(part.map(\.label)).count == 10 && Set(part.map(\.speaker)).count == 6)
            #expect(part.contains(where: DataSet.isOfficialTest))
        }
        #expect(split.training.noises.count == 1 && split.validation.noises.isEmpty)
    }

    @Test func seedDecides_andOtherWordsChangeNoDigit() {
        func leftOut(_ set: DataSet, _ seed: UInt64) -> [LabelledClip] {
            set.randomSplit(seed: seed).validation.clips.filter { $0.label < 10 }
        }
        #expect(leftOut(data(), 1) == leftOut(data(), 1))
        #expect(leftOut(data(), 1) != leftOut(data(), 2))
        #expect(leftOut(data(words: 50), 1) == leftOut(data(), 1))
        #expect(data(words: 50).randomSplit(seed: 1).validation.clips.count == 610)
    }

    @Test func recordTellsTheSplitByItsClips() throws {
        let record = RandomSplitRecord(data().randomSplit(seed: 7), seed: 7)
        #expect(RandomSplitRecord(metadata: record.metadata) == record)
        #expect(RandomSplitRecord(metadata: ["split.seed": "7"]) == nil)
        #expect(RandomSplitRecord(metadata: record.metadata.merging(["split.seed": "x"]) { $1 }) == nil)
        var fewer = data()
        fewer.clips.removeLast()
        #expect(RandomSplitRecord(fewer.randomSplit(seed: 7), seed: 7) != record)
        #expect(RandomSplitRecord(data().randomSplit(seed: 8), seed: 7) != record)
        #expect(RandomSplitRecord(data(words: 3).randomSplit(seed: 7), seed: 7) == record)
    }

    @Test func samplerDrawsOfficialTestClips_onlyWhereTheSplitIsAnother() throws {
        var clips: [(clip: LabelledClip, samples: [Float])] = []
        for digit in 0...9 {
            for index in [0, 5] {
                let clip = LabelledClip(
                    path: "\(digit)_s_\(index).wav", label: digit, speaker: "s", set: "fsdd", index: index, isFSDD: true
                )
                clips.append((clip, SyntheticClips.word(digit, speaker: 0)))
            }
        }
        let store = ClipStore(clips: clips)
        #expect(try Sampler(store: store, seed: 1).clipCount == 10)
        #expect(try Sampler(store: store, seed: 1, drawsOfficialTest: true).clipCount == 20)
    }

    @Test func everyWindowIsInAnEpochOnce_inAnOrderOfTheEpochs() throws {
        let shape = FrontEnd.decibelImage.shape
        var inputs = try ClipInputs([], frontEnd: .decibelImage)
        for clip in 0..<7 {
            inputs.windows += [Float](repeating: Float(clip), count: shape.inputCount)
            inputs.labels.append(Int32(clip))
        }
        func orders(from epoch: Int) -> [[Int32]] {
            let plan = BatchPlan(batchSize: 2, batchesPerEpoch: 3, epochs: epoch..<3, seed: 5)
            let batches = ClipBatches(inputs, shape: shape, plan: plan)
            var orders: [[Int32]] = []
            while let batch = batches.next() {
                if batch.index == 0 { orders.append([]) }
                #expect(batch.epoch == epoch + orders.count - 1 && batch.labels.count == 2)
                for (i, label) in batch.labels.enumerated() {
                    let window = batch.windows[i * shape.inputCount..<(i + 1) * shape.inputCount]
                    #expect(window.allSatisfy { $0 == Float(label) })
                }
                orders[orders.count - 1] += batch.labels
            }
            return orders
        }
        let all = orders(from: 0)
        #expect(all.count == 3 && Set(all).count == 3)
        #expect(all.allSatisfy { $0.count == 6 && Set($0).count == 6 })
        // A resumed run goes on with the order it would have had.
        #expect(orders(from: 1) == Array(all[1...]))
    }
}
