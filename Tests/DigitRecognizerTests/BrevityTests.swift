import DigitEvents
import DigitRecognizer
import Testing

/// Digits as short as a click.
@Suite struct BrevityTests {
    /// Odds of 1 where the digit is long enough, of 20 where it is not: 0.95 is 19.
    @Test(arguments: [(0.3, 0.6, true), (0.1, 0.6, false), (0.1, 0.94, false), (0.1, 0.96, true)])
    func shortDigitMustBeSurer(seconds: Double, confidence: Float, isGiven: Bool) throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(4, seconds)
        stream.silence(0.6)
        let events = try recognize(
            stream.samples, ToneClassifier(confidence: confidence), RecognizerParameters(acceptPosterior: 0.5))
        #expect(events.digits.map(\.digit) == (isGiven ? [4] : []))
        #expect(events.rejected.map(\.reason) == (isGiven ? [] : [.lowConfidence]))
    }

    @Test func allOrNothingStays() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(4, 0.1)
        stream.silence(0.6)
        for (posterior, digits) in [(Float(0), [4]), (0.99, [])] {
            let events = try recognize(
                stream.samples, ToneClassifier(confidence: 0.6), RecognizerParameters(acceptPosterior: posterior))
            #expect(events.digits.map(\.digit) == digits, "\(posterior)")
        }
    }
}
