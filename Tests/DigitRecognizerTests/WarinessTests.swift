import DigitEvents
import DigitRecognizer
import Testing

/// Digits where much else is heard.
@Suite struct WarinessTests {
    @Test func afterSeveralOthersADigitMustBeSurer_untilOneIs() throws {
        var stream = Others(6)
        stream.say(3, 5, 3)
        let events = try recognize(stream.samples, UnequalClassifier())
        #expect(events.digits.map(\.digit) == [5, 3])
        #expect(events.rejected.map(\.reason) == Array(repeating: .notADigit, count: 6) + [.lowConfidence])
        #expect(try abs(#require(events.rejected.last?.confidence) - 0.9) < 1e-6)
    }

    /// Odds of 1 to begin with, of 8 after four others and of 16 after five: 3 has 9.
    @Test(arguments: [(1, [3]), (4, [3]), (5, [])]) func oddsDoubleWithEach(others: Int, digits: [Int]) throws {
        var stream = Others(others)
        stream.say(3)
        let parameters = RecognizerParameters(acceptPosterior: 0.5)
        #expect(try recognize(stream.samples, UnequalClassifier(), parameters).digits.map(\.digit) == digits)
    }

    @Test func neverIsMoreAskedForThanDigitsInNoiseHave() throws {
        var stream = Others(40)
        stream.say(5)
        #expect(try recognize(stream.samples, UnequalClassifier()).digits.map(\.digit) == [5])
    }

    /// What is likelier a digit than none, but not likely enough, may be one that is said again and again.
    @Test func uncertainDigitsMakeNobodyWary() throws {
        var stream = Others(0)
        for _ in 0..<8 { stream.say(7) }
        stream.say(3)
        let events = try recognize(stream.samples, UnequalClassifier())
        #expect(events.rejected.map(\.reason) == Array(repeating: .lowConfidence, count: 8))
        #expect(events.digits.map(\.digit) == [3])
    }

    @Test func itCanBeTurnedOff() throws {
        var stream = Others(12)
        stream.say(3)
        #expect(try recognize(stream.samples, UnequalClassifier()).digits.isEmpty)
        var parameters = RecognizerParameters()
        parameters.isWary = false
        #expect(try recognize(stream.samples, UnequalClassifier(), parameters).digits.map(\.digit) == [3])
    }

    @Test func quietMinuteEndsIt() throws {
        for (seconds, digits) in [(50.0, []), (61, [3])] {
            var stream = Others(6)
            stream.tones.silence(seconds)
            stream.say(3)
            #expect(try recognize(stream.samples, UnequalClassifier()).digits.map(\.digit) == digits, "\(seconds) s")
        }
    }

    @Test func anotherMicrophoneEndsIt() throws {
        var stream = Others(6)
        var recognizer = try StreamRecognizer(classifier: UnequalClassifier(), parameters: RecognizerParameters())
        var events: [DigitEvent] = []
        recognizer.process(stream.samples.span) { events.append($0.event) }
        #expect(events.rejected.count == 6)
        recognizer.restart { events.append($0.event) }
        stream = Others(0)
        stream.say(3)
        recognizer.process(stream.samples.span) { events.append($0.event) }
        #expect(events.digits.map(\.digit) == [3])
    }

    @Test func thresholdsOfAllOrNothingStay() throws {
        var stream = Others(6)
        stream.say(3)
        for (posterior, digits) in [(Float(0), [3]), (1, [])] {
            let parameters = RecognizerParameters(acceptPosterior: posterior)
            let events = try recognize(stream.samples, UnequalClassifier(), parameters)
            #expect(events.digits.map(\.digit) == digits, "\(posterior)")
        }
    }
}

/// Tones that are no digits (for `UnequalClassifier`), then digits.
private struct Others {
    var tones = ToneStream()
    var samples: [Float] { tones.samples }

    init(_ count: Int) {
        tones.silence(0.5)
        for _ in 0..<count { say(9) }
    }

    mutating func say(_ digits: Int...) {
        for digit in digits {
            tones.tone(digit)
            tones.silence(0.4)
        }
    }
}

/// Takes the tone of 9 for no digit, is sure of 5, hardly of 7, and rather sure of the others.
private final class UnequalClassifier: WindowClassifier {
    private let tones = ToneClassifier(confidence: 1)

    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        tones.classify(window, into: &probabilities)
        var digit = 0
        while probabilities[digit] < 0.5 { digit += 1 }
        probabilities[digit] = [5: 0.995, 7: 0.51, 9: 0.05][digit] ?? 0.9
        probabilities[10] = 1 - probabilities[digit]
    }
}
