import Foundation
import MelSpectrogram
import Testing

@Suite("Streaming frames")
struct MelFrameStreamTests {
    @Test(arguments: [[1], [2], [79], [80], [81], [127], [200], [228], [256], [1000], [4800], [1, 500, 3, 80, 0, 229]])
    func anyChunkingGivesTheSameFramesBitForBit(chunks: [Int]) throws {
        let samples = noise(4800)
        var stream = try MelFrameStream()
        let chunked = frames(of: samples, stream: &stream, chunks: chunks)
        let atOnce = try MelSpectrogram(samples: samples)
        #expect(chunked == atOnce.values.map(\.bitPattern))
    }

    @Test func resetMakesTheNextSampleTheFirstOfANewSignal() throws {
        let samples = noise(1000)
        var stream = try MelFrameStream()
        let fresh = frames(of: samples, stream: &stream, chunks: [1000])
        for before in [1, 27, 28, 100, 227, 228, 300, 3333] {
            stream.reset()
            _ = frames(of: noise(before, seed: 2), stream: &stream, chunks: [before])
            stream.reset()
            let again = frames(of: samples, stream: &stream, chunks: [1000])
            #expect(again == fresh, "after \(before) other samples")
        }
    }

    @Test(arguments: [0, 1, 227, 228, 307, 308, 8000])
    func frameCountSaysHowManyFramesASignalHas(sampleCount: Int) throws {
        let mel = try MelSpectrogram(samples: noise(sampleCount))
        #expect(mel.frameCount == MelParameters.standard.frameCount(sampleCount: sampleCount))
        #expect(mel.frameCount == (sampleCount < 228 ? 0 : 1 + (sampleCount - 228) / 80))
    }

    @Test func aFrameDependsOnTheSamplesOfItsRangeAndOnNoOthers() throws {
        var samples = noise(2000)
        let before = try MelSpectrogram(samples: samples)
        let range = MelParameters.standard.sampleRange(ofFrame: 5)
        for index in samples.indices where !range.contains(index) { samples[index] = 0 }
        let after = try MelSpectrogram(samples: samples)
        #expect(before.values[200..<240] == after.values[200..<240])
        samples[range.lowerBound + 100] += 0.5
        let changed = try MelSpectrogram(samples: samples)
        #expect(before.values[200..<240] != changed.values[200..<240])
    }

    @Test func digitalSilenceIsTheFloorInEveryBand() throws {
        let mel = try MelSpectrogram(samples: Array(repeating: 0, count: 400))
        #expect(mel.frameCount == 3)
        #expect(mel.values.allSatisfy { $0 == MelParameters.standard.silence })
        #expect(abs(MelParameters.standard.silence - logf(1e-10)) < 4e-6, "two units in the last place")
    }

    @Test func aSampleThatIsNotANumberSpoilsOnlyTheFramesThatCoverIt() throws {
        var samples = noise(4000)
        samples[2000] = .nan
        let mel = try MelSpectrogram(samples: samples)
        for frame in 0..<mel.frameCount {
            let covered = MelParameters.standard.sampleRange(ofFrame: frame).contains(2000)
            #expect(mel[frame: frame, band: 7].isNaN == covered, "frame \(frame)")
        }
    }

    @Test func hopsLongerThanTheWindowSkipSamples_atAnyChunking() throws {
        let parameters = MelParameters(windowLength: 100, fftLength: 128, hopLength: 250)
        let samples = noise(3000)
        let whole = try MelSpectrogram(samples: samples, parameters: parameters)
        #expect(whole.frameCount == parameters.frameCount(sampleCount: 3000))
        var stream = try MelFrameStream(parameters)
        let chunked = frames(of: samples, stream: &stream, chunks: [7, 130, 1])
        #expect(chunked == whole.values.map(\.bitPattern))
        let range = parameters.sampleRange(ofFrame: 3)
        var shifted = try MelFrameStream(parameters)
        let moved = Array(samples[(range.lowerBound - 14)...])
        #expect(frames(of: moved, stream: &shifted, chunks: [3000]).prefix(40) == chunked[120..<160])
    }

    @Test func streamsMadeOnManyThreadsAtOnceAgree() async throws {
        let samples = noise(2000)
        let expected = try MelSpectrogram(samples: samples)
        try await withThrowingTaskGroup(of: MelSpectrogram.self) { group in
            for _ in 0..<64 {
                group.addTask { try MelSpectrogram(samples: samples) }
            }
            for try await mel in group { #expect(mel == expected) }
        }
    }
}
