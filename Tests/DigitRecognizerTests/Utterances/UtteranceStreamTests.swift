import DigitDecoder
import DigitEvents
import DigitRecognizer
import Testing

@Suite struct UtteranceStreamTests {
    private func run(
        _ first: [Float], lost: Int, _ second: [Float], restarts: Bool = false
    ) throws -> [Recognition] {
        var recognizer = try UtteranceRecognizer(scorer: WordScorer())
        var recognitions: [Recognition] = []
        recognizer.process(first.span) { recognitions.append($0) }
        if restarts {
            recognizer.restart { recognitions.append($0) }
        } else {
            recognizer.gap(lostSamples: lost) { recognitions.append($0) }
        }
        recognizer.process(second.span) { recognitions.append($0) }
        recognizer.finish { recognitions.append($0) }
        let count = first.count + second.count
        #expect(recognizer.sampleCount == count)
        #expect(abs(recognizer.seconds - Double(count + (restarts ? 0 : lost)) / 8000) < 1e-9)
        return recognitions
    }

    @Test(arguments: [0, 1, 79, 4000, 80_000]) func timesAfterAGapCountTheLostSamples(_ lost: Int) throws {
        var first = WordStream()
        first.silence(0.777)
        var second = WordStream()
        second.silence(0.4)
        let word = second.say(.two)
        second.silence(0.4)
        let recognitions = try run(first.samples, lost: lost, second.samples)
        let digit = try #require(recognitions.map(\.event).digits.first)
        let offset = Double(first.samples.count + lost) / 8000
        #expect(abs(digit.start - offset - word.lowerBound) < 0.02)
        #expect(abs(digit.end - offset - word.upperBound) < 0.02)
        let sample = try #require(recognitions.compactMap(\.lastSpeechSample).first)
        #expect(abs(Double(sample - first.samples.count) / 8000 - word.upperBound) < 0.02)
    }

    @Test func wordCutByAGapIsGivenUp_andWhatWasGivenStays() throws {
        var first = WordStream()
        first.silence(0.5)
        first.say(.one)
        first.silence(0.1)
        first.say(.three, 0.12)
        var second = WordStream()
        second.silence(0.6)
        second.say(.nine)
        second.silence(0.6)
        let events = try run(first.samples, lost: 800, second.samples).map(\.event)
        #expect(events.line == "19")
        #expect(events.utterances == [1, 2])
        #expect(events.speech.map(\.state) == [.start, .end, .start, .end])
    }

    @Test func wordThatSeemedOverBeforeTheGapIsFinished() throws {
        var first = WordStream()
        first.silence(0.5)
        first.say(.other, 0.4)
        first.silence(0.1)
        var second = WordStream()
        second.silence(0.5)
        let events = try run(first.samples, lost: 80, second.samples).map(\.event)
        #expect(events.line == "-")
        #expect(events.speech.map(\.state) == [.start, .end])
    }

    @Test func anotherMicrophoneMayBeLouder() throws {
        var first = WordStream()
        first.silence(1)
        var second = WordStream()
        for _ in 0..<2 {
            second.silence(0.8)
            second.say(.four, level: 0.02)
        }
        second.silence(0.5)
        let events = try run(first.samples, lost: 0, second.samples.map { $0 * 20 }, restarts: true).map(\.event)
        #expect(events.digits.last?.digit == 4)
    }

    @Test func levelsAreReportedTenTimesASecond_andNothingElseUnlessAskedFor() throws {
        var stream = WordStream()
        stream.silence(1)
        stream.say(.one)
        stream.silence(1)
        var parameters = RecognizerParameters.utterances
        parameters.reportsSpeech = false
        #expect(try hear(stream.samples, WordScorer(), parameters).map(\.className) == ["DIGIT"])
        parameters.reportsLevel = true
        let levels = try hear(stream.samples, WordScorer(), parameters).levels
        #expect(abs(levels.count - 23) <= 1)
        #expect(levels.contains { $0.speech && $0.levelDecibels > -25 })
        #expect(levels.allSatisfy { $0.floorDecibels < -60 })
    }

    @Test func samplesMayBeHeldBackForAsLongAsItSays() throws {
        var stream = WordStream()
        stream.silence(0.6)
        stream.say([5, 6])
        stream.silence(0.7)
        stream.say(.two, 0.1)
        stream.silence(0.6)
        var parameters = RecognizerParameters.utterances
        parameters.reportsSpeech = false
        var recognizer = try UtteranceRecognizer(scorer: WordScorer(), parameters: parameters)
        var start = 0
        // All that was held back comes at once; no event may be older than that.
        while start < stream.samples.count {
            let (seconds, attoseconds) = recognizer.patience.components
            #expect(seconds == 0)
            let held = Int(attoseconds / 1_000_000_000_000_000) * 8
            let end = min(start + max(80, held), stream.samples.count)
            recognizer.process(stream.samples.span.extracting(start..<end)) { recognition in
                guard case .digit(let digit) = recognition.event else { return }
                #expect(Double(end) / 8000 - digit.at < 0.0101)
            }
            start = end
        }
    }
}
