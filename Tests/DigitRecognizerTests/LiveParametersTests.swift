import DigitEvents
import SpeechSegmenter
import Testing

@testable import DigitRecognizer

@Suite struct LiveParametersTests {
    /// Words of these lengths (in s), with half a second of silence before, between and after them.
    private func words(_ lengths: [Double]) -> ToneStream {
        var stream = ToneStream()
        stream.silence(0.5)
        for (digit, length) in lengths.enumerated() {
            stream.tone(digit, length)
            stream.silence(0.5)
        }
        return stream
    }

    /// Runs the stream and changes the parameters once, before the sample at `seconds`.
    private func run(
        _ samples: [Float], changedAt seconds: Double, _ change: (inout RecognizerParameters) -> Void
    ) throws -> [DigitEvent] {
        var recognizer = try StreamRecognizer(classifier: ToneClassifier())
        var events: [DigitEvent] = []
        let position = Int(seconds * 8000)
        recognizer.process(samples.span.extracting(0..<position)) { events.append($0.event) }
        change(&recognizer.parameters)
        recognizer.process(samples.span.extracting(position..<samples.count)) { events.append($0.event) }
        recognizer.finish { events.append($0.event) }
        return events
    }

    @Test func longestWordMayGrow_beyondTheFramesKeptUntilThen() throws {
        let samples = words([0.3, 6]).samples
        // A tone has no pauses: with a shorter memory it would be taken for the background.
        let short = try run(samples, changedAt: 1) { $0.segmenter.floorMemoryFrames = 1000 }
        #expect(short.rejected.map(\.reason) == [.tooLong])
        let events = try run(samples, changedAt: 1) {
            $0.segmenter.floorMemoryFrames = 1000
            $0.segmenter.lengthMaximum = 800
        }
        #expect(events.digits.map(\.digit) == [0, 1])
        #expect(events.rejected.isEmpty)
    }

    @Test func longerPreRollReachesNotBehindTheFramesKept() throws {
        let samples = words([0.3, 0.3, 0.3]).samples
        for seconds in stride(from: 0.05, to: 2.5, by: 0.1) {
            let events = try run(samples, changedAt: seconds) {
                $0.segmenter.preRollFrames = 700
                $0.segmenter.lengthMaximum = 900
            }
            // What is heard in so much silence is not the question.
            #expect(events.digits.count == 3, "\(seconds)")
        }
    }

    @Test func openWordIsFinishedByTheNumbersItBeganWith() throws {
        let samples = words([0.8, 0.8]).samples
        let events = try run(samples, changedAt: 1) { $0.segmenter.lengthMaximum = 40 }
        #expect(events.digits.map(\.digit) == [0])
        #expect(events.rejected.map(\.reason) == [.tooLong])
    }

    @Test func sameNumbersChangeNothing() throws {
        let samples = words([0.3, 0.5, 0.2]).samples
        let expected = try recognize(samples)
        for seconds in stride(from: 0.0, to: 2.5, by: 0.11) {
            #expect(try run(samples, changedAt: seconds) { $0.segmenter = .standard } == expected, "\(seconds)")
        }
    }

    @Test func otherNumbersKeepTheNoiseFloor() throws {
        var stream = ToneStream()
        stream.silence(2)
        var recognizer = try StreamRecognizer(classifier: ToneClassifier())
        recognizer.process(stream.samples.span) { _ in }
        let floor = recognizer.floorDecibels
        recognizer.parameters.segmenter.enterDecibels = 12
        recognizer.parameters.segmenter.floorMemoryFrames = 200
        #expect(recognizer.parameters.segmenter.enterDecibels == 12)
        recognizer.process([Float](repeating: 0.0001, count: 80).span) { _ in }
        #expect(abs(recognizer.floorDecibels - floor) < 3)
        #expect(recognizer.thresholdDecibels == recognizer.floorDecibels + 12)
    }

    @Test func reportsAreSwitchedAtOnce() throws {
        let samples = words([0.3, 0.3]).samples
        let quiet = try run(samples, changedAt: 1.1) { $0.reportsSpeech = false }
        #expect(quiet.speech.map(\.state) == [.start, .end])
        let levels = try run(samples, changedAt: 1.1) { $0.reportsLevel = true }.levels
        #expect((9...11).contains(levels.count))
        #expect(try run(samples, changedAt: 0.3) { $0.acceptPosterior = 0.995 }.digits.isEmpty == false)
        let strict = try run(samples, changedAt: 1) {
            $0.acceptPosterior = 0.995
            $0.earlyPosterior = 0.995
        }
        #expect(strict.digits.map(\.digit) == [0])
        #expect(strict.rejected.map(\.reason) == [.lowConfidence])
    }
}
