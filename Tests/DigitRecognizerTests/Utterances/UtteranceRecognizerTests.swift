import DigitDecoder
import DigitEvents
import DigitRecognizer
import Testing

@Suite struct UtteranceRecognizerTests {
    @Test func digitsOfOneBreathComeInOrder_withTheirTimes_andOneNumber() throws {
        var stream = WordStream()
        stream.silence(0.6)
        var said: [ClosedRange<Double>] = []
        for digit in [4, 7, 1, 1] {
            said.append(stream.say(UtteranceLabel(digit: digit)!))
            stream.silence(0.12)
        }
        stream.silence(0.8)
        said.append(stream.say(.three))
        stream.silence(0.6)
        let events = try hear(stream.samples)
        #expect(events.line == "47113")
        #expect(events.utterances == [1, 1, 1, 1, 2])
        #expect(events.digits.map(\.seq) == [1, 2, 3, 4, 5])
        for (digit, time) in zip(events.digits, said) {
            #expect(abs(digit.start - time.lowerBound) < 0.025, "\(digit)")
            #expect(abs(digit.end - time.upperBound) < 0.025, "\(digit)")
            #expect(digit.at > digit.end && digit.at - digit.end < 0.45, "\(digit)")
            #expect(digit.confidence > 0.9 && digit.spoken == nil)
        }
        let speech = events.speech
        #expect(speech.map(\.state) == [.start, .end, .start, .end])
        #expect(abs(speech[1].at - said[3].upperBound) < 0.025)
    }

    @Test(arguments: [(UtteranceLabel.five, 0.08), (.six, 0.12)])
    func singleDigitIsGivenAfterSixtyMilliseconds_oneThatANumberWordBeginsWithAfterAHundred(
        label: UtteranceLabel, delay: Double
    ) throws {
        for length in stride(from: 0.15, through: 0.8, by: 0.05) {
            var stream = WordStream()
            stream.silence(0.6)
            stream.say(label, length)
            stream.silence(0.6)
            let digit = try #require(try hear(stream.samples).digits.first)
            #expect(digit.at - digit.end < delay, "\(length) s: \(digit.at - digit.end)")
        }
    }

    @Test func digitInFluentSpeechIsGivenBeforeTheBreathEnds() throws {
        var stream = WordStream()
        stream.silence(0.5)
        let first = stream.say(.two)
        for digit in [3, 4, 5] {
            stream.silence(0.04)
            stream.say(UtteranceLabel(digit: digit)!, 0.3)
        }
        stream.silence(0.5)
        let digits = try hear(stream.samples).digits
        #expect(digits.map(\.digit) == [2, 3, 4, 5])
        #expect(digits[0].at - first.upperBound < 0.6)
    }

    @Test func ohIsZero_unlessItIsNotWanted() throws {
        var stream = WordStream()
        stream.silence(0.5)
        for label in [UtteranceLabel.five, .oh, .zero] {
            stream.say(label)
            stream.silence(0.1)
        }
        stream.silence(0.5)
        let digits = try hear(stream.samples).digits
        #expect(digits.map(\.digit) == [5, 0, 0])
        #expect(digits.map(\.spoken) == [nil, "oh", nil])
        var parameters = RecognizerParameters.utterances
        parameters.acceptsOh = false
        let events = try hear(stream.samples, WordScorer(), parameters)
        #expect(events.line == "5-0")
        #expect(events.rejected.map(\.reason) == [.notADigit])
    }

    @Test func whatIsNoDigitIsRejectedInItsPlace() throws {
        var stream = WordStream()
        stream.silence(0.5)
        stream.say(.one)
        stream.silence(0.15)
        let other = stream.say(.other, 0.5)
        stream.silence(0.15)
        stream.say([2, 3])
        stream.silence(0.6)
        let events = try hear(stream.samples)
        #expect(events.line == "1-23")
        #expect(Set(events.utterances) == [1])
        let rejected = try #require(events.rejected.first)
        #expect(rejected.reason == .notADigit && (rejected.confidence ?? 0) > 0.9)
        #expect(abs(rejected.start - other.lowerBound) < 0.03 && abs(rejected.end - other.upperBound) < 0.03)
    }

