import ResNet
import Testing

@testable import ResNetTraining

/// Enrolment as a whole, in a few small steps: plain loops are slow in debug builds.
@Suite(.serialized) struct EnrolmentTests {
    private static var options: EnrolmentOptions {
        var options = EnrolmentOptions()
        options.windows = 16
        options.batchSize = 4
        options.learningRate = 1e-3
        options.interpolation = 1
        options.threads = 1
        return options
    }

    private static func weights() -> WeightsFile {
        var weights = TrainingStepTests.weights()
        weights.metadata = ["labels": "0,1", "calibration.temperature": "0.9"]
        return weights
    }

    @Test func sameSeedGivesTheSameTensors_andMetadataStays() throws {
        let store = SyntheticClips.store()
        let first = try #require(try Enrolment(Self.options).run(Self.weights(), store: store))
        let second = try #require(try Enrolment(Self.options).run(Self.weights(), store: store))
        #expect(first == second)
        #expect(first.metadata == Self.weights().metadata)
        var other = Self.options
        other.seed = 2
        #expect(try Enrolment(other).run(Self.weights(), store: store)?.tensors != first.tensors)
    }

    @Test func statisticsStay_andOnlyThePartIsChanged() throws {
        for part in EnrolmentOptions.Part.allCases {
            var options = Self.options
            options.windows = 4
            options.part = part
            let before = Self.weights()
            let after = try #require(try Enrolment(options).run(before, store: SyntheticClips.store()))
            let changed = Set(before.tensors.keys.filter { before.tensors[$0] != after.tensors[$0] })
            #expect(!changed.contains { $0.contains("running_") }, "\(part)")
            #expect(changed.isSuperset(of: ["fc.weight", "fc.bias"]), "\(part)")
            #expect(changed.contains("layer4.1.conv2.weight") == [.all, .lastStage].contains(part), "\(part)")
            #expect(changed.contains("layer1.0.bn1.weight") == [.all, .norms].contains(part), "\(part)")
            #expect(changed.contains("conv1.weight") == (part == .all), "\(part)")
        }
    }

    @Test func interpolationGoesPartOfTheWay() throws {
        let store = SyntheticClips.store()
        var options = Self.options
        options.part = .head
        let end = try #require(try Enrolment(options).run(Self.weights(), store: store))
        options.interpolation = 0.25
        let quarter = try #require(try Enrolment(options).run(Self.weights(), store: store))
        let start = Self.weights().tensors["fc.weight"]!.values
        for (index, value) in quarter.tensors["fc.weight"]!.values.enumerated() {
            let expected = start[index] + 0.25 * (end.tensors["fc.weight"]!.values[index] - start[index])
            #expect(abs(value - expected) < 1e-6)
        }
    }

    @Test func rangesOfInt8ReachWhatThePersonNeeds_andGetNoNarrower() throws {
        var options = Self.options
        options.windows = 4
        var weights = Self.weights()
        let old = ActivationRanges(
            maxima: Dictionary(
                uniqueKeysWithValues: ActivationRanges.names.map { ($0, $0.contains("layer4") ? 1e6 : 1e-6) }))
        weights.metadata.merge(old.metadata) { $1 }
        let result = try #require(try Enrolment(options).run(weights, store: SyntheticClips.store()))
        let ranges = try #require(try ActivationRanges(metadata: result.metadata))
        for name in ActivationRanges.names {
            if name.contains("layer4") {
                #expect(ranges.maxima[name] == 1e6)
            } else {
                #expect(ranges.maxima[name]! > 1e-3)
            }
        }
        #expect(result.metadata["calibration.temperature"] == "0.9")
    }

    @Test func stoppedEnrolmentGivesNothing() throws {
        var steps = 0
        let result = try Enrolment(Self.options).run(
            Self.weights(), store: SyntheticClips.store(), report: { _ in steps += 1 }, shouldStop: { steps == 2 })
        #expect(result == nil)
        #expect(steps == 2)
    }

    @Test func digitWithoutAClipIsNamed() {
        let store = SyntheticClips.store()
        let clips = store.clips.indices.filter { store.clips[$0].label != 6 }.map {
            (clip: store.clips[$0], samples: store.samples(of: $0))
        }
        #expect(throws: DataError.missingClass(label: 6)) {
            try Enrolment(Self.options).run(Self.weights(), store: ClipStore(clips: clips))
        }
    }

    @Test func learningRateRisesAndFalls() {
        let options = EnrolmentOptions()
        #expect(options.learningRate(at: 0) < options.learningRate / 5)
        #expect(abs(options.learningRate(at: 0.1) - options.learningRate) < options.learningRate / 1000)
        #expect(options.learningRate(at: 1) < options.learningRate / 1000)
    }
}
