import SpeechSegmenter
import Testing

@Suite struct SpeechSegmenterTests {
    @Test func oneWordGivesOneUtterance_withRollsAroundIt() throws {
        var scene = Scene()
        scene.silence(60)
        let word = scene.vowel()
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        #expect(run.violations == [])
        let segment = try #require(run.outcomes.first).segment
        #expect(run.outcomes == [.ended(segment)])
        #expect(abs(segment.speech.lowerBound - word.lowerBound) <= 1)
        #expect(abs(segment.speech.upperBound - word.upperBound) <= 1)
        #expect(segment.frames.lowerBound == segment.speech.lowerBound - 8)
        #expect(segment.frames.upperBound == segment.speech.upperBound + 5)
    }

    @Test func firstPauseComesAfterSixtyMillisecondsOfSilence() {
        var scene = Scene()
        scene.silence(60)
        let word = scene.vowel()
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        #expect(run.firstPauses.count == 1)
        #expect((word.upperBound + 5...word.upperBound + 6).contains(run.firstPauses[0]))
    }

    @Test(arguments: [4, 8, 10, 12, 15, 20]) func closureInsideADigitIsBridged(_ closure: Int) {
        for seed in UInt64(1)...20 {
            var scene = Scene(seed: seed)
            scene.silence(60)
            scene.six(closure: closure)
            scene.silence(60)
            scene.eight(closure: closure)
            scene.silence(60)
            for accepts in [true, false] {
                let run = SegmenterRun(scene.energies) { _ in accepts }
                #expect(run.violations == [], "seed \(seed)")
                #expect(
                    run.outcomes.count == 2, "closure \(closure), seed \(seed), accepts \(accepts): \(run.outcomes)")
            }
        }
    }

    @Test func nextDigitIsNotSwallowedByTheAbsorptionOfTheLast() {
        for gap in [26, 28, 30, 35, 40, 60] {
            for seed in UInt64(1)...20 {
                var scene = Scene(seed: seed)
                scene.silence(60)
                for index in 0..<6 {
                    if index % 2 == 0 {
                        scene.vowel(25, -25 - Float(seed % 7))
                    } else {
                        scene.six(closure: 8, level: -30)
                    }
                    scene.silence(gap)
                }
                scene.silence(40)
                let run = SegmenterRun(scene.energies) { _ in true }
                #expect(run.violations == [], "gap \(gap), seed \(seed)")
                #expect(run.outcomes.count == 6, "gap \(gap), seed \(seed): \(run.outcomes)")
            }
        }
    }

    @Test func acceptanceOfSecondPauseOnly_givesTheSameCount() {
        var scene = Scene()
        scene.silence(60)
        for _ in 0..<10 {
            scene.six(closure: 9)
            scene.silence(40)
        }
        var looks = 0
        let run = SegmenterRun(scene.energies) { _ in
            looks += 1
            return looks % 2 == 0
        }
        #expect(run.violations == [])
        #expect(run.outcomes.count == 10)
    }

    @Test func acceptEarlyWithoutPauseHasNoEffect() {
        var scene = Scene()
        scene.silence(60)
        scene.vowel()
        scene.silence(60)
        var segmenter = SpeechSegmenter()
        var ends = 0
        for energy in scene.energies {
            if case .ended = segmenter.advance(energy: energy) { ends += 1 }
            if case .pause = segmenter.advance(energy: -60) {}
            segmenter.acceptEarly()
            _ = segmenter.finish()
            segmenter.acceptEarly()
        }
        #expect(segmenter.frameCount == scene.energies.count * 2)
    }

    @Test func clickIsNoUtterance() {
        var scene = Scene()
        scene.silence(60)
        scene.sound(3, -15)
        scene.silence(60)
        #expect(SegmenterRun(scene.energies).outcomes == [])
    }

    @Test func shortSoundIsTooShort() throws {
        var scene = Scene()
        scene.silence(60)
        scene.sound(6, -25)
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        guard case .dropped(_, .tooShort)? = run.outcomes.first else {
            Issue.record("\(run.outcomes)")
            return
        }
    }

    @Test func endlessSpeechIsTooLongOnce_andTheNextWordIsHeard() {
        var scene = Scene()
        scene.silence(60)
        for _ in 0..<8 {
            scene.sound(35, -25)
            scene.sound(6, -52)
        }
        scene.silence(80)
        scene.vowel()
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        #expect(run.violations == [])
        #expect(run.outcomes.count == 2)
        guard case .givenUp(let segment)? = run.outcomes.first, case .ended? = run.outcomes.last else {
            Issue.record("\(run.outcomes)")
            return
        }
        #expect(segment.frames.count == SegmenterParameters.standard.lengthMaximum)
    }

    @Test(arguments: [10, 20, 35] as [Float]) func stepUpInTheBackgroundIsLearntWithinThreeSeconds(_ step: Float) {
        var scene = Scene()
        scene.silence(100)
        scene.background += step
        scene.silence(250)
        let before = scene.energies.count
        scene.vowel(30, -12)
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        #expect(run.violations == [])
        let words = run.outcomes.filter { $0.segment.speech.lowerBound >= before - 3 }
        #expect(words.count == 1, "\(run.outcomes)")
    }

    @Test func stepDownInTheBackgroundIsLearntWithinHalfASecond() {
        var scene = Scene(background: -35)
        scene.silence(200)
        scene.background = -70
        scene.silence(50)
        scene.vowel(30, -50)
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        #expect(run.violations == [])
        #expect(run.outcomes.count == 2)
        guard case .dropped(_, .background)? = run.outcomes.first, case .ended? = run.outcomes.last else {
            Issue.record("\(run.outcomes)")
            return
        }
    }

    @Test func streamThatBeginsInsideAWordGivesTheWord() {
        var scene = Scene()
        scene.sound(25, -25)
        scene.silence(60)
        scene.vowel()
        scene.silence(60)
        let run = SegmenterRun(scene.energies)
        #expect(run.outcomes.count == 2)
        #expect(run.outcomes.first?.segment.frames.lowerBound == 0)
    }

    @Test func openUtteranceEndsWithTheStream() {
        var scene = Scene()
        scene.silence(60)
        scene.sound(25, -25)
        let run = SegmenterRun(scene.energies)
        #expect(run.outcomes.count == 1)
        #expect(run.outcomes.first?.segment.frames.upperBound == scene.energies.count)
    }

    @Test(arguments: [-100, -80, -60, -40] as [Float]) func digitalSilenceAndOtherBackgroundsGiveTheSameCount(
        _ background: Float
    ) {
        var scene = Scene(background: background)
        scene.silence(60)
        for _ in 0..<20 {
            scene.vowel(30, -15)
            scene.silence(40)
        }
        #expect(SegmenterRun(scene.energies).outcomes.count == 20)
        #expect(SegmenterRun(scene.energies) { _ in true }.outcomes.count == 20)
    }

    @Test func resetKeepsTheFloorOnlyWhenToldTo() {
        var segmenter = SpeechSegmenter()
        for _ in 0..<100 { _ = segmenter.advance(energy: -70) }
        let floor = segmenter.floorDecibels
        segmenter.reset(keepsFloor: true)
        #expect(segmenter.floorDecibels == floor)
        segmenter.reset()
        #expect(segmenter.floorDecibels == SegmenterParameters.standard.floorInitialMaximum)
        #expect(segmenter.frameCount == 100)
    }
}
