import Foundation
import Testing

@testable import DigitDecoder

@Suite struct UtteranceDecoderTests {
    private func decode(_ scene: Scene, _ parameters: DecoderParameters = DecoderParameters()) -> DecodedUtterance {
        var decoder = UtteranceDecoder(parameters)
        return decoder.decode(scene.logits, frameCount: scene.columnCount * parameters.framesPerColumn)
    }

    @Test func numberIsReadInOrder_withTimesAndConfidence() {
        var scene = Scene()
        for label in [UtteranceLabel.four, .seven, .oh, .one, .one] { scene.say(label) }
        let utterance = decode(scene)
        #expect(utterance.digits == [4, 7, 0, 1, 1])
        #expect(utterance.parts.map(\.isSpokenOh) == [false, false, true, false, false])
        for (index, part) in utterance.parts.enumerated() {
            #expect(part.frames == (4 + 9 * index) * 4 - 2..<(4 + 9 * index) * 4 + 2)
            #expect(part.confidence > 0.99 && part.confidence <= 1)
            #expect(part.alternatives(shareMinimum: 0.01) == [])
        }
    }

    @Test func confidenceIsTheLabelsShare_andItsRivalsFollowBestFirst() {
        var scene = Scene()
        scene.say(.two)
        scene.add(1, [.five: 0.6, .nine: 0.25, .one: 0.1])
        scene.add(4)
        let utterance = decode(scene)
        #expect(utterance.digits == [2, 5])
        let part = utterance.parts[1]
        // The rest is the blank: the digit is not there.
        #expect(abs(part.confidence - 0.6) < 0.01)
        #expect(part.alternatives().map(\.digit) == [9, 1])
        #expect(abs(part.alternatives()[0].confidence - 0.25) < 0.01)
        #expect(decode(scene, DecoderParameters(acceptPosterior: 0.7)).digits == [2])
    }

    @Test func zeroAndOhAreOneDigit() {
        var scene = Scene()
        scene.say(.three)
        scene.add(1, [.zero: 0.3, .oh: 0.35, .eight: 0.34])
        scene.add(4)
        let utterance = decode(scene)
        #expect(utterance.digits == [3, 0])
        #expect(utterance.parts[1].isSpokenOh)
        #expect(abs(utterance.parts[1].confidence - 0.65) < 0.01)
        #expect(utterance.parts[1].alternatives().map(\.digit) == [8])
    }

    /// It may be a zero or an "oh", and then have a five behind it or not: 0.7 either way.
    @Test func addedDigitSpeaksAgainstBothWaysToSayZero() {
        var scene = Scene()
        scene.add(4)
        scene.add(1, [.zero: 0.5, .oh: 0.5 - 1e-6])
        scene.add(4)
        scene.add(1, [.five: 0.3])
        scene.add(4)
        let parts = decode(scene).parts
        #expect(parts.map(\.digit) == [0])
        #expect(abs(parts[0].confidence - 0.7) < 0.01)
    }

    /// Apart, zero and "oh" are each less probable than the eight.
    @Test func readingIsTheLikeliest_notTheLabelSequence() {
        var scene = Scene()
        scene.add(4)
        scene.add(1, [.zero: 0.3, .oh: 0.29, .eight: 0.4])
        scene.add(4)
        #expect(decode(scene).digits == [0])
        #expect(decode(scene).bestSingleDigit?.digit == 0)
    }

    @Test func otherWordsSideBySideAreOnePart() {
        var scene = Scene()
        scene.say(.other, 0.8)
        scene.say(.other)
        scene.say(.six)
        scene.say(.other)
        let parts = decode(scene).parts
        #expect(parts.map(\.kind) == [.other, .digit(6, spokenOh: false), .other])
        #expect(parts[0].frames == 14..<54)
        #expect(parts[0].confidence > 0.99)
        #expect(decode(scene).digits == [6])
    }

    /// One word or two is all the same where both are no digits.
    @Test func otherIsSure_howeverManyWordsItMayBe() {
        var scene = Scene()
        scene.say(.other)
        scene.add(1, [.other: 0.45])
        scene.add(4)
        let parts = decode(scene).parts
        #expect(parts.map(\.kind) == [.other])
        #expect(parts[0].confidence > 0.99)
    }

