import DigitEvents
import DigitRecognizer
import Testing

/// A digit that another cut of an utterance shows: with other sound around it, or with consonants that noise hides.
@Suite struct RecutTests {
    @Test func digitAfterWeakerSoundIsFound_withItsOwnTimes() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(9, 0.5, level: 0.01)
        let word = stream.tone(3)
        stream.silence(0.5)
        let events = try recognize(stream.samples, MostlyClassifier())
        #expect(events.digits.map(\.digit) == [3])
        #expect(events.rejected.isEmpty)
        let digit = try #require(events.digits.first)
        #expect(abs(digit.start - word.lowerBound) < 0.03 && abs(digit.end - word.upperBound) < 0.03, "\(digit)")
        #expect(events.speech.map(\.state) == [.start, .end])

        // Only where it is certain.
        var parameters = RecognizerParameters()
        parameters.recutPosterior = 1
        let others = try recognize(stream.samples, MostlyClassifier(), parameters)
        #expect(others.digits.isEmpty && others.rejected.count == 1)
    }

    @Test func digitAmidLongerSoundIsFound() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(9, 0.8, level: 0.01)
        stream.tone(3)
        stream.tone(9, 0.9, level: 0.01)
        stream.silence(0.5)
        stream.tone(4)
        stream.silence(0.5)
        #expect(try recognize(stream.samples, MostlyClassifier()).digits.map(\.digit) == [3, 4])
    }

    @Test func twoDigitsAmidOneSoundAreBothFound_inTheirOrder() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(9, 0.3, level: 0.01)
        stream.tone(3)
        stream.tone(9, 0.25, level: 0.01)
        stream.tone(4)
        stream.tone(9, 0.25, level: 0.01)
        stream.silence(0.5)
        let events = try recognize(stream.samples, MostlyClassifier())
        #expect(events.digits.map(\.digit) == [3, 4])
        #expect(events.rejected.isEmpty)

        // Where an utterance is one digit or none, two are none.
        var parameters = RecognizerParameters()
        parameters.runs.isEnabled = false
        #expect(try recognize(stream.samples, MostlyClassifier(), parameters).digits.isEmpty)
    }

    @Test func withoutRecutsAndWithoutRuns() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(9, 0.5, level: 0.01)
        stream.tone(3)
        stream.silence(0.5)
        var parameters = RecognizerParameters()
        parameters.runs.isEnabled = false
        #expect(try recognize(stream.samples, MostlyClassifier(), parameters).digits.map(\.digit) == [3])
        parameters.recuts = false
        #expect(try recognize(stream.samples, MostlyClassifier(), parameters).digits.isEmpty)
    }

    @Test func whatHasAnotherWordBesideItIsTalk() throws {
        // As loud as the digit, weaker by 8 dB, by 20 dB.
        for (level, one, two) in [(Float(0.2), [], []), (0.08, [3], []), (0.02, [3], [3, 4])] {
            for isTwo in [false, true] {
                var stream = ToneStream()
                stream.silence(0.5)
                stream.tone(3)
                stream.tone(9, 0.1, level: 0.01)
                stream.tone(9, level: level)
                stream.tone(9, 0.1, level: 0.01)
                if isTwo { stream.tone(4) }
                stream.silence(0.5)
                let events = try recognize(stream.samples, MostlyClassifier())
                #expect(events.digits.map(\.digit) == (isTwo ? two : one), "\(level)")
                #expect(events.rejected.isEmpty != events.digits.isEmpty, "\(level)")
            }
        }
    }

    @Test func unclearDigitBesideADigitIsRejectedInItsPlace() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(3)
        stream.tone(9, 0.1, level: 0.01)
        stream.tone(8, level: 0.08)
        stream.tone(9, 0.3, level: 0.01)
        stream.silence(0.5)
        let events = try recognize(stream.samples, MostlyClassifier(unclear: 8))
        #expect(events.digits.map(\.digit) == [3])
        #expect(events.rejected.map(\.reason) == [.lowConfidence])
        #expect(try #require(events.rejected.first).start > #require(events.digits.first).end)
    }

    @Test func wordThatIsHalfSaidAtTheLimitIsNotGivenTwice() throws {
        for lead in stride(from: 1.9, through: 2.3, by: 0.04) {
            var stream = ToneStream()
            stream.silence(0.5)
            // Syllables that all stand out, so that the end is waited for as long as it ever is.
            for _ in 0..<Int(lead / 0.2) {
                stream.tone(9, 0.12)
                stream.tone(9, 0.08, level: 0.01)
            }
            stream.tone(9, lead.truncatingRemainder(dividingBy: 0.2), level: 0.01)
            stream.tone(3, 0.4)
            stream.tone(9, 0.5, level: 0.01)
            stream.silence(0.5)
            let digits = try recognize(stream.samples, MostlyClassifier()).digits.map(\.digit)
            #expect(digits == [3] || digits.isEmpty, "\(lead) s: \(digits)")
        }
    }

    @Test func digitAtTheEndOfASoundThatIsTooLongIsWaitedFor() throws {
        for lead in stride(from: 1.1, through: 1.45, by: 0.05) {
            var stream = ToneStream()
            stream.silence(0.5)
            stream.tone(9, lead, level: 0.01)
            stream.tone(3, 0.4)
            stream.tone(9, 1, level: 0.01)
            stream.silence(0.5)
            #expect(try recognize(stream.samples, MostlyClassifier()).digits.map(\.digit) == [3], "\(lead) s")
        }
    }

    @Test func digitOverASoundThatWasGivenUpIsHeard() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.beat(20)
        let word = stream.tone(3)
        stream.beat(5)
        stream.tone(4)
        stream.beat(8)
        stream.silence(0.5)
        let events = try recognize(stream.samples, MostlyClassifier())
        #expect(events.digits.map(\.digit) == [3, 4])
        #expect(events.rejected.map(\.reason) == [.tooLong])
        let digit = try #require(events.digits.first)
        #expect(abs(digit.start - word.lowerBound) < 0.03 && abs(digit.end - word.upperBound) < 0.03, "\(digit)")
    }

    @Test func weakEndsOfAShortSoundAreLookedAtToo() throws {
        for (ends, digits) in [(0.2, [3]), (0.02, [])] {
            var stream = ToneStream()
            stream.silence(1)
            // Just under what begins speech.
            stream.tone(3, ends, level: 0.00027)
            stream.tone(3, 0.03, level: 0.004)
            stream.tone(3, ends, level: 0.00027)
            stream.silence(0.5)
            let events = try recognize(stream.samples, WideClassifier())
            #expect(events.digits.map(\.digit) == digits, "\(ends) s")
            #expect(events.rejected.map(\.reason) == (digits.isEmpty ? [.tooShort] : []), "\(ends) s")
        }
    }

    @Test func nothingIsFoundInOneSound() throws {
        var stream = ToneStream()
        stream.silence(0.5)
        stream.tone(9, 0.6)
        stream.silence(0.5)
        let events = try recognize(stream.samples, MostlyClassifier())
        #expect(events.digits.isEmpty && events.rejected.count == 1)
    }
}

