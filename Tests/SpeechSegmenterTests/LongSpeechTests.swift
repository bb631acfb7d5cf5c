import SpeechSegmenter
import Testing

/// Speech that is longer than any digit: what is asked about it, and what the answers lead to.
@Suite struct LongSpeechTests {
    /// Syllables with dips too short for a pause, between silences.
    private static func scene(syllables: Int) -> Scene {
        var scene = Scene()
        scene.silence(60)
        for _ in 0..<syllables {
            scene.sound(35, -25)
            scene.sound(5, -50)
        }
        scene.sound(35, -25)
        scene.silence(80)
        return scene
    }

    @Test func longUtteranceIsAskedAboutAtItsLimitAndThenInSteps_andGoesOnWhenItMay() throws {
        let scene = Self.scene(syllables: 7)
        let run = SegmenterRun(scene.energies, .standard, Answers(mayGoOn: { _ in true }))
        #expect(run.violations == [])
        let parameters = SegmenterParameters.standard
        let lengths = run.longs.map(\.frames.count)
        #expect(lengths.first == parameters.lengthMaximum)
        for (before, after) in zip(lengths, lengths.dropFirst()) {
            #expect((parameters.longRepeatFrames...parameters.longRepeatFrames + 8).contains(after - before))
        }
        #expect(lengths.count >= 5)
        let segment = try #require(run.outcomes.first).segment
        #expect(run.outcomes == [.ended(segment)])
        #expect(abs(segment.speech.count - 315) <= 2)
    }

    @Test func utteranceThatWasGivenUpIsBackgroundToItsEnd_andTheNextIsHeard() {
        var scene = Self.scene(syllables: 12)
        let word = scene.vowel()
        scene.silence(60)
        for asked in 1...4 {
            var questions = 0
            let run = SegmenterRun(
                scene.energies, .standard,
                Answers(mayGoOn: { _ in
                    questions += 1
                    return questions < asked
                }))
            #expect(run.violations == [])
            #expect(run.longs.count == asked)
            guard case .givenUp? = run.outcomes.first, case .ended(let segment)? = run.outcomes.last else {
                Issue.record("\(run.outcomes)")
                continue
            }
            #expect(run.outcomes.count == 2)
            #expect(abs(segment.speech.lowerBound - word.lowerBound) <= 1)
        }
    }

    /// Sound of this level with lulls, as music has them, between silences; a word in it, and one soon after it.
    private static func sustained(_ level: Float, word: Float, after: Float) -> (
        scene: Scene, words: [Range<Int>]
    ) {
        var scene = Scene()
        func beat(_ count: Int) {
            for _ in 0..<count {
                scene.sound(17, level)
                scene.sound(6, level - 14)
            }
        }
        scene.silence(60)
        beat(20)
        var words = [scene.vowel(35, word)]
        beat(8)
        scene.silence(30)
        words.append(scene.vowel(35, after))
        scene.silence(80)
        return (scene, words)
    }

    @Test(arguments: [-45, -40, -36] as [Float])
    func wordOverASoundThatWasGivenUpIsHeard_andAWeakerOneAfterIt(level: Float) throws {
        let (scene, words) = Self.sustained(level, word: -22, after: level - 2)
        let run = SegmenterRun(scene.energies)
        #expect(run.violations == [])
        #expect(run.outcomes.count == 3, "\(run.outcomes)")
        guard case .givenUp? = run.outcomes.first else {
            Issue.record("\(run.outcomes)")
            return
        }
        for (outcome, word) in zip(run.outcomes.dropFirst(), words) {
            guard case .ended(let segment) = outcome else {
                Issue.record("\(outcome)")
                return
            }
            #expect(abs(segment.speech.lowerBound - word.lowerBound) <= 3, "\(segment) \(word)")
            #expect(abs(segment.speech.upperBound - word.upperBound) <= 3, "\(segment) \(word)")
        }
    }

    @Test func soundThatGrowsSlowlyStaysBackground() {
        var scene = Scene()
        scene.silence(60)
        for beat in 0..<80 {
            scene.sound(17, -50 + Float(beat) / 4)
            scene.sound(6, -62 + Float(beat) / 4)
        }
        scene.silence(80)
        let run = SegmenterRun(scene.energies)
        #expect(run.violations == [])
        guard case .givenUp? = run.outcomes.first, run.outcomes.count == 1 else {
            Issue.record("\(run.outcomes)")
            return
        }
    }

    @Test func longestRunIsDroppedAtItsLimit() {
        var parameters = SegmenterParameters()
        parameters.runLengthMaximum = 300
        let run = SegmenterRun(Self.scene(syllables: 12).energies, parameters, Answers(mayGoOn: { _ in true }))
        #expect(run.violations == [])
        guard case .dropped(let segment, .tooLong)? = run.outcomes.first else {
            Issue.record("\(run.outcomes)")
            return
        }
        #expect(run.outcomes.count == 1)
        #expect(segment.frames.count == 300)
    }