    /// Whatever the threshold.
    @Test func digitThatIsLessLikelyThanAnotherWordIsNotGiven() {
        for (nine, digits) in [(0.35, []), (0.41, [9])] {
            var scene = Scene()
            scene.add(4)
            scene.add(1, [.nine: nine, .one: 0.1, .other: 0.4])
            scene.add(4)
            #expect(decode(scene, DecoderParameters(acceptPosterior: 0)).digits == digits)
        }
    }

    @Test func temperatureFlattensConfidences() {
        var scene = Scene()
        scene.say(.two, 0.95)
        let confidences = [0.5, 1, 2].map {
            decode(scene, DecoderParameters(temperature: $0, acceptPosterior: 0)).parts.first?.confidence ?? 0
        }
        #expect(confidences[0] > confidences[1] && confidences[1] > confidences[2])
    }

    @Test func silenceAndNothingAreNoParts() {
        var scene = Scene()
        #expect(decode(scene) == DecodedUtterance())
        scene.add(20)
        #expect(decode(scene).parts == [])
        #expect(decode(scene).frameCount == 80)
    }

    @Test func clipIsOneDigit_orSaysWhyNot() {
        func answer(_ labels: [(UtteranceLabel, Double)]) -> SingleDigitAnswer {
            var scene = Scene()
            scene.add(10)
            for (label, probability) in labels { scene.say(label, probability) }
            return decode(scene, DecoderParameters(acceptPosterior: 0.8)).singleDigit
        }
        #expect(answer([(.four, 0.99)]).digit == 4)
        #expect(answer([(.oh, 0.99)]).digit == 0)
        #expect(answer([(.four, 0.99), (.one, 0.6)]).digit == 4)
        #expect(answer([]) == .rejected(.nothingSaid))
        #expect(answer([(.four, 0.7)]) == .rejected(.lowConfidence))
        #expect(answer([(.other, 0.99)]) == .rejected(.notADigit))
        #expect(answer([(.other, 0.7)]) == .rejected(.notADigit))
        #expect(answer([(.four, 0.99), (.four, 0.99)]) == .rejected(.severalWords))
        #expect(answer([(.other, 0.99), (.four, 0.99)]) == .rejected(.severalWords))
    }

    @Test func bestSingleDigitAlwaysAnswers() throws {
        var scene = Scene()
        scene.add(4)
        scene.add(1, [.other: 0.9, .six: 0.06, .oh: 0.02, .zero: 0.01])
        scene.add(4)
        let utterance = decode(scene)
        #expect(utterance.singleDigit == .rejected(.notADigit))
        let best = try #require(utterance.bestSingleDigit)
        #expect(best.digit == 6)
        #expect(abs(best.confidence - 0.06 / 0.09) < 0.01)
    }

    /// Random logits from flat to peaky, one decoder for all: what holds for any utterance, and no trace of the last.
    @Test func anyLogitsGivePartsInOrderAndApart() {
        var generator = Seeded(7)
        for stride in [4, 8] {
            let parameters = DecoderParameters(framesPerColumn: stride, acceptPosterior: 0.4)
            var used = UtteranceDecoder(parameters)
            var utterance = DecodedUtterance()
            for seed in 0..<100 {
                let frameCount = Int.random(in: 0...40 * stride, using: &generator)
                let spread = Float(1 + seed % 12)
                let logits = (0..<parameters.columnCount(frames: frameCount) * 13).map { _ in
                    Float.random(in: -spread...spread, using: &generator)
                }
                used.decode(logits.span, frameCount: frameCount, into: &utterance)
                var fresh = UtteranceDecoder(parameters)
                #expect(fresh.decode(logits, frameCount: frameCount) == utterance, "\(stride) \(seed)")
                var end = 0
                var wasOther = false
                for part in utterance.parts {
                    #expect(part.frames.lowerBound >= end && !part.frames.isEmpty, "\(stride) \(seed)")
                    #expect((0...1).contains(part.confidence), "\(stride) \(seed)")
                    #expect(part.accepted ? part.confidence >= 0.4 : true)
                    #expect(!(wasOther && part.kind == .other), "\(stride) \(seed)")
                    end = part.frames.upperBound
                    wasOther = part.kind == .other
                }
                #expect(end <= frameCount, "\(stride) \(seed)")
            }
        }
    }
}
