import SpeechSegmenter
import Testing

@Suite struct EndpointerTests {
    /// Frames of levels in dB, and what they led to.
    private static func run(
        _ levels: [(level: Float, frames: Int)], _ endpointer: inout Endpointer
    ) -> [(frame: Int, action: Endpointer.Action)] {
        var actions: [(frame: Int, action: Endpointer.Action)] = []
        for (level, frames) in levels {
            for _ in 0..<frames { actions.append((endpointer.frameCount, endpointer.advance(energy: level))) }
        }
        return actions.filter {
            switch $0.action {
            case .none, .spoke: false
            case .silent(let frames): frames == 1
            case .began, .ended, .vanished: true
            }
        }
    }

    @Test func utteranceIsNoticedAfterTheOnset_andEndsAfterTheSilence() {
        var endpointer = Endpointer()
        let actions = Self.run([(-60, 100), (-30, 30), (-60, 10), (-30, 30), (-60, 60)], &endpointer)
        #expect(actions.map(\.action) == [.began, .silent(frames: 1), .silent(frames: 1), .ended])
        #expect(actions.map(\.frame) == [104, 130, 170, 209])
        // The first frame that goes on is not loud until the second one is.
        #expect(endpointer.start == 84 && endpointer.speech == 100..<170)
        #expect(endpointer.loudCount == 59 && endpointer.isIdle)
    }

    @Test func clickOfThreeFramesIsNoUtterance() {
        var endpointer = Endpointer()
        #expect(Self.run([(-60, 100), (-20, 3), (-60, 100)], &endpointer).isEmpty)
    }

    @Test func oneLoudFrameInTheSilenceIsNoise_twoAreSpeech() {
        for (frames, end) in [(1, 130), (2, 152)] {
            var endpointer = Endpointer()
            _ = Self.run([(-60, 100), (-30, 30), (-60, 20), (-30, frames), (-60, 60)], &endpointer)
            #expect(endpointer.speech == 100..<end)
        }
    }

    @Test func weakerFramesRemainSpeechThatDoNotBeginIt() {
        var endpointer = Endpointer()
        #expect(Self.run([(-60, 100), (-53, 50)], &endpointer).isEmpty)
        endpointer.reset(keepsFloor: true)
        _ = Self.run([(-60, 100), (-40, 20), (-53, 20), (-60, 60)], &endpointer)
        #expect(endpointer.speech.count == 40)
    }

    @Test func soundGivenUpIsBackground_untilItIsQuiet() {
        var endpointer = Endpointer()
        _ = Self.run([(-60, 100), (-30, 100)], &endpointer)
        endpointer.becomeBackground()
        #expect(endpointer.thresholdDecibels > -25 && !endpointer.isOpen)
        #expect(Self.run([(-30, 100), (-27, 20)], &endpointer).isEmpty)
        #expect(Self.run([(-15, 20), (-30, 60)], &endpointer).map(\.action) == [.began, .silent(frames: 1), .ended])
        _ = Self.run([(-60, 400)], &endpointer)
        #expect(endpointer.thresholdDecibels < -45)
    }

    @Test func floorRisesOverWhatIsNoSpeech() {
        var endpointer = Endpointer()
        let actions = Self.run([(-60, 100), (-30, 1000)], &endpointer)
        #expect(actions.map(\.action) == [.began, .vanished])
        #expect(endpointer.floorDecibels > -35)
    }

    @Test func whatIsKeptForTheNextUtteranceHoldsItsPreRoll() {
        for seed in UInt64(0)..<500 {
            var endpointer = Endpointer()
            var random = SplitMix64(seed: seed)
            var kept = 0
            var isOpen = false
            for (frame, energy) in SegmenterPropertyTests.energies(seed: seed).enumerated() {
                if !endpointer.isOpen { kept = endpointer.earliestNextStart }
                let speech = endpointer.speech
                let action = endpointer.advance(energy: energy)
                switch action {
                case .began:
                    #expect(!isOpen && endpointer.start >= kept && endpointer.start <= endpointer.speech.lowerBound)
                    #expect(endpointer.speech.upperBound == frame + 1)
                    isOpen = true
                case .spoke: #expect(isOpen && endpointer.speech.upperBound == frame + 1)
                case .silent(let frames):
                    #expect(isOpen && endpointer.speech.upperBound + frames == frame + 1)
                    #expect(endpointer.silenceFrames == frames && endpointer.speech == speech)
                case .ended, .vanished:
                    #expect(isOpen)
                    isOpen = false
                case .none: #expect(!isOpen)
                }
                #expect(endpointer.floorDecibels.isFinite && endpointer.isOpen == isOpen, "seed \(seed)")
                if Int.random(in: 0..<200, using: &random) == 0 {
                    endpointer.becomeBackground()
                    isOpen = false
                }
            }
        }
    }
}
