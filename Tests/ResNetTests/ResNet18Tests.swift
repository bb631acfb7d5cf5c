import Foundation
import Synchronization
import Testing

@testable import ResNet

struct ResNet18Tests {
    /// The logits of `windows` (3,840 values each), 11 values a window.
    private func logits(_ network: ResNet18, _ windows: [Float]) -> [Float] {
        let count = windows.count / ResNet18Topology.inputCount * ResNet18Topology.classCount
        var result = [Float](repeating: .nan, count: count)
        var span = result.mutableSpan
        network.logits(windows.span, into: &span)
        return result
    }

    private func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
        a.count == b.count ? zip(a, b).map { abs($0 - $1) }.reduce(0) { $1 <= $0 ? $0 : $1 } : .infinity
    }

    @Test(arguments: [1, 2, 8])
    func logitsArePyTorchs_atAnyBatchSize(batchSize: Int) throws {
        let golden = try GoldenLogits(named: "lcg")
        let network = try ResNet18(weights: goldenNetwork, batchSize: batchSize)
        let found = logits(network, try golden.inputs())
        let difference = largestDifference(found, golden.logits.flatMap { $0 })
        #expect(difference < 1e-3, "batch size \(batchSize)")
        // A second call gives the same: nothing of the first is left in the shared buffers.
        #expect(logits(network, try golden.inputs()) == found)
    }

    /// The file that ships, against `load_state_dict` of the same file.
    @Test func shippedNetworkGivesPyTorchsLogits() throws {
        let golden = try GoldenLogits(named: "shipped")
        let network = try ResNet18(weights: try shippedNetwork.get())
        let difference = largestDifference(logits(network, try golden.inputs()), golden.logits.flatMap { $0 })
        #expect(difference < 1e-3)
    }

    @Test func windowsOfABatchDoNotInfluenceEachOther() throws {
        let windows = try GoldenLogits(named: "lcg").inputs()
        let network = try ResNet18(weights: goldenNetwork, batchSize: 4)
        let together = logits(network, windows)
        let last = logits(network, Array(windows.suffix(ResNet18Topology.inputCount)))
        #expect(largestDifference(last, Array(together.suffix(ResNet18Topology.classCount))) < 1e-4)
    }

    @Test func twoThreadsGiveTheSameLogits_andTheCallersSettingIsKept() throws {
        let golden = try GoldenLogits(named: "lcg")
        let network = try ResNet18(weights: goldenNetwork, batchSize: 2, threads: 2)
        let inputs = try golden.inputs()
        let (found, threadsAfter) = Engine.withThreads(3) { (logits(network, inputs), Engine.threads) }
        #expect(largestDifference(found, golden.logits.flatMap { $0 }) < 1e-3)
        #expect(threadsAfter == 3)
    }

    @Test func networkMadeOnOneThreadRunsOnAnother() throws {
        let golden = try GoldenLogits(named: "lcg")
        let inputs = try golden.inputs()
        nonisolated(unsafe) let network = try ResNet18(weights: goldenNetwork)
        final class Found: Sendable { let logits = Mutex<[Float]?>(nil) }
        let found = Found()
        Thread.detachNewThread {
            let logits = logits(network, inputs)
            found.logits.withLock { $0 = logits }
        }
        while found.logits.withLock({ $0 == nil }) { usleep(1000) }
        let result = found.logits.withLock { $0 } ?? []
        #expect(largestDifference(result, golden.logits.flatMap { $0 }) < 1e-3)
    }

    @Test func everyLayerHasAFastImplementation_andLayoutsAgree() throws {
        let network = try ResNet18(weights: goldenNetwork)
        // 20 convolutions, the pooling and one reorder at the end into row-major order; at most one reorder before.
        #expect(network.operations.count <= 23, "\(network.operations.map(\.name))")
        for operation in network.operations.dropLast() {
            #expect(!operation.implementation.hasPrefix("ref"), "\(operation.name): \(operation.implementation)")
        }
    }

    @Test func weightsThatDoNotFitAreRefused() {
        #expect(throws: WeightsError.missingTensor(name: "conv1.weight")) { try ResNet18(weights: WeightsFile()) }
        var weights = goldenNetwork
        weights.tensors["fc.weight"] = WeightTensor(shape: [10, 512], values: [Float](repeating: 0, count: 5120))
        #expect(throws: WeightsError.wrongShape(name: "fc.weight", expected: [11, 512], found: [10, 512])) {
            try ResNet18(weights: weights)
        }
    }

    @Test func libraryIsTheOneOfTheHeaders_andTheOneAskedFor() {
        #expect(Engine.headerVersion == Engine.libraryVersion)
        if let expected = ProcessInfo.processInfo.environment["DIGITD_EXPECTED_ONEDNN"] {
            #expect(String(Engine.libraryVersion) == expected)
        }
    }

    /// Not a check by itself: writes the golden network for PyTorch to read, see Golden/README.md.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["DIGITD_GOLDEN_WEIGHTS"] != nil))
    func writeGoldenWeightsForPyTorch() throws {
        let path = try #require(ProcessInfo.processInfo.environment["DIGITD_GOLDEN_WEIGHTS"])
        let precision = ProcessInfo.processInfo.environment["DIGITD_GOLDEN_PRECISION"] ?? "F32"
        try goldenNetwork.write(to: path, precision: try #require(WeightsFile.Precision(rawValue: precision)))
    }
}