extension ToneStream {
    /// Sound with lulls, as music has them: without end to the segmenter, but no digit.
    fileprivate mutating func beat(_ count: Int) {
        for _ in 0..<count {
            tone(9, 0.17, level: 0.01)
            tone(9, 0.06, level: 0.002)
        }
    }
}

/// The digit whose tone is the loudest in most columns of an utterance, and in how many columns of how many. What surrounds the
/// utterance in the window is the background, the same in all columns.
private func mainTone(_ window: Span<Float>) -> (digit: Int, columns: Int, of: Int) {
    var counts = [Int](repeating: 0, count: 10)
    for column in 0..<96 where (0..<40).contains(where: { window[$0 * 96 + column] != window[$0 * 96] }) {
        var loudest = 0
        for row in 0..<40 where window[row * 96 + column] > window[loudest * 96 + column] { loudest = row }
        counts[loudest / 4] += 1
    }
    let digit = counts.indices.max { counts[$0] < counts[$1] } ?? 0
    return (digit, counts[digit], counts.reduce(0, +))
}

private func answer(_ label: Int, into probabilities: inout MutableSpan<Float>) {
    for index in 0..<11 { probabilities[index] = index == label ? 0.99 : 0.001 }
}

/// Sure of any tone but that of 9, where most of the utterance is one.
private final class MostlyClassifier: WindowClassifier {
    /// A tone that is hardly sure to be a digit.
    let unclear: Int?

    init(unclear: Int? = nil) { self.unclear = unclear }

    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        let tone = mainTone(window)
        guard tone.digit != unclear || tone.columns * 10 < tone.of * 6 else {
            answer(tone.digit, into: &probabilities)
            probabilities[tone.digit] = 0.4
            probabilities[10] = 0.3
            return
        }
        answer(tone.digit < 9 && tone.columns * 10 >= tone.of * 6 ? tone.digit : 10, into: &probabilities)
    }
}

/// Sure of a tone of 3 that lasts for 35 columns or more, whatever its level; nothing else is a digit.
private final class WideClassifier: WindowClassifier {
    func classify(_ window: Span<Float>, into probabilities: inout MutableSpan<Float>) {
        let tone = mainTone(window)
        answer(tone.digit == 3 && tone.columns >= 35 ? 3 : 10, into: &probabilities)
    }
}