    @Test func longestRunUnderTheLongestWordStandsForThat() {
        var parameters = SegmenterParameters()
        parameters.runLengthMaximum = 10
        let run = SegmenterRun(Self.scene(syllables: 12).energies, parameters, Answers(mayGoOn: { _ in true }))
        #expect(run.longs.isEmpty)
        #expect(run.outcomes.map(\.segment.frames.count) == [parameters.lengthMaximum])
    }

    @Test func giveUpWithoutQuestionHasNoEffect() {
        var segmenter = SpeechSegmenter()
        var ended = 0
        for energy in Self.scene(syllables: 2).energies {
            let action = segmenter.advance(energy: energy)
            if case .ended = action { ended += 1 }
            segmenter.giveUp()
            segmenter.absorbTail()
        }
        // 115 frames are no question.
        #expect(ended == 1)
    }
}

/// Sounds that follow an accepted digit closely.
@Suite struct TailTests {
    /// A word, and after this gap a sound of so many frames.
    private static func scene(gap: Int, frames: Int, level: Float = -28) -> (scene: Scene, sound: Range<Int>) {
        var scene = Scene()
        scene.silence(60)
        scene.vowel(30, -25)
        scene.silence(gap)
        let start = scene.energies.count
        scene.sound(frames, level)
        let sound = start..<scene.energies.count
        scene.silence(80)
        return (scene, sound)
    }

    private static func answers(_ tail: Answers.Tail) -> Answers {
        Answers(accepts: { _ in true }, tail: { _ in tail })
    }

    @Test(arguments: [8, 10, 13], [10, 20, 27])
    func shortSoundIsAskedAboutAfterAPause(gap: Int, frames: Int) throws {
        let (scene, sound) = Self.scene(gap: gap, frames: frames)
        let run = SegmenterRun(scene.energies, .standard, Self.answers(.accept))
        #expect(run.violations == [])
        #expect(run.outcomes.count == 2)
        let tail = try #require(run.tails.first)
        #expect(abs(tail.speech.lowerBound - sound.lowerBound) <= 1)
        #expect(abs(tail.speech.upperBound - sound.upperBound) <= 1)
        #expect(run.tails.count == 1 && run.endedTails.isEmpty)
    }

    @Test func soundThatNobodyTakesIsAskedAboutUntilTheAbsorptionEnds() {
        let (scene, _) = Self.scene(gap: 10, frames: 15)
        let run = SegmenterRun(scene.energies, .standard, Self.answers(.wait))
        #expect(run.violations == [])
        #expect(run.outcomes.count == 1)
        #expect(run.tails.count == 5)
        #expect(run.endedTails.count == 1)
        #expect(run.endedTails.first?.speech == run.tails.last?.speech)
    }

    @Test func absorbedSoundIsNotAskedAboutAgain() {
        let (scene, _) = Self.scene(gap: 10, frames: 15)
        let run = SegmenterRun(scene.energies, .standard, Self.answers(.absorb))
        #expect(run.violations == [])
        #expect(run.outcomes.count == 1)
        #expect(run.tails.count == 1 && run.endedTails.isEmpty)
    }

    @Test func soundShorterThanAnyDigitIsNoQuestion() {
        let (scene, _) = Self.scene(gap: 10, frames: SegmenterParameters.standard.lengthMinimum - 2)
        let run = SegmenterRun(scene.energies, .standard, Self.answers(.wait))
        #expect(run.tails.isEmpty && run.endedTails.isEmpty)
        #expect(run.outcomes.count == 1)
    }

    @Test func longSoundBecomesAnUtterance_withWhatCameBeforeIt() throws {
        var (scene, first) = Self.scene(gap: 10, frames: 12)
        scene.energies.removeLast(70)
        scene.vowel(40, -25)
        scene.silence(80)
        let run = SegmenterRun(scene.energies, .standard, Answers(accepts: { $0.speech.lowerBound < 70 }))
        #expect(run.violations == [])
        #expect(run.outcomes.count == 2)
        let second = try #require(run.outcomes.last).segment
        #expect(abs(second.speech.lowerBound - first.lowerBound) <= 1, "the short sound was never taken for a rest")
    }

    @Test func silenceOfATailCountsAsSilence() {
        let (scene, sound) = Self.scene(gap: 10, frames: 15)
        var segmenter = SpeechSegmenter()
        for (frame, energy) in scene.energies.enumerated() {
            if case .pause = segmenter.advance(energy: energy) { segmenter.acceptEarly() }
            if frame == sound.upperBound + 8 { #expect((8...10).contains(segmenter.silenceFrames)) }
        }
        #expect(segmenter.silenceFrames == 0)
    }

    @Test func openTailEndsWithTheStream() {
        let (scene, sound) = Self.scene(gap: 10, frames: 15)
        let run = SegmenterRun(Array(scene.energies[..<sound.upperBound]), .standard, Self.answers(.wait))
        #expect(run.violations == [])
        #expect(run.tails.isEmpty && run.endedTails.count == 1)
    }
}
