import Foundation
import Testing

@Suite struct TrainTests {
    /// The test clips under six speakers' names, so that some can be held out.
    private static func makeData(_ scratch: ScratchDirectory) throws {
        let folders = (0...9).map(String.init) + ["hello", "cancel"]
        for folder in folders {
            let clips = try testClips([folder])
            try FileManager.default.createDirectory(
                atPath: "\(scratch.path)/data/\(folder)", withIntermediateDirectories: true)
            for (index, speaker) in ["a", "b", "c", "d", "e", "f"].enumerated() {
                try FileManager.default.createSymbolicLink(
                    atPath: "\(scratch.path)/data/\(folder)/\(speaker)_0.flac",
                    withDestinationPath: clips[index % clips.count].path)
            }
        }
    }

    @Test func stoppedRunIsResumedByTheSameCommand_andItsNetworkIsUsable() throws {
        let scratch = ScratchDirectory()
        try Self.makeData(scratch)
        // The first run is told to stop once its first epoch is done.
        let script = """
            cd "$1"
            : >first
            train=("$0" train --data data --output n.safetensors --epochs 2 --windows 16 --batch-size 4 --threads 1)
            "${train[@]}" >first 2>errors &
            until grep -q "^epoch 1  loss" first || ! kill -0 $! 2>/dev/null; do sleep 0.1; done
            grep SigBlk /proc/$!/task/$!/status >&2
            kill -TERM $!
            wait $!; echo "status $?"
            "${train[@]}"; echo "status $?"
            cat errors >&2
            """
        let result = try Command.shell(script, [scratch.path])
        let lines = result.outputLines
        #expect(lines.first == "status 1", "\(result.testDescription)")
        #expect(lines.last == "status 0")
        #expect(lines.contains("resuming after epoch 1"))
        #expect(lines.contains { $0.hasPrefix("epoch 2  loss ") })
        // The thread that computes holds SIGINT (2) and SIGTERM (15) back: oneDNN's matrix product for AVX2 has its stack
        // pointer in the heap, where a handler's frame overwrote what other blocks hold; every fourth stopped run crashed.
        let errors = result.errors.split(separator: "\n")
        let heldBack = errors.first?.split(whereSeparator: \.isWhitespace).last.flatMap { UInt64($0, radix: 16) }
        #expect(heldBack.map { $0 & 0x4002 } == 0x4002, "\(result.testDescription)")
        #expect(
            errors.dropFirst()
                == ["digitd: Training was stopped; give the same command again to go on from its checkpoint."])

        let metrics = try String(contentsOfFile: scratch.path + "/n.metrics.csv", encoding: .utf8)
        #expect(metrics.split(separator: "\n").count == 3)
        #expect(FileManager.default.fileExists(atPath: scratch.path + "/n.svg"))
        #expect(!FileManager.default.fileExists(atPath: scratch.path + "/n.checkpoint"))
        let clip = packageFile("Tests/Audio/digits/7/flite-slt_0.flac")
        let answer = try Command.run(["classify", "--model", scratch.path + "/n.safetensors", clip])
        #expect(answer.status == 0, "\(answer.testDescription)")
    }

    @Test func trimmedTrainsOnOtherWindows() throws {
        let scratch = ScratchDirectory()
        func loss(_ flags: [String]) throws -> Substring? {
            let result = try Command.run(
                [
                    "train", "--data", packageFile("Tests/Audio/digits"), "--output", scratch.path + "/n.safetensors",
                    "--epochs", "1", "--windows", "16", "--batch-size", "16", "--threads", "1",
                ] + flags)
            #expect(result.status == 0, "\(result.testDescription)")
            let metrics = try String(contentsOfFile: scratch.path + "/n.metrics.csv", encoding: .utf8)
            return metrics.split(separator: "\n").last?.split(separator: ",").dropFirst(2).first
        }
        let plain = try loss([])
        #expect(try loss([]) == plain, "the seed is the same")
        #expect(try loss(["--trimmed"]) != plain)
    }
}
