import SpeechSegmenter
import Testing

/// What stands out of an utterance.
@Suite struct LoudPartsTests {
    private func parts(_ energies: [Float], from start: Int = 100) -> [SpeechSegment] {
        SpeechSegment(frames: start..<start + energies.count, speech: start..<start + energies.count)
            .loudParts(energies: energies, parameters: .standard)
    }

    private func sound(_ frames: Int, _ level: Float) -> [Float] { Array(repeating: level, count: frames) }

    @Test func louderStretchIsAPart_withItsOwnPreRollAndPostRoll() {
        let parts = parts(sound(60, -50) + sound(30, -30) + sound(40, -50))
        #expect(parts == [SpeechSegment(frames: 152..<195, speech: 160..<190)])
    }

    @Test func stretchesOfSeveralLevelsAreParts_eachOnce() {
        let parts = parts(sound(40, -60) + sound(20, -43) + sound(40, -60) + sound(20, -30) + sound(40, -60))
        #expect(parts.map(\.speech) == [140..<160, 200..<220])
    }

    @Test func shortGapIsBridged_andShortStretchIsNone() {
        let six = sound(40, -60) + sound(12, -30) + sound(6, -60) + sound(12, -33) + sound(40, -60)
        #expect(parts(six).map(\.speech) == [140..<170])
        #expect(parts(sound(40, -60) + sound(7, -30) + sound(40, -60)).isEmpty)
    }

    @Test func oneEvenSoundHasNone() {
        #expect(parts(sound(90, -30)).isEmpty)
        #expect(parts([]).isEmpty)
    }

    @Test func partsNeverLeaveTheUtterance_whateverTheEnergies() {
        for seed in UInt64(0)..<300 {
            let energies = SegmenterPropertyTests.energies(seed: seed).prefix(400).map { $0.isNaN ? -100 : $0 }
            let parts = parts(Array(energies))
            #expect(parts.count <= 16)
            #expect(Set(parts.map(\.frames)).count == parts.count)
            for part in parts {
                #expect(part.frames.lowerBound >= 100 && part.frames.upperBound <= 100 + energies.count)
                #expect(part.frames.lowerBound <= part.speech.lowerBound)
                #expect(part.speech.upperBound <= part.frames.upperBound)
                #expect(part.frames.count <= SegmenterParameters.standard.lengthMaximum)
            }
        }
    }
}
