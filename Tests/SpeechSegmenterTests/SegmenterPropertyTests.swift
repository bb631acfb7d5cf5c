import SpeechSegmenter
import Testing

/// What must hold for any energies at all, with any answers to the pauses.
@Suite struct SegmenterPropertyTests {
    /// Sequences that wander, jump, repeat, and hold what no microphone gives.
    static func energies(seed: UInt64) -> [Float] {
        var random = SplitMix64(seed: seed)
        var energies: [Float] = []
        let count = Int.random(in: 0...1500, using: &random)
        var level = Float.random(in: -100...0, using: &random)
        while energies.count < count {
            switch Int.random(in: 0..<10, using: &random) {
            case 0: level = Float.random(in: -120...20, using: &random)
            case 1: level = -100
            case 2:
                let odd: [Float] = [.nan, .infinity, -.infinity, .greatestFiniteMagnitude, 0, -0.0]
                energies.append(odd.randomElement(using: &random)!)
                continue
            default: break
            }
            let spread = Float.random(in: 0...12, using: &random)
            for _ in 0..<Int.random(in: 1...60, using: &random) {
                energies.append(level + Float.random(in: -spread...spread, using: &random))
            }
        }
        return energies
    }

    @Test func invariantsHoldForRandomEnergies() {
        for seed in UInt64(0)..<2000 {
            var random = SplitMix64(seed: seed ^ 0xABCD)
            let chance = Int.random(in: 0...4, using: &random)
            let run = SegmenterRun(Self.energies(seed: seed), .standard, Self.answers(chance: chance, seed: seed))
            #expect(run.violations == [], "seed \(seed), chance \(chance)")
        }
    }

    /// Answers by chance: `chance` of 4 pauses are accepted.
    static func answers(chance: Int, seed: UInt64) -> Answers {
        var random = SplitMix64(seed: seed &+ 77)
        return Answers(
            accepts: { _ in Int.random(in: 0..<4, using: &random) < chance },
            mayGoOn: { _ in Int.random(in: 0..<4, using: &random) > 0 },
            tail: { _ in [.accept, .absorb, .wait].randomElement(using: &random)! })
    }

    @Test func invariantsHoldForRandomParameters() {
        for seed in UInt64(0)..<500 {
            var random = SplitMix64(seed: seed ^ 0x1234)
            var parameters = SegmenterParameters()
            parameters.onsetFrames = Int.random(in: 1...8, using: &random)
            parameters.preRollFrames = Int.random(in: 0...20, using: &random)
            parameters.postRollFrames = Int.random(in: 0...20, using: &random)
            parameters.pauseFrames = Int.random(in: 1...10, using: &random)
            parameters.hangoverFrames = Int.random(in: 5...40, using: &random)
            parameters.tailGapFrames = Int.random(in: 1...30, using: &random)
            parameters.tailLengthMaximum = Int.random(in: 1...40, using: &random)
            parameters.floorMemoryFrames = Int.random(in: 1...200, using: &random)
            parameters.lengthMaximum = Int.random(in: 50...200, using: &random)
            parameters.longRepeatFrames = Int.random(in: 0...40, using: &random)
            parameters.runLengthMaximum = Int.random(in: 1...400, using: &random)
            let run = SegmenterRun(Self.energies(seed: seed), parameters, Self.answers(chance: 2, seed: seed))
            #expect(run.violations == [], "seed \(seed): \(parameters)")
        }
    }

    @Test func wordsInRandomNoiseAreCountedRight() {
        for seed in UInt64(0)..<200 {
            var random = SplitMix64(seed: seed)
            var scene = Scene(background: Float.random(in: -75 ... -50, using: &random), seed: seed)
            let level = Float.random(in: -25 ... -10, using: &random)
            scene.silence(60)
            var count = 0
            for _ in 0..<Int.random(in: 1...15, using: &random) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: scene.six(closure: Int.random(in: 4...12, using: &random), level: level)
                case 1: scene.eight(closure: Int.random(in: 4...12, using: &random), level: level)
                default: scene.vowel(Int.random(in: 15...60, using: &random), level)
                }
                count += 1
                scene.silence(Int.random(in: 30...120, using: &random))
            }
            for accepts in [true, false] {
                let run = SegmenterRun(scene.energies) { _ in accepts }
                #expect(run.violations == [], "seed \(seed)")
                #expect(run.outcomes.count == count, "seed \(seed), accepts \(accepts)")
            }
        }
    }
}
