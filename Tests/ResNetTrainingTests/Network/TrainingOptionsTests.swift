import Testing

@testable import ResNetTraining

struct TrainingOptionsTests {
    @Test func learningRateRisesLinearlyThenFallsAlongACosine() {
        var options = TrainingOptions()
        options.learningRate = 2
        let rates = (0...1000).map { options.learningRate(at: Double($0) / 1000) }
        #expect(rates[0] == 2 * 0.04)
        #expect(abs(rates[75] - 2 * 0.52) < 1e-6)
        #expect(rates[150] == 2)
        // Half-way down after half of what is left.
        #expect(abs(rates[575] - 1) < 1e-6)
        #expect(abs(rates[1000] - 2e-3) < 1e-6)
        #expect(zip(rates[..<150], rates[1...150]).allSatisfy(<))
        #expect(zip(rates[150...], rates[151...]).allSatisfy(>=))
        #expect(rates.allSatisfy { $0 > 0 && $0 <= 2 })
    }

    @Test func fingerprintIsTheSame_whateverTheOrderOfSets() {
        var one = TrainingOptions()
        var other = TrainingOptions()
        let words = (0..<40).map { "word\($0)" }
        // Capacity changes a set's order even within one run.
        other.sampler.neighbours.removeAll()
        other.sampler.neighbours.reserveCapacity(4096)
        for word in one.sampler.neighbours.sorted().reversed() { other.sampler.neighbours.insert(word) }
        one.split.setsOnlyTrained = Set(words)
        for word in words.reversed() { other.split.setsOnlyTrained.insert(word) }
        one.sampler.setWeights = ["a": 1, "b": 2, "c": 3]
        for (key, value) in [("c", 3.0), ("a", 1), ("b", 2)] { other.sampler.setWeights[key] = value }
        #expect(one.fingerprint == other.fingerprint)
    }

    @Test func fingerprintTellsEveryOptionThatChangesTheRun() {
        let changes: [(inout TrainingOptions) -> Void] = [
            { $0.directories = ["data"] }, { $0.initialWeights = "a" }, { $0.epochs += 1 }, { $0.windowsPerEpoch = 7 },
            { $0.batchSize += 1 }, { $0.learningRate *= 2 }, { $0.weightDecay *= 2 }, { $0.labelSmoothing = 0.2 },
            { $0.averageDecay = 0.5 }, { $0.seed += 1 }, { $0.split.seed += 1 }, { $0.split.speakerFraction /= 2 },
            { $0.split.setsOnlyTrained = ["voices"] }, { $0.split.fsddSpeakersHeldOut = ["theo"] },
            { $0.sampler.negativeFraction = 0.5 }, { $0.sampler.madeWeights[0] = 1 },
            { $0.sampler.setWeights["voices"] = 0.5 }, { $0.sampler.neighbours.insert("two") },
            { $0.augmentation.speed = 0.5...2 }, { $0.augmentation.noiseWeights[1] = 0 },
            { $0.augmentation.jitterFrames = 1 }, { $0.splitKind = .random },
            { $0.teachers = ["a"] },
            {
                $0.teachers = ["a"]
                $0.teacherShare = 0.7
            },
        ]
        var seen: Set<String> = [TrainingOptions().fingerprint]
        for (i, change) in changes.enumerated() {
            var options = TrainingOptions()
            change(&options)
            #expect(seen.insert(options.fingerprint).inserted, "change \(i)")
        }
        #expect(seen.insert(TrainingOptions(.seed).fingerprint).inserted)
        var options = TrainingOptions()
        options.threads = 7
        options.precision = .float32
        options.output = "elsewhere"
        #expect(options.fingerprint == TrainingOptions().fingerprint)
    }
}
