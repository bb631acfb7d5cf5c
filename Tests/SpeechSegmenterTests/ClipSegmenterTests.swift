import SpeechSegmenter
import Testing

@Suite struct ClipSegmenterTests {
    @Test func trimmedClipIsKeptWhole() {
        var scene = Scene()
        let word = scene.vowel(40)
        #expect(ClipSegmenter.mainUtterance(energies: scene.energies) == word)
    }

    @Test func wordInSilenceIsFound_withItsTail() {
        var scene = Scene()
        scene.silence(30)
        scene.six(closure: 10)
        scene.silence(30)
        let range = ClipSegmenter.mainUtterance(energies: scene.energies)
        #expect((20...30).contains(range.lowerBound))
        #expect((78...90).contains(range.upperBound))
    }

    /// What a clip trimmed to its word has left behind it belongs to the word: the release of "six" may be too weak to be heard.
    /// A fifth of a second more is silence.
    @Test(arguments: [20, 40]) func weakReleaseOfATrimmedClipIsKept(_ rest: Int) {
        var scene = Scene()
        let word = scene.vowel(30)
        scene.silence(rest)
        let range = ClipSegmenter.mainUtterance(energies: scene.energies)
        #expect(range.lowerBound == word.lowerBound)
        #expect((range.upperBound == scene.energies.count) == (rest == 20), "\(range)")
        let alone = ClipSegmenter.mainUtterance(energies: scene.energies, keepsRest: false)
        #expect(alone.lowerBound == word.lowerBound && alone.upperBound < word.upperBound + 10, "\(alone)")
    }

    @Test func clickBeforeTheWordIsLeftOut() {
        var scene = Scene()
        scene.silence(10)
        scene.sound(3, -10)
        scene.silence(20)
        let word = scene.vowel(30)
        scene.silence(30)
        let range = ClipSegmenter.mainUtterance(energies: scene.energies)
        #expect(range.lowerBound > 20)
        #expect(range.contains(word.lowerBound) && range.contains(word.upperBound - 1))
    }

    @Test func anyClipGivesARangeInsideIt() {
        #expect(ClipSegmenter.mainUtterance(energies: []) == 0..<0)
        for seed in UInt64(0)..<1000 {
            let energies = SegmenterPropertyTests.energies(seed: seed)
            let range = ClipSegmenter.mainUtterance(energies: energies)
            #expect(range.lowerBound >= 0 && range.upperBound <= energies.count, "seed \(seed)")
            #expect(range.isEmpty == energies.isEmpty, "seed \(seed)")
            #expect(range.count <= SegmenterParameters.standard.lengthMaximum, "seed \(seed)")
        }
    }

    @Test(arguments: [Float.nan, -100, 0, .infinity]) func constantClipIsTakenWhole(_ energy: Float) {
        #expect(ClipSegmenter.mainUtterance(energies: Array(repeating: energy, count: 50)) == 0..<50)
    }
}
