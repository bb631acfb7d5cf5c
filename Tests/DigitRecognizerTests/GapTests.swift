import DigitEvents
import DigitRecognizer
import Testing

@Suite struct GapTests {
    /// Runs two pieces with a gap between them.
    func run(_ first: [Float], lost: Int, _ second: [Float], restarts: Bool = false) throws -> [Recognition] {
        var recognizer = try StreamRecognizer(classifier: ToneClassifier())
        var events: [Recognition] = []
        recognizer.process(first.span) { events.append($0) }
        if restarts {
            recognizer.restart { events.append($0) }
        } else {
            recognizer.gap(lostSamples: lost) { events.append($0) }
        }
        recognizer.process(second.span) { events.append($0) }
        recognizer.finish { events.append($0) }
        #expect(recognizer.sampleCount == first.count + second.count)
        let count: Int = first.count + second.count + (restarts ? 0 : lost)
        #expect(abs(recognizer.seconds - Double(count) / 8000) < 1e-9)
        return events
    }

    @Test(arguments: [0, 1, 79, 80, 4000, 80_000]) func timesAfterAGapCountTheLostSamples(_ lost: Int) throws {
        var first = ToneStream()
        first.silence(0.777)
        var second = ToneStream()
        second.silence(0.4)
        let word = second.tone(2)
        second.silence(0.4)
        let recognitions = try run(first.samples, lost: lost, second.samples)
        let digit = try #require(recognitions.map(\.event).digits.first)
        let offset = Double(first.samples.count + lost) / 8000
        #expect(abs(digit.start - offset - word.lowerBound) < 0.015)
        #expect(abs(digit.end - offset - word.upperBound) < 0.015)
        let sample = try #require(recognitions.compactMap(\.lastSpeechSample).first)
        let lastSpeech = Double(sample - first.samples.count) / 8000
        #expect(abs(lastSpeech - word.upperBound) < 0.015)
    }

    @Test func wordCutByAGapIsGivenUp() throws {
        var first = ToneStream()
        first.silence(0.5)
        first.tone(3, 0.2)
        var second = ToneStream()
        second.silence(0.5)
        let events = try run(first.samples, lost: 800, second.samples).map(\.event)
        #expect(events.digits.isEmpty && events.rejected.isEmpty)
        #expect(events.speech.map(\.state) == [.start, .end])
    }

    @Test func wordThatSeemedOverBeforeTheGapIsFinished() throws {
        var first = ToneStream()
        first.silence(0.5)
        first.tone(3, 0.3)
        first.silence(0.12)
        var second = ToneStream()
        second.silence(0.5)
        var recognizer = try StreamRecognizer(
            classifier: ToneClassifier(confidence: 0.9), parameters: .init(acceptPosterior: 0.85, earlyPosterior: 0.97))
        var events: [DigitEvent] = []
        let end = first.samples.count - 300
        recognizer.process(first.samples.span.extracting(0..<end)) { events.append($0.event) }
        #expect(events.digits.isEmpty)
        recognizer.gap(lostSamples: 80) { events.append($0.event) }
        #expect(events.digits.map(\.digit) == [3])
        #expect(events.speech.map(\.state) == [.start, .end])
    }

    @Test func anotherMicrophoneMayBeLouder() throws {
        var first = ToneStream()
        first.silence(1)
        var second = ToneStream()
        for _ in 0..<2 {
            second.silence(0.6)
            second.tone(4, 0.3, level: 0.02)
        }
        second.silence(0.5)
        let events = try run(first.samples, lost: 0, second.samples.map { $0 * 20 }, restarts: true).map(\.event)
        #expect(events.digits.last?.digit == 4)
    }
}
