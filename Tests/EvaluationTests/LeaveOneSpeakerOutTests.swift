import Foundation
import ResNet
import ResNetTraining
import Testing

@testable import Evaluation

@Suite struct LeaveOneSpeakerOutTests {
    /// Two FSDD speakers with an official test clip and another of each digit, and six speakers of another set.
    private static func makeData(_ directory: TemporaryDirectory) throws {
        for digit in 0...9 {
            for voice in ["flite-slt", "espeak-en-us"] {
                for index in [0, 5] {
                    try directory.link(
                        "fsdd/recordings/\(digit)_\(voice)_\(index).wav",
                        to: "\(testDirectory)/\(digit)/\(voice)_0.flac")
                }
            }
            for speaker in ["a", "b", "c", "d", "e", "f"] {
                try directory.link(
                    "other/\(digit)/\(speaker)_0.flac", to: "\(testDirectory)/\(digit)/flite-slt_0.flac")
            }
        }
    }

    private static func options(_ directory: TemporaryDirectory) -> LeaveOneSpeakerOut.Options {
        var options = LeaveOneSpeakerOut.Options(directory: directory.path + "/work")
        options.training.directories = [directory.path + "/fsdd", directory.path + "/other"]
        options.training.batchSize = 2
        options.training.windowsPerEpoch = 2
        options.training.threads = 1
        options.training.precision = .float32
        options.baseEpochs = 1
        options.foldEpochs = 1
        return options
    }

    /// What a run reports, in short: `base begins`, `clips ...`, `x found`.
    private static func log(_ progress: LeaveOneSpeakerOut.Progress) -> String? {
        switch progress {
        case .begins(let name, let number, let total): "\(name) begins, \(number) of \(total)"
        case .found(let name): "\(name) found"
        case .training(_, .note(let note)): note.contains("to train on") ? note : nil
        case .training: nil
        case .judged(let fold): "\(fold.speaker) judged on \(fold.tally.digits)"
        }
    }

    @Test func speakerIsJudgedByANetworkThatNeverHeardThem_andAKilledRunGoesOn() throws {
        let directory = try TemporaryDirectory()
        try Self.makeData(directory)
        var options = Self.options(directory)
        var log: [String] = []

        // Stopped in the second fold.
        var hasBegun = 0
        let stopped = try LeaveOneSpeakerOut(options).run(
            report: { event in
                if case .begins = event { hasBegun += 1 }
                Self.log(event).map { log.append($0) }
            }, shouldStop: { hasBegun == 3 })
        #expect(stopped == nil)
        // The other set has 6 speakers, 3 of them held out, as many as a third allows: 2 to 4 stay.
        let base = try #require(log.first { $0.contains("to train on") }.flatMap { Int($0.prefix { $0 != " " }) })
        let folds = log.filter { $0.contains("to train on") }.dropFirst().map { Int($0.prefix { $0 != " " }) }
        // Each fold adds the other speaker's ten clips that are not of the official test.
        #expect(folds == [base + 10, base + 10], "\(log)")
        #expect(
            log.filter { !$0.contains("to train on") } == [
                "base begins, 1 of 3", "espeak-en-us begins, 2 of 3", "espeak-en-us judged on 20",
                "flite-slt begins, 3 of 3",
            ])

        log = []
        let figures = try #require(
            try LeaveOneSpeakerOut(options).run(report: { event in Self.log(event).map { log.append($0) } }))
        #expect(
            log.filter { !$0.contains("to train on") } == [
                "base found", "espeak-en-us found", "espeak-en-us judged on 20", "flite-slt begins, 3 of 3",
                "flite-slt judged on 20",
            ])
        #expect(figures.folds.map(\.speaker) == ["espeak-en-us", "flite-slt"] && figures.metrics.clips == 40)
        let metadata = try WeightsFile(contentsOf: options.directory + "/base.safetensors").metadata
        #expect(metadata["trained.on"]?.hasPrefix("other;") == true)

        // Another base means other folds.
        options.baseEpochs = 2
        #expect(throws: LeaveOneSpeakerOut.Failure.otherOptions(path: options.directory + "/base.options")) {
            try LeaveOneSpeakerOut(options).run(report: { _ in })
        }
        // A network that has heard the speakers is no base.
        options.baseWeights = options.directory + "/flite-slt.safetensors"
        #expect(throws: LeaveOneSpeakerOut.Failure.baseHeardFSDD(path: options.baseWeights ?? "", set: "fsdd")) {
            try LeaveOneSpeakerOut(options).run(report: { _ in })
        }
    }

    @Test func aFoldOfSeveralNetworksIsTheirMean() throws {
        let directory = try TemporaryDirectory()
        try Self.makeData(directory)
        var options = Self.options(directory)
        options.baseEpochs = 0
        options.foldNetworks = 2
        func run() throws -> [String] {
            var log: [String] = []
            let figures = try LeaveOneSpeakerOut(options).run { event in
                Self.log(event).map { if !$0.contains("to train on") { log.append($0) } }
            }
            #expect(figures?.folds.count == 2)
            return log
        }
        let judged = ["espeak-en-us judged on 20", "flite-slt judged on 20"]
        #expect(
            try run() == [
                "espeak-en-us-1 begins, 1 of 4", "espeak-en-us-2 begins, 2 of 4", judged[0],
                "flite-slt-1 begins, 3 of 4", "flite-slt-2 begins, 4 of 4", judged[1],
            ])
        #expect(
            try run() == [
                "espeak-en-us-1 found", "espeak-en-us-2 found", judged[0], "flite-slt-1 found", "flite-slt-2 found",
                judged[1],
            ])
        let weights = try ["", "-1", "-2"].map {
            try WeightsFile(contentsOf: "\(options.directory)/flite-slt\($0).safetensors").tensors["fc.weight"]!.values
        }
        #expect(weights[1] != weights[2], "the seeds are apart")
        for i in weights[0].indices {
            let mean = (weights[1][i] + weights[2][i]) / 2
            #expect(abs(weights[0][i] - mean) <= 1e-3 * max(abs(mean), 0.01))
        }
    }

    @Test func dataWithoutFSDDIsRefused() throws {
        var options = LeaveOneSpeakerOut.Options(directory: "/nowhere")
        options.training.directories = [testDirectory]
        #expect(throws: LeaveOneSpeakerOut.Failure.noSpeakers) {
            try LeaveOneSpeakerOut(options).run(report: { _ in })
        }
    }
}