    @Test func unsureDigitIsRejected_andTheThresholdMovesThat() throws {
        var stream = WordStream()
        stream.silence(0.5)
        stream.say([1, 2, 3], gap: 0.15)
        stream.silence(0.6)
        let scorer = WordScorer()
        // Three it is by a third, then.
        scorer.doubts = [.two: -0.7]
        var parameters = RecognizerParameters(acceptPosterior: 0.9, earlyPosterior: 0.95)
        var events = try hear(stream.samples, scorer, parameters)
        #expect(events.line == "1-3")
        #expect(events.rejected.map(\.reason) == [.lowConfidence])
        parameters = RecognizerParameters(acceptPosterior: 0.5, earlyPosterior: 0.6)
        events = try hear(stream.samples, scorer, parameters)
        #expect(events.line == "123")
        #expect(events.digits[1].alternatives.first?.digit == 3)
    }

    @Test func clickIsTooShort_andASoundWithoutAWordIsNoDigit() throws {
        var stream = WordStream()
        stream.silence(0.5)
        stream.noise(0.04, level: 0.3)
        stream.silence(0.6)
        stream.noise(0.4, level: 0.3)
        stream.silence(0.6)
        let events = try hear(stream.samples)
        #expect(events.rejected.map(\.reason) == [.tooShort, .notADigit])
        #expect(events.utterances == [1, 2])
    }

    @Test func endOfInputWithinAWordGivesIt() throws {
        var stream = WordStream()
        stream.silence(0.5)
        stream.say([9, 8])
        let events = try hear(stream.samples)
        #expect(events.line == "98")
        #expect(events.speech.map(\.state) == [.start, .end])
        #expect(try hear(stream.samples, finishes: false).digits.count < 2)
    }

    @Test func nothingIsDecodedWhileNobodySpeaks_andADigitCostsFewDecodings() throws {
        var stream = WordStream()
        stream.silence(3)
        let scorer = WordScorer()
        _ = try hear(stream.samples, scorer)
        #expect(scorer.calls == 0)
        stream.say(.six, 0.4)
        stream.silence(3)
        _ = try hear(stream.samples, scorer)
        // While it is said, two for the pause, two more in the silence.
        #expect(scorer.calls <= 6, "\(scorer.frameCounts)")
        #expect(scorer.frameCounts.allSatisfy { $0 < 90 })
    }

    @Test func soundThatGoesOnBecomesBackground_andADigitStandsOutOfIt() throws {
        var stream = WordStream()
        stream.silence(1)
        stream.noise(6, level: 0.02)
        let scorer = WordScorer()
        let before = try hear(stream.samples, scorer)
        #expect(before.line == "-")
        #expect(scorer.calls < 12)
        // A tone of 0.2 over it, as loud as any.
        let tone = stream.say(.seven, 0.4)
        for index in Int(tone.lowerBound * 8000)..<Int(tone.upperBound * 8000) {
            stream.samples[index] += stream.samples[index - 16_000]
        }
        stream.noise(2, level: 0.02)
        #expect(try hear(stream.samples).digits.map(\.digit) == [7])
    }

    @Test func newThresholdsHoldFromTheNextUtteranceOn() throws {
        var stream = WordStream()
        stream.silence(0.5)
        stream.say([1])
        stream.silence(0.6)
        let scorer = WordScorer()
        scorer.doubts = [.one: -0.7]
        var recognizer = try UtteranceRecognizer(scorer: scorer)
        var events: [DigitEvent] = []
        recognizer.parameters.acceptPosterior = 0.95
        recognizer.process(stream.samples.span) { events.append($0.event) }
        recognizer.parameters.acceptPosterior = 0.5
        recognizer.process(stream.samples.span) { events.append($0.event) }
        #expect(events.line == "-1")
    }
}
