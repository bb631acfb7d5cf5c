import DigitEvents
import DigitRecognizer
import Testing

@Suite struct StreamRecognizerTests {
    @Test func everyDigitIsGivenOnce_inOrder_withItsTimes() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        var truth: [ClosedRange<Double>] = []
        for digit in 0..<10 {
            truth.append(stream.tone(digit))
            stream.silence(0.4)
        }
        let events = try recognize(stream.samples)
        let digits = events.digits
        #expect(digits.map(\.digit) == Array(0..<10))
        #expect(digits.map(\.seq) == Array(1...10))
        for (event, truth) in zip(digits, truth) {
            #expect(abs(event.start - truth.lowerBound) < 0.015, "\(event), \(truth)")
            #expect(abs(event.end - truth.upperBound) < 0.015, "\(event), \(truth)")
            #expect(abs(event.confidence - 0.99) < 1e-6)
            #expect(event.alternatives.count == 2)
            #expect((0.06...0.08).contains(event.at - event.end), "\(event)")
        }
        #expect(events.rejected.isEmpty)
        let states: [DigitEvent.Speech.State] = (0..<20).map { $0 % 2 == 0 ? .start : .end }
        #expect(events.speech.map(\.state) == states)
    }

    @Test func eventsDoNotDependOnChunking() throws {
        var stream = ToneStream()
        stream.silence(0.3)
        for digit in [3, 1, 4] {
            stream.tone(digit)
            stream.silence(0.35)
        }
        stream.tone(7)
        var parameters = RecognizerParameters()
        parameters.reportsLevel = true
        let whole = try recognize(stream.samples, ToneClassifier(), parameters)
        #expect(whole.digits.map(\.digit) == [3, 1, 4, 7])
        for size in [1, 7, 79, 80, 81, 160, 1000, 4096] {
            #expect(try recognize(stream.samples, ToneClassifier(), parameters, chunk: { size }) == whole, "\(size)")
        }
        var random = SystemRandomNumberGenerator()
        #expect(
            try recognize(stream.samples, ToneClassifier(), parameters, chunk: { .random(in: 1...900, using: &random) })
                == whole)
    }

    @Test func tailOfADigitGivenEarlyIsAbsorbed() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        let word = stream.tone(6)
        stream.silence(0.1)
        stream.tone(9, 0.08, level: 0.03)
        stream.silence(0.3)
        stream.tone(2)
        stream.silence(0.5)
        // So short a sound is no digit by itself.
        let classifier = PureToneClassifier()
        classifier.uncertainColumns = 14
        let events = try recognize(stream.samples, classifier)
        #expect(events.digits.map(\.digit) == [6, 2])
        #expect(events.rejected.isEmpty)
        #expect(events.digits[0].at < word.upperBound + 0.1)
    }

    @Test func lessCertainDigitIsGivenAtTheSecondPause_fromOneClassification() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(6)
        stream.silence(0.5)
        let classifier = ToneClassifier(confidence: 0.9)
        let digit = try #require(try recognize(stream.samples, classifier).digits.first)
        #expect((0.1...0.12).contains(digit.at - digit.end))
        #expect(classifier.calls == 1)
    }

    @Test func uncertainDigitIsRejectedAfterTheWholeHangover() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(6)
        stream.silence(0.5)
        var events = try recognize(stream.samples, ToneClassifier(confidence: 0.5))
        #expect(events.digits.isEmpty)
        let low = try #require(events.rejected.first)
        #expect(low.reason == .lowConfidence && low.seq == 1)
        #expect(try abs(#require(low.confidence) - 0.5) < 1e-6)

        events = try recognize(stream.samples, ToneClassifier(confidence: 0.3, other: 0.6))
        #expect(events.rejected.map(\.reason) == [.notADigit])

        // A threshold that both clear does not make a digit of it.
        events = try recognize(
            stream.samples, ToneClassifier(confidence: 0.35, other: 0.6),
            .init(acceptPosterior: 0.3, earlyPosterior: 0.3))
        #expect(events.rejected.map(\.reason) == [.notADigit] && events.digits.isEmpty)
        #expect(try abs(#require(events.rejected[0].confidence) - 0.6) < 1e-6)
    }

    @Test func tooShortAndTooLongAreRejectedWithoutBeingClassified() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(6, 0.045)
        stream.silence(0.5)
        for index in 0..<12 { stream.tone(index % 10, 0.3, level: 0.2) }
        stream.silence(0.5)
        let classifier = ToneClassifier()
        let events = try recognize(stream.samples, classifier)
        #expect(events.rejected.map(\.reason).first == .tooShort)
        #expect(events.speech.count.isMultiple(of: 2))
        #expect(events.digits.isEmpty)
    }

    @Test func openWordEndsWithTheStream() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        let word = stream.tone(8)
        #expect(try recognize(stream.samples, finishes: false).digits.isEmpty)
        let digit = try #require(try recognize(stream.samples).digits.first)
        #expect(digit.digit == 8)
        #expect(digit.end <= word.upperBound)
        #expect(digit.end <= digit.at)
    }

    @Test func streamThatBeginsWithAWordGivesIt() throws {
        var stream = ToneStream()
        stream.tone(5)
        stream.silence(0.5)
        let digit = try #require(try recognize(stream.samples).digits.first)
        #expect(digit.digit == 5)
        #expect((0...0.03).contains(digit.start))
    }

    @Test func digitalSilenceAndNoSamplesGiveNothing() throws {
        #expect(try recognize([]).isEmpty)
        #expect(try recognize(Array(repeating: 0, count: 20_000)).isEmpty)
    }

    @Test func samplesThatAreNoNumbersDoNotEndRecognition() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.samples.append(contentsOf: [.nan, .infinity, -.infinity, 1e30])
        stream.silence(0.5)
        stream.tone(4)
        stream.silence(0.5)
        #expect(try recognize(stream.samples).digits.map(\.digit) == [4])
    }

    @Test func levelsComeTenTimesASecond() throws {
        var stream = ToneStream()
        stream.silence(2)
        var parameters = RecognizerParameters()
        parameters.reportsLevel = true
        let levels = try recognize(stream.samples, ToneClassifier(), parameters).levels
        #expect((19...20).contains(levels.count))
        for level in levels {
            #expect((-80 ... -65).contains(level.levelDecibels))
            #expect(level.thresholdDecibels > level.levelDecibels)
            #expect(!level.speech)
        }
    }

    @Test func windowHoldsTheBackgroundAroundTheWord() throws {
        var stream = ToneStream()
        stream.silence(1)
        stream.tone(3, 0.3)
        stream.silence(0.5)
        let classifier = ToneClassifier()
        _ = try recognize(stream.samples, classifier)
        let window = try #require(classifier.windows.first)
        #expect(window.count == 40 * 96)
        // Both edges hold the same constant, and it is the quiet one.
        for row in 0..<40 {
            let line = window[row * 96..<(row + 1) * 96]
            #expect(line.first == line.last)
        }
        #expect(window[14 * 96 + 48] > window[14 * 96] + 2)
    }
}
